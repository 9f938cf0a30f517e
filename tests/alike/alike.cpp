// alike RUN RUN: two runs of the same scenarios, on two hosts, held against each other: the same
// verdict, and on each hop the same messages in the same order with the same header fields (AVPs).
// What a host adds, loses or reorders is a line of the report; exit status 1 if there is any.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "lab/observation.h"

namespace {

using namespace imslab;
using namespace imslab::lab;
namespace fs = std::filesystem;

struct Differences {
    std::vector<std::string> lines;
    std::size_t messages = 0, identical = 0, scenarios = 0;
};

// What must agree: the message, the names of its header fields in their order, how much body.
std::string shape_of(const ObservedMessage& message) {
    std::string shape = message.label + ":";
    if (message.sip) {
        for (const auto& field : message.sip->fields())
            shape.append(" ").append(message.sip->name(field));
        if (!message.sip->body().empty()) shape += " (body)";
    } else if (message.diameter) {
        for (const auto& avp : message.diameter->avps) shape += " " + std::to_string(avp.code);
    } else {
        shape += " malformed";
    }
    return shape;
}

// Each hop is a list of its own: between lifelines nothing is promised of the order. So is each
// dialog on it, for two phones may act at the same time.
using Hops = std::map<std::string, std::vector<const ObservedMessage*>>;

Hops hops_of(const Observation& observation) {
    Hops hops;
    for (const auto& message : observation.messages) {
        // How often a timer fires is the machine's affair, and when Diameter says hello a
        // process's.
        if (message.retransmission_of || message.reference_point == "Diameter") continue;
        if (message.diameter && message.implied) continue;
        hops[fmt::format("{} -> {} ({})",
                         observation.network[message.from].name,
                         observation.network[message.to].name,
                         message.reference_point)]
            .push_back(&message);
    }
    return hops;
}

void compare_hop(const std::string& where,
                 const std::vector<const ObservedMessage*>& a,
                 const std::vector<const ObservedMessage*>& b,
                 Differences& found) {
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        const auto shape_a = i < a.size() ? shape_of(*a[i]) : "nothing";
        const auto shape_b = i < b.size() ? shape_of(*b[i]) : "nothing";
        ++found.messages;
        if (shape_a == shape_b) {
            found.identical += a[i]->bytes == b[i]->bytes ? 1 : 0;
            continue;
        }
        found.lines.push_back(
            fmt::format("{}, message {}:\n    {}\n    {}", where, i + 1, shape_a, shape_b));
        return;  // what follows is a consequence
    }
}

void compare(const std::string& scenario,
             const Observation& a,
             const Observation& b,
             Differences& found) {
    auto hops_a = hops_of(a), hops_b = hops_of(b);
    for (const auto& [hop, messages] : hops_a)
        compare_hop(scenario + " " + hop, messages, hops_b[hop], found);
    for (const auto& [hop, messages] : hops_b) {
        if (!hops_a.contains(hop)) compare_hop(scenario + " " + hop, {}, messages, found);
    }
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

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "usage: alike RUN RUN\n");
        return 2;
    }
    const fs::path run_a = argv[1], run_b = argv[2];
    const auto verdicts_a = verdicts_of(run_a);
    auto verdicts_b = verdicts_of(run_b);
    Differences found;
    for (const auto& [scenario, passed] : verdicts_a) {
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
        const auto a = load_record((run_a / scenario).string());
        const auto b = load_record((run_b / scenario).string());
        if (!a || !b)
            found.lines.push_back(scenario + ": " + (a ? b.error() : a.error()));
        else
            compare(scenario, *a, *b, found);
    }
    for (const auto& line : found.lines) fmt::print("{}\n", line);
    fmt::print(
        "{} scenarios, {} messages compared, {} of them the same to the octet, {} differences\n",
        found.scenarios,
        found.messages,
        found.identical,
        found.lines.size());
    return found.lines.empty() && found.scenarios > 0 ? 0 : 1;
}
