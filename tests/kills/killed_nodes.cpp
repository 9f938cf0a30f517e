// Every scenario with one node killed at one of the messages that it takes: whatever the message,
// each request of a phone has a final answer, nobody else ends, and the next registration works.
//
//   killed_nodes engines|servers [--sample N] [--seed S] [ID|FOLDER|TAG …]
//   killed_nodes engines|servers --at NODE MESSAGE ID
//
// engines: the CSCFs run inside Kamailio, and it is the engine of one of them. servers: all run
// natively, and it is an application server, which is started again afterwards.
// Without --sample it is every message of every such node in every scenario, which takes long.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "lab/control.h"
#include "lab/interrupt.h"
#include "lab/kamailio.h"
#include "lab/performance.h"
#include "lab/places.h"
#include "lab/quiet.h"
#include "lab/run.h"
#include "tests/kills/phones.h"

namespace fs = std::filesystem;
using namespace imslab;
using namespace imslab::lab;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr const char* kFolder = "out/kills";
constexpr seconds kBoot{20}, kSettled{4}, kAnswers{8}, kRegistered{15};

struct Kill {
    std::string node;  // empty: nobody is killed
    std::uint64_t message = 0;
};

struct Options {
    bool servers = false;
    std::size_t sample = 0;  // 0: all
    std::uint64_t seed = 1;
    Kill only;
    std::vector<std::string> selectors;
};

struct Played {
    std::map<std::string, std::uint64_t> received;  // messages, by CSCF
    std::vector<std::string> problems;
    bool was_killed = false;
};

// Whom it may hit.
bool is_target(const TopologyNode& node, bool servers) {
    return node.is_ours() && (servers ? node.kind == "as" : node.is_cscf());
}
// What a browser asked and what it was answered nobody can tell. Datagrams are read on the wire; of
// what the lab's own UE says on a connection, its step tells whether an answer came.
bool is_judged(const TopologyUe& ue) { return ue.driver != TopologyUe::Driver::browser; }

// One play of a scenario in a lab of its own.
class Play {
public:
    Play(const PreparedScenario& prepared, const Kill& kill, bool servers)
        : prepared_(prepared), kill_(kill), servers_(servers), topology_(prepared.topology) {
        options_.folder = std::string(kFolder) + "/" + prepared.scenario.id;
        if (!kill.node.empty()) options_.folder += fmt::format("-{}-{}", kill.node, kill.message);
        options_.seed = 1;
        std::error_code ignored;
        fs::remove_all(options_.folder, ignored);
        fs::create_directories(options_.folder, ignored);
        if (servers_)
            wait_briefly_for_servers();
        else
            host_in_kamailio();
    }

    Played perform() {
        const auto lab = lab_of_our_own();
        if (const auto up = lab->begin(topology_, options_, in(kBoot)); !up)
            return problem(up.error());
        const auto phones = kills::Phones::listen(topology_, options_.folder);
        if (!phones) return problem(phones.error());
        auto performance =
            Performance::prepare(topology_, lab.get(), options_.folder + "/ue", options_.seed);
        if (!performance) return problem(performance.error());
        if (servers_ && !kill_.node.empty()) {
            if (std::string why =
                    lab->kill_at_message(kill_.node, static_cast<unsigned>(kill_.message));
                !why.empty())
                return problem(std::move(why));
        }
        play_steps(*performance);
        await_quiet(topology_, *lab, in(kSettled));
        count(*lab);
        for (const auto& open : phones->await_answers(in(kAnswers)))
            problem("no final answer to " + open);
        if (servers_ && !kill_.node.empty()) played_.was_killed = start_again(*lab);
        register_again(*performance, *lab);
        if (!servers_) played_.was_killed = has_died();
        if (const auto death = lab->death()) problem(*death);
        lab->end();
        return played_;
    }

private:
    Played& problem(std::string sentence) {
        played_.problems.push_back(std::move(sentence));
        return played_;
    }

    void host_in_kamailio() {
        run_cscfs_on(topology_, "kamailio");
        for (auto& node : topology_.nodes) {
            if (node.name == kill_.node) node.settings["dies_at_message"] = kill_.message;
        }
    }

