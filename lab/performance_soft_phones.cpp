// Commands in which a phone of somebody else's takes part: it registers, calls and is called,
// writes and is written to. SIPp, at the other end of a browser, speaks of media as a browser wants
// it (scripts *_webrtc.xml).
#include "lab/node_config.h"
#include "lab/performance.h"
#include "lab/quiet.h"

namespace imslab::lab {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kStart{20'000};
constexpr milliseconds kCommand{10'000};
constexpr milliseconds kAfterwards{3'000};
constexpr milliseconds kBound{3'000};

std::string for_browsers(const std::string& script) {
    return script.substr(0, script.find('.')) + "_webrtc.xml";
}

std::string key_of(const PlayCommand& command, std::string_view key) {
    for (const auto& [name, value] : command.keys) {
        if (name == key) return value;
    }
    return {};
}

}  // namespace

bool Performance::is_soft(std::string_view name) {
    const auto* phone = ue(name);
    return phone != nullptr && is_soft_phone(phone->place().driver);
}

Result<SoftPhone*, std::string> Performance::soft_phone(const std::string& name) {
    if (const auto found = soft_phones_.find(name); found != soft_phones_.end())
        return found->second.get();
    const auto& phone = *ue(name);
    const auto& pcscf = *topology_->node(phone.place().pcscf);
    NodeOptions run;
    run.folder = folder_.substr(0, folder_.rfind('/'));
    SoftPhoneWish wish;
    wish.place = phone.place();
    wish.identity = phone.identity();
    wish.pcscf = phone.pcscf();
    wish.pcscf_host = pcscf.host;
    if (phone.place().transport == Transport::wss) wish.certificate = certificate_of(pcscf, run);
    for (const auto& [other, its] : ues_) wish.contacts.push_back(uri_of(other));
    wish.folder = folder_;
    auto started = SoftPhone::start(wish, in(kStart));
    if (!started) return failure(started.error());
    return soft_phones_.emplace(name, std::move(*started)).first->second.get();
}

Performance::Outcome Performance::register_soft_phone(const RegisterCommand& command) {
    const auto phone = soft_phone(command.ue);
    if (!phone) return {0, phone.error()};
    std::string problem;
    if (command.kind == RegisterCommand::Kind::remove) {
        problem = (*phone)->leave(in(kCommand));
        soft_phones_.erase(command.ue);
    } else {
        problem = (*phone)->enrol(command.expires.value_or(600), in(kCommand));
    }
    return {problem.empty() ? 200 : 0, problem};
}

std::string Performance::begin_soft_phone(const PlayCommand& command) {
    const auto phone = soft_phone(command.caller.ue);
    if (!phone) return phone.error();
    const auto to = uri_of(command.target);
    if (command.caller.script == "call.xml") return (*phone)->call(to, in(kCommand));
    return (*phone)->message(to, key_of(command, "text"), in(kCommand));
}

Performance::Outcome Performance::play_with_soft_phones(PlayCommand command) {
    const bool calls = command.caller.script == "call.xml";
    bool browsers = false;
    const auto looks = [&](const std::string& name) {
        const auto* phone = ue(name);
        browsers = browsers || (phone && phone->place().driver == TopologyUe::Driver::browser);
    };
    looks(command.caller.ue);
    for (const auto& part : command.others) looks(part.ue);
    const auto deadline = in(kCommand);
    std::vector<Sipp> others;
    std::vector<SoftPhone*> answering;
    for (auto& part : command.others) {
        if (browsers) part.script = for_browsers(part.script);
        if (is_soft(part.ue)) {
            const auto phone = soft_phone(part.ue);
            if (!phone) return {0, phone.error()};
            if (!calls) continue;  // a message it takes by itself
            if (auto problem = (*phone)->answer(in(kCommand)); !problem.empty())
                return {0, problem};
            answering.push_back(*phone);
            continue;
        }
        auto started = Sipp::start(play_of(part, command), deadline);
        if (!started) return {0, started.error()};
        if (auto problem = started->await_bound(in(kBound)); !problem.empty()) return {0, problem};
        others.push_back(std::move(*started));
    }
    std::string problem;
    if (is_soft(command.caller.ue)) {
        problem = begin_soft_phone(command);
    } else {
        if (browsers) command.caller.script = for_browsers(command.caller.script);
        auto caller = Sipp::start(play_of(command.caller, command), deadline);
        problem = caller ? caller->await_end(deadline) : caller.error();
    }
    for (auto* phone : answering) {
        if (problem.empty()) problem = phone->await_end_of_call(in(kCommand));
    }
    for (auto& other : others) {
        const auto theirs = other.await_end(in(kAfterwards));
        if (problem.empty()) problem = theirs;
    }
    // Not every phone says when it is over; the network does.
    if (problem.empty() && lab_) await_quiet(*topology_, *lab_, in(kAfterwards));
    return {0, problem};
}

}  // namespace imslab::lab
