// alike RUN RUN: two runs of the same scenarios, on two hosts, held against each other: the same
// verdict, and on each hop the same messages in the same order with the same header fields (AVPs).
// What a host adds, loses or reorders is a line of the report; exit status 1 if there is any.
// alike RUN simulator: the same for those scenarios that the simulator can play. Its phones are
// other phones, so header fields are compared that the network has added to what a phone sent.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "lab/observation.h"
#include "simulated.h"

namespace {

using namespace imslab;
using namespace imslab::lab;
namespace fs = std::filesystem;

constexpr std::uint32_t kChargingInformation = 632;

struct Differences {
    std::vector<std::string> lines;
    std::size_t messages = 0, identical = 0, scenarios = 0;
};

// What must agree: the message, the names of its header fields in their order, how much body.
std::string shape_of(const ObservedMessage& message) {
    std::string shape = message.label + ":";
    if (message.sip) {
        for (const auto& field : message.sip->fields()) {
            shape.append(" ").append(message.sip->name(field));
            // RFC 3261 §7.3.1: SIPp answers with all Vias in one field, or with those it has kept
            if (field.id != sip::HeaderId::via) continue;
            const auto value = message.sip->value(field);
            for (auto more = std::count(value.begin(), value.end(), ','); more > 0; --more)
                shape += " Via";
        }
        if (!message.sip->body().empty()) shape += " (body)";
    } else if (message.diameter) {
        for (const auto& avp : message.diameter->avps) shape += " " + std::to_string(avp.code);
    } else {
        shape += " malformed";
    }
    return shape;
}

// The same message as its first sender wrote it.
const ObservedMessage& first_hop(const Observation& observation, const ObservedMessage& message) {
    const auto* first = &message;
    while (const auto* before = observation.hop_before(*first)) first = before;
    return *first;
}

bool is_from_a_phone(const Observation& observation, const ObservedMessage& message) {
    return observation.network[message.from].kind == "ue";
}

// The names of what the network has added, each once: how many identities a subscriber has, and
// whether it has charging addresses (AVP 632), is the subscriber's affair.
std::string added_shape_of(const Observation& observation, const ObservedMessage& message) {
    std::string shape = message.label + ":";
    if (message.diameter) {
        for (const auto& avp : message.diameter->avps) {
            if (avp.code != kChargingInformation) shape += " " + std::to_string(avp.code);
        }
        return shape;
    }
    if (!message.sip) return shape_of(message);
    const auto& first = first_hop(observation, message);
    std::set<std::string_view> known;
    if (is_from_a_phone(observation, first) || !message.request) {
        for (const auto& field : first.sip->fields()) known.insert(first.sip->name(field));
    }
    for (const auto& field : message.sip->fields()) {
        if (known.insert(message.sip->name(field)).second)
            shape.append(" ").append(message.sip->name(field));
    }
    return shape;
}

// Each transaction on a hop is a list of its own, for two phones may act at the same time; which of
// two devices' 180 passes before the other's answer is theirs to say.
using Transactions = std::multiset<std::string>;
using Hops = std::map<std::string, Transactions>;

std::string transaction_of(const ObservedMessage& message) {
    if (!message.sip) return message.dialog + message.method;
    const auto via = message.sip->first_value(sip::HeaderId::via).value_or("");
    const auto branch = via.find("branch=");
    return message.method +
           std::string(branch == std::string_view::npos ? via : via.substr(branch));
}

Hops hops_of(const Observation& observation,
             bool added_only,
             std::set<std::string>& octets,
             std::size_t& count) {
    std::map<std::string, std::map<std::string, std::string>> shapes;
    for (const auto& message : observation.messages) {
        // How often a timer fires is the machine's affair, and when Diameter says hello a
        // process's.
        if (message.retransmission_of || (message.diameter && message.implied)) continue;
        // So is a 100 to another request than an INVITE (RFC 4320 §4.1): its answer took so long.
        if (message.status == 100 && message.method != "INVITE") continue;
        // Whether a phone says 100 is the phone's affair.
        if (added_only && message.status == 100 && is_from_a_phone(observation, message)) continue;
        const bool answer = !message.request;
        const auto from = answer ? message.to : message.from,
                   to = answer ? message.from : message.to;
        auto& all = shapes[fmt::format("{} -> {} ({})",
                                       observation.network[from].name,
                                       observation.network[to].name,
                                       message.reference_point)][transaction_of(message)];
        const auto shape =
            "\n      " + (added_only ? added_shape_of(observation, message) : shape_of(message));
        const bool provisional = message.status > 100 && message.status < 200;
        if (provisional && all.find(shape) != std::string::npos) continue;
        all += shape;
        octets.insert(message.bytes);
        ++count;
    }
    Hops hops;
    for (const auto& [hop, transactions] : shapes) {
        for (const auto& [key, shape] : transactions) hops[hop].insert(shape);
    }
    return hops;
}

// What is in one and not in the other.
void compare_hop(const std::string& where, Transactions a, Transactions b, Differences& found) {
    for (auto one = a.begin(); one != a.end();) {
        const auto other = b.find(*one);
        if (other == b.end()) {
            ++one;
            continue;
        }
        b.erase(other);
        one = a.erase(one);
    }
    for (const auto& one : a) found.lines.push_back(where + ", on the first host:" + one);
    for (const auto& other : b) found.lines.push_back(where + ", on the second host:" + other);
}

void compare(const std::string& scenario,
             const Observation& a,
             const Observation& b,
             bool added_only,
             Differences& found) {
    std::set<std::string> octets_a, octets_b;
    std::size_t ignored = 0;
    auto hops_a = hops_of(a, added_only, octets_a, found.messages),
         hops_b = hops_of(b, added_only, octets_b, ignored);
    for (const auto& bytes : octets_a) found.identical += octets_b.count(bytes);
    std::set<std::string> hops;
    for (const auto& [hop, transactions] : hops_a) hops.insert(hop);
    for (const auto& [hop, transactions] : hops_b) hops.insert(hop);
    for (const auto& hop : hops) compare_hop(scenario + " " + hop, hops_a[hop], hops_b[hop], found);
}

// Verdict by scenario.
std::map<std::string, bool> verdicts_of(const fs::path& run) {
    std::map<std::string, bool> verdicts;
    std::ifstream file(run / "run.json");
    const auto facts = nlohmann::json::parse(file, nullptr, false);
    if (!facts.is_object()) return verdicts;
    for (const auto& entry : facts.value("scenarios", nlohmann::json::array()))
        verdicts[entry.value("scenario", "")] = entry.value("passed", false);
    return verdicts;
}

const char* word(bool passed) { return passed ? "passed" : "failed"; }

// Without one (plain SIP), a scenario has one host.
bool has_cscf(const Network& network) {
    return std::any_of(network.participants.begin(),
                       network.participants.end(),
                       [](const Participant& one) { return one.kind.ends_with("cscf"); });
}

Differences compare_runs(const fs::path& run_a, const fs::path& run_b) {
    Differences found;
    const auto verdicts_a = verdicts_of(run_a);
    auto verdicts_b = verdicts_of(run_b);
    for (const auto& [scenario, passed] : verdicts_a) {
        const auto a = load_record((run_a / scenario).string());
        if (a && !has_cscf(a->network)) continue;
        const auto other = verdicts_b.find(scenario);
        if (other == verdicts_b.end()) {
            found.lines.push_back(scenario + " was not run on the second host");
            continue;
        }
        ++found.scenarios;
        if (other->second != passed)
            found.lines.push_back(fmt::format("{} {} on the first host and {} on the second",
                                              scenario,
                                              word(passed),
                                              word(!passed)));
        const auto b = load_record((run_b / scenario).string());
        if (!a || !b)
            found.lines.push_back(scenario + ": " + (a ? b.error() : a.error()));
        else
            compare(scenario, *a, *b, false, found);
    }
    return found;
}

Differences compare_with_simulator(const fs::path& run) {
    Differences found;
    for (const auto& scenario : simulated_scenarios()) {
        const auto played = load_record((run / scenario.id).string());
        if (!played) {
            found.lines.push_back(scenario.id + ": " + played.error());
            continue;
        }
        ++found.scenarios;
        compare(scenario.id, *played, simulate(scenario), true, found);
    }
    return found;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "usage: alike RUN RUN\n       alike RUN simulator\n");
        return 2;
    }
    const Differences found = std::string_view(argv[2]) == "simulator"
                                  ? compare_with_simulator(argv[1])
                                  : compare_runs(argv[1], argv[2]);
    for (const auto& line : found.lines) fmt::print("{}\n", line);
    fmt::print(
        "{} scenarios, {} messages compared, {} of them the same to the octet, {} differences\n",
        found.scenarios,
        found.messages,
        found.identical,
        found.lines.size());
    return found.lines.empty() && found.scenarios > 0 ? 0 : 1;
}