    // A server that has said 100 and died is waited for until Timer C, three minutes, and then for
    // 64*T1 more, since it does not answer the CANCEL either (RFC 3261 §16.8, §9.1): not here.
    void wait_briefly_for_servers() {
        for (auto& node : topology_.nodes) {
            if (node.kind == "scscf")
                node.settings["timers"] = {{"timer_c_ms", 2'000}, {"t1_ms", 50}};
        }
    }

    // What else comes of a step is not judged here: with an engine gone a call may well fail.
    void play_steps(Performance& performance) {
        for (const auto* commands : {&prepared_.preconditions, &prepared_.steps}) {
            for (const auto& command : *commands) {
                const auto outcome = performance.perform(command);
                const auto* registration = std::get_if<RegisterCommand>(&command);
                if (kill_.node.empty() && !outcome.problem.empty()) {
                    problem(outcome.problem);
                } else if (registration != nullptr && outcome.status == 0 &&
                           is_on_connection(registration->ue)) {
                    problem("no final answer to " + registration->ue + ": " + outcome.problem);
                }
            }
        }
    }

    bool is_on_connection(std::string_view ue) const {
        return std::any_of(topology_.ues.begin(), topology_.ues.end(), [&](const auto& its) {
            return its.name == ue && its.transport != Transport::udp;
        });
    }

    // Who registers on a connection in the scenario, or else the topology's first.
    std::string somebody() const {
        for (const auto* commands : {&prepared_.preconditions, &prepared_.steps}) {
            for (const auto& command : *commands) {
                const auto* registration = std::get_if<RegisterCommand>(&command);
                if (registration != nullptr && is_on_connection(registration->ue))
                    return registration->ue;
            }
        }
        return topology_.ues.front().name;
    }

    void count(const Lab& lab) {
        for (const auto& node : topology_.nodes) {
            if (!is_target(node, servers_)) continue;
            const auto text = ask_node(lab.control_socket(node), "stats", in(seconds(5)));
            const auto stats =
                text ? nlohmann::json::parse(*text, nullptr, false) : nlohmann::json();
            if (stats.is_object())
                played_.received[node.name] = stats.value("messages_received", std::uint64_t{0});
        }
    }

    // True: it had been killed, and serves again.
    bool start_again(Lab& lab) {
        const auto why = lab.start(kill_.node, in(kBoot));
        if (!why.empty() && why.find("to be killed") == std::string::npos) problem(why);
        return why.empty();
    }

    // The keeper says so.
    bool has_died() const {
        bool ok = false;
        const auto printed = read_file(options_.folder + "/" + kill_.node + ".out", ok);
        return printed.find("the IMS engine died") != std::string::npos;
    }

    // Whatever the scenario stopped runs again; then somebody registers.
    void register_again(Performance& performance, Lab& lab) {
        std::map<std::string, NodeCommand::Kind> last;
        for (const auto* commands : {&prepared_.preconditions, &prepared_.steps}) {
            for (const auto& command : *commands) {
                if (const auto* node = std::get_if<NodeCommand>(&command))
                    last[node->node] = node->kind;
            }
        }
        for (const auto& [node, kind] : last) {
            if (kind == NodeCommand::Kind::pause) lab.signal(node, SIGCONT);
            if (kind == NodeCommand::Kind::stop || kind == NodeCommand::Kind::kill) {
                if (const auto why = lab.start(node, in(kBoot)); !why.empty()) problem(why);
            }
        }
        RegisterCommand command;
        command.ue = somebody();
        const auto until = in(kRegistered);
        Performance::Outcome outcome;
        do {
            outcome = performance.perform(command);
        } while (outcome.status != 200 && milliseconds_until(until) > 0);
        if (outcome.status != 200)
            problem(fmt::format(
                "the next registration was answered {} {}", outcome.status, outcome.problem));
    }

    const PreparedScenario& prepared_;
    const Kill& kill_;
    const bool servers_;
    Topology topology_;
    NodeOptions options_;
    Played played_;
};

bool say(const PreparedScenario& prepared, const Kill& kill, const Played& played) {
    const bool well = played.problems.empty();
    fmt::print("{} {}: {}\n",
               prepared.scenario.id,
               kill.node.empty() ? "nobody killed"
                                 : fmt::format("{} at message {}", kill.node, kill.message),
               well ? (kill.node.empty() || played.was_killed ? "ok" : "ok, not reached")
                    : played.problems.front());
    for (std::size_t i = 1; i < played.problems.size(); ++i)
        fmt::print("    {}\n", played.problems[i]);
    std::fflush(stdout);
    return well;
}

int usage() {
    fmt::print(stderr,
               "usage: killed_nodes engines|servers [--sample N] [--seed S] [ID|FOLDER|TAG ...]\n"
               "       killed_nodes engines|servers --at NODE MESSAGE ID\n");
    return 2;
}

std::optional<Options> read(int argc, char** argv) {
    Options options;
    const std::string what = argc > 1 ? argv[1] : "";
    if (what != "engines" && what != "servers") return std::nullopt;
    options.servers = what == "servers";
    for (int i = 2; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--sample" && i + 1 < argc) {
            options.sample = std::strtoul(argv[++i], nullptr, 10);
        } else if (word == "--seed" && i + 1 < argc) {
            options.seed = std::strtoull(argv[++i], nullptr, 10);
        } else if (word == "--at" && i + 2 < argc) {
            options.only = {argv[i + 1], std::strtoull(argv[i + 2], nullptr, 10)};
            i += 2;
        } else if (word.starts_with("--")) {
            return std::nullopt;
        } else {
            options.selectors.push_back(word);
        }
    }
    return options;
}

struct Choice {
    std::size_t scenario;
    Kill kill;
};

// Every message that every such node takes, in a play in which nobody is killed.
std::vector<Choice> all_kills(const std::vector<PreparedScenario>& scenarios,
                              bool servers,
                              int& failed) {
    std::vector<Choice> choices;
    for (std::size_t i = 0; i < scenarios.size() && !Interrupt::happened(); ++i) {
        const auto played = Play(scenarios[i], {}, servers).perform();
        if (!say(scenarios[i], {}, played)) ++failed;
        for (const auto& [node, count] : played.received) {
            for (std::uint64_t message = 1; message <= count; ++message)
                choices.push_back({i, {node, message}});
        }
    }
    return choices;
}

// What a scenario does with the server itself would meet the one that is started again here.
bool handles_its_servers(const PreparedScenario& prepared) {
    const auto handles = [&](const Command& command) {
        const auto* on_node = std::get_if<NodeCommand>(&command);
        return on_node != nullptr && std::any_of(prepared.topology.nodes.begin(),
                                                 prepared.topology.nodes.end(),
                                                 [&](const auto& node) {
                                                     return node.name == on_node->node &&
                                                            is_target(node, true);
                                                 });
    };
    return std::any_of(prepared.preconditions.begin(), prepared.preconditions.end(), handles) ||
           std::any_of(prepared.steps.begin(), prepared.steps.end(), handles);
}

}  // namespace

