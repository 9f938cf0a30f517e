// The commands of a test procedure, carried out: on UEs, on nodes, by waiting.
#include "lab/performance.h"

#include <poll.h>
#include <signal.h>

#include <array>
#include <filesystem>
#include <random>

#include "hss/subscriber_file.h"
#include "lab/control.h"
#include "lab/msrp_session.h"
#include "lab/node_config.h"
#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kRegistration{10'000};
constexpr milliseconds kPlay{10'000};
constexpr milliseconds kLastWords{100};
constexpr milliseconds kAfterTheCaller{3'000};  // what the others may still wait for
constexpr milliseconds kBound{3'000};
constexpr milliseconds kNode{8'000};
constexpr milliseconds kAnswer{2'000};
constexpr std::size_t kTokenOctets = 6;

std::string script_folder() { return root_folder() + "/scenarios/ue/"; }

}  // namespace

Result<Performance, std::string> Performance::prepare(const Topology& topology,
                                                      Lab* lab,
                                                      const std::string& folder,
                                                      std::optional<std::uint64_t> seed) {
    Performance performance;
    performance.topology_ = &topology;
    performance.lab_ = lab;
    performance.folder_ = folder;
    performance.seed_ = seed;
    performance.chance_ = std::make_unique<Chance>(seed);
    if (topology.ues.empty()) return performance;
    bool ok = false;
    const auto xml = read_file(topology.subscribers_file, ok);
    if (!ok)
        return failure("cannot read the subscribers of " + topology.file + ": '" +
                       topology.subscribers_file + "'");
    const auto subscriptions = hss::read_subscribers(xml, topology.subscribers_file);
    if (!subscriptions) return failure(subscriptions.error().front().to_string());
    for (const auto& ue : topology.ues) {
        auto identity = identity_of(*subscriptions, ue.subscriber, topology.home);
        if (!identity) return failure(topology.file + ": " + ue.name + ": " + identity.error());
        const auto& proxy = *topology.node(ue.pcscf);
        // Where the certificates of the run lie; it is the folder around this one.
        StreamWish wish{proxy.host, authority_of(fs::path(folder).parent_path().string())};
        performance.ues_.emplace(ue.name,
                                 Ue(ue,
                                    proxy.address("Gm", ue.transport).value_or(*proxy.sip_address()),
                                    std::move(*identity),
                                    *performance.chance_,
                                    std::move(wish)));
    }
    return performance;
}

Ue* Performance::ue(std::string_view name) {
    const auto found = ues_.find(name);
    return found == ues_.end() ? nullptr : &found->second;
}

Performance::Outcome Performance::perform(const Command& command) {
    return std::visit([this](const auto& what) { return on(what); }, command);
}

// ---- Registration
// ---------------------------------------------------------------------------------------------------

bool registers_with_sipp(const RegisterCommand& command, const TopologyUe& ue) {
    return ue.driver == TopologyUe::Driver::sipp && !ue.password.empty() &&
           command.kind == RegisterCommand::Kind::initial &&
           command.answer == RegisterCommand::Answer::right;
}

Performance::Outcome Performance::on(const RegisterCommand& command) {
    auto* phone = ue(command.ue);
    if (is_soft(command.ue)) return register_soft_phone(command);
    if (registers_with_sipp(command, phone->place())) return register_with_sipp(command);
    auto outcome = phone->perform(command, in(kRegistration));
    return {outcome.status, std::move(outcome.problem)};
}

// SIPp knows passwords, not their hashes, so the topology tells it; its Service-Route stays with
// SIPp.
Performance::Outcome Performance::register_with_sipp(const RegisterCommand& command) {
    PlayCommand play;
    play.caller = {command.ue, "register_digest.xml"};
    play.target = command.ue;
    play.keys.emplace_back("expires", std::to_string(command.expires.value_or(600'000)));
    auto outcome = on(play);
    if (outcome.problem.empty()) outcome.status = 200;
    return outcome;
}

Performance::Outcome Performance::on(const ConnectionCommand& command) {
    auto outcome = ue(command.ue)->perform(command, in(kPlay));
    return {0, std::move(outcome.problem)};
}

Performance::Outcome Performance::on(const SendCommand& command) {
    bool ok = false;
    const auto octets = read_file(script_folder() + command.file, ok);
    if (!ok) return {0, "no file " + script_folder() + command.file};
    const auto* past = topology_->node(command.node);
    const auto to = past != nullptr ? std::optional(*past->sip_address()) : std::nullopt;
    auto outcome = ue(command.ue)->send(octets, to, in(kPlay));
    return {outcome.status, std::move(outcome.problem)};
}

// ---- Calls and requests
// -------------------------------------------------------------------------------------------------

std::string Performance::uri_of(const std::string& ue_or_uri) {
    const auto* phone = ue(ue_or_uri);
    return phone ? phone->identity().public_identities.front() : ue_or_uri;
}

// SIPp's own identifiers come from its process ID and its clock. The scripts' come from here: from
// the seed, the phone, the script, and how often it has played it.
Chance Performance::chance_of(const Part& part) {
    const auto play = part.ue + " " + part.script;
    const auto name = play + " " + std::to_string(++plays_[play]);
    if (!seed_) return Chance(std::nullopt);
    std::seed_seq mixed(name.begin(), name.end());
    std::array<std::uint32_t, 2> drawn{};
    mixed.generate(drawn.begin(), drawn.end());
    return Chance(*seed_ ^ (std::uint64_t{drawn[0]} << 32 | drawn[1]));
}

SippPlay Performance::play_of(const Part& part, const PlayCommand& command) {
    const auto& phone = *ue(part.ue);
    SippPlay play;
    play.ue = part.ue;
    play.script = script_folder() + part.script;
    play.local = phone.place().address;
    play.remote = *topology_->node(phone.place().pcscf)->sip_address();  // SIPp goes by UDP
    play.folder = folder_;
    if (!phone.place().password.empty()) play.user = phone.identity().private_identity;
    play.password = phone.place().password;
    // TS 24.229 §5.1.2A.1.1: the P-CSCF, then the Service-Route of the registration
    std::string route = "\r\nRoute: <sip:" + play.remote.to_string() + ";lr>";
    for (const auto& hop : phone.service_route()) route += ", " + hop;
    play.keys = {{"identity", phone.identity().public_identities.front()},
                 {"home", phone.identity().home},
                 {"target", uri_of(command.target.empty() ? part.ue : command.target)},
                 {"route", route},
                 {"text", "-"},
                 {"event", "presence"},
                 {"refer_to", "-"},
                 {"expires", "600000"},
                 {"phone", chance_of(part).token(kTokenOctets)}};
    for (const auto& [key, value] : command.keys) {
        for (auto& [name, text] : play.keys) {
            if (name == key) text = key == "refer_to" ? uri_of(value) : value;
        }
    }
    return play;
}

// A node that dies ends the step: nobody need wait for what can no longer come.
std::optional<std::string> Performance::death_before_end(Process& process, Deadline deadline) {
    while (lab_ && process.running() && milliseconds_until(deadline) > 0) {
        std::vector<pollfd> watched{{process.watch(), POLLIN, 0}};
        for (const int descriptor : lab_->watches()) watched.push_back({descriptor, POLLIN, 0});
        poll(watched.data(), watched.size(), milliseconds_until(deadline));
        if (auto death = lab_->death()) return death;
    }
    return std::nullopt;
}

Performance::Outcome Performance::on(const PlayCommand& command) {
    bool soft = is_soft(command.caller.ue);
    for (const auto& part : command.others) soft = soft || is_soft(part.ue);
    if (soft) return play_with_soft_phones(command);
    const auto deadline = in(kPlay);
    std::vector<Sipp> others;
    for (const auto& part : command.others) {
        auto started = Sipp::start(play_of(part, command), deadline);
        if (!started) return {0, started.error()};
        others.push_back(std::move(*started));
    }
    for (auto& other : others) {
        if (auto problem = other.await_bound(in(kBound)); !problem.empty()) return {0, problem};
    }
    auto caller = Sipp::start(play_of(command.caller, command), deadline);
    if (!caller) return {0, caller.error()};
    if (!command.meanwhile.empty()) {
        if (auto problem = caller->await_bound(in(kBound)); !problem.empty()) return {0, problem};
    }
    for (const auto& action : command.meanwhile) {
        auto outcome = std::visit([this](const auto& what) { return on(what); }, action);
        if (!outcome.problem.empty()) return outcome;
    }
    if (const auto death = death_before_end(caller->process(), deadline)) return {0, *death};
    auto problem = caller->await_end(deadline);
    const auto last = in(kAfterTheCaller);
    for (auto& other : others) {
        const auto theirs = other.await_end(last);
        if (problem.empty()) problem = theirs;
    }
    return {0, problem};
}

Performance::Outcome Performance::on(const SoloPlay& solo) {
    PlayCommand command;
    command.caller = solo.part;
    command.target = solo.target;
    return on(command);
}

Performance::Outcome Performance::on(const SessionCommand& command) {
    const auto authority = authority_of(fs::path(folder_).parent_path().string());
    SessionRelays relays;
    const auto find = [&](const std::vector<std::string>& names, std::vector<RelayPlace>& places) {
        for (const auto& name : names) {
            const auto& node = *topology_->node(name);
            if (const auto address = node.address("MSRP", Transport::tls))
                places.push_back({name, node.host, *address, authority});
        }
        return places.size() == names.size();
    };
    if (!find(command.caller_relays, relays.of_caller) ||
        !find(command.callee_relays, relays.of_callee))
        return {0, "a relay has no msrps in the topology"};
    return {0,
            play_session(
                *ue(command.caller), *ue(command.callee), command, relays, *chance_, in(kPlay))};
}

// ---- Nodes
// -------------------------------------------------------------------------------------------------------------

Performance::Outcome Performance::on(const NodeCommand& command) {
    using Kind = NodeCommand::Kind;
    if (!lab_) return {0, "the nodes are somebody else's to stop and start"};
    switch (command.kind) {
        case Kind::stop:
            return {0, lab_->stop(command.node, in(kNode))};
        case Kind::start:
            return {0, lab_->start(command.node, in(kNode))};
        case Kind::kill:
            if (command.at_message != 0)
                return {0, lab_->kill_at_message(command.node, command.at_message)};
            // what it has done so far gets into its record; one that hangs cannot be asked
            if (const auto* node = topology_->node(command.node); node != nullptr && node->is_ours())
                (void)ask_node(lab_->control_socket(*node), "state", in(kLastWords));
            return {0, lab_->signal(command.node, SIGKILL)};
        case Kind::pause:
            return {0, lab_->signal(command.node, SIGSTOP)};
        case Kind::resume:
            return {0, lab_->signal(command.node, SIGCONT)};
    }
    return {};
}

// TS 29.228 §6.1.3: by administrative reason, so that the S-CSCF gets an RTR.
Performance::Outcome Performance::on(const DeregisterCommand& command) {
    if (!lab_) return {0, "the HSS is somebody else's to be told"};
    const auto socket = lab_->control_socket(*topology_->node(command.hss));
    const auto& identity = ue(command.ue)->identity().private_identity;
    constexpr const char* kPermanentTermination = " 0";
    constexpr const char* kServerChange = " 2";
    const auto answer = ask_node(
        socket,
        "deregister " + identity + (command.for_good ? kPermanentTermination : kServerChange),
        in(kAnswer));
    if (!answer) return {0, answer.error()};
    if (!answer->starts_with("done: ")) return {0, *answer};
    return {};
}

// What the HSS answers is the ladder's to judge.
Performance::Outcome Performance::on(const ShCommand& command) {
    if (!lab_) return {0, "the nodes are somebody else's to be told"};
    auto line = command.line;
    for (const auto& [name, phone] : ues_)
        line = with_identity(line, name, phone.identity().public_identities.front());
    const auto socket = lab_->control_socket(*topology_->node(command.node));
    const auto answer = ask_node(socket, line, in(kRegistration));
    if (!answer) return {0, answer.error()};
    if (answer->starts_with("error: ")) return {0, *answer};
    return {};
}

Performance::Outcome Performance::on(const ImportCommand& command) {
    if (!lab_) return {0, "the HSS is somebody else's to be told"};
    const auto file = root_folder() + "/scenarios/topologies/" + command.file;
    std::error_code ignored;
    const auto path = fs::absolute(file, ignored).string();
    const auto socket = lab_->control_socket(*topology_->node(command.hss));
    const auto answer = ask_node(socket, "import " + path, in(kNode));
    if (!answer) return {0, answer.error()};
    if (!answer->starts_with("done: ")) return {0, *answer};
    return {};
}

Performance::Outcome Performance::on(const WaitCommand& command) {
    if (!lab_) return {0, "the nodes are somebody else's to be asked"};
    const auto* node = topology_->node(command.node);
    if (!node->is_ours()) return {0, node->name + " is somebody else's: it cannot be asked"};
    const auto socket = lab_->control_socket(*node);
    auto text = command.text;
    if (!command.ue.empty()) text = ue(command.ue)->contact_address(command.contact).to_string();
    const auto deadline = in(command.within);
    for (;;) {
        const auto state = ask_node(socket, "state", in(kAnswer));
        if (!state) return {0, state.error()};
        if ((state->find(text) != std::string::npos) == command.present) return {};
        if (milliseconds_until(deadline) == 0) {
            return {0,
                    command.node + (command.present ? " never showed " : " kept showing ") + text};
        }
        // the state of a node is asked for, not told: a short pause, so that asking does not keep
        // it busy
        poll(nullptr, 0, 10);
    }
}

}  // namespace imslab::lab