int main(int argc, char** argv) {
    const auto options = read(argc, argv);
    if (!options) return usage();
    if (const auto why = why_not_on(options->servers ? "asio" : "kamailio"); !why.empty()) {
        fmt::print(stderr, "killed_nodes: {}\n", why);
        return 2;
    }
    Interrupt::install();
    auto selection = select(options->selectors, "");
    leave_out_other_networks(selection.scenarios, {}, "plain SIP has no CSCF");
    std::erase_if(selection.scenarios, [&](const PreparedScenario& prepared) {
        return std::none_of(prepared.topology.nodes.begin(),
                            prepared.topology.nodes.end(),
                            [&](const auto& node) { return is_target(node, options->servers); }) ||
               !std::all_of(
                   prepared.topology.ues.begin(), prepared.topology.ues.end(), is_judged) ||
               (options->servers && handles_its_servers(prepared));
    });
    if (selection.scenarios.empty()) return usage();
    std::mt19937_64 random(options->seed);
    int failed = 0;
    std::vector<Choice> choices;
    if (!options->only.node.empty()) {
        choices.push_back({0, options->only});
    } else {
        if (options->sample != 0) {
            // as many scenarios, and of each one kill
            std::shuffle(selection.scenarios.begin(), selection.scenarios.end(), random);
            if (selection.scenarios.size() > options->sample)
                selection.scenarios.resize(options->sample);
        }
        choices = all_kills(selection.scenarios, options->servers, failed);
        if (options->sample != 0) {
            std::shuffle(choices.begin(), choices.end(), random);
            if (choices.size() > options->sample) choices.resize(options->sample);
        }
    }
    for (const auto& choice : choices) {
        if (Interrupt::happened()) return 1;
        const auto& prepared = selection.scenarios[choice.scenario];
        if (!say(prepared, choice.kill, Play(prepared, choice.kill, options->servers).perform()))
            ++failed;
    }
    fmt::print("{} kills, {} failed (seed {})\n", choices.size(), failed, options->seed);
    return failed == 0 && !choices.empty() ? 0 : 1;
}
