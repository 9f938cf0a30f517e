// Follows each message of two runs from end to end and compares the ways and the header fields.
#include "lab/network_comparison.h"

#include <algorithm>
#include <map>
#include <set>

#include "lab/header_changes.h"

namespace imslab::lab {
namespace {

using Way = std::vector<const ObservedMessage*>;  // hop by hop

std::string label_of(const ObservedMessage& message) {
    return message.request ? message.method
                           : std::to_string(message.status) + " (" + message.method + ")";
}

// A phone by its name; who it is in the network differs from network to network.
std::string end_of(const Network& network, std::size_t participant) {
    return network[participant].kind == "ue" ? network[participant].name : "";
}

bool counts(const ObservedMessage& message) {
    return message.sip && !message.implied && !message.retransmission_of;
}

// The ways of all messages, each from its first sender to its last receiver, in order.
std::vector<Way> ways_of(const Observation& observation) {
    std::set<const ObservedMessage*> passed_on;
    std::vector<Way> ways;
    for (auto last = observation.messages.rbegin(); last != observation.messages.rend(); ++last) {
        if (!counts(*last) || passed_on.contains(&*last)) continue;
        Way way;
        for (const auto* hop = &*last; hop != nullptr; hop = observation.hop_before(*hop)) {
            way.insert(way.begin(), hop);
            passed_on.insert(hop);
        }
        ways.push_back(std::move(way));
    }
    std::reverse(ways.begin(), ways.end());
    std::stable_sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) {
        return a.front()->index < b.front()->index;
    });
    return ways;
}

std::string key_of(const Way& way, const Network& network) {
    return label_of(*way.front()) + " " + end_of(network, way.front()->from) + " " +
           end_of(network, way.back()->to);
}

std::vector<std::string> lifelines_of(const Way& way, const Network& network) {
    std::vector<std::string> names{network[way.front()->from].name};
    for (const auto* hop : way) names.push_back(network[hop->to].name);
    return names;
}

std::vector<std::string> headers_of(const ObservedMessage& message) {
    std::vector<std::string> names;
    for (const auto& field : message.sip->fields()) {
        const auto known = sip::canonical_name(field.id);
        const std::string name(known.empty() ? message.sip->name(field) : known);
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    return names;
}
bool has(const ObservedMessage& message, const std::string& header) {
    const auto names = headers_of(message);
    return std::find(names.begin(), names.end(), header) != names.end();
}

AddedField added_field(const Way& way,
                       std::size_t hop,
                       const std::string& header,
                       const Observation& seen) {
    AddedField field{header, seen.network[way[hop]->from].name, {}, {}, {}};
    HeaderChange change{HeaderChange::Kind::added, header, {}, {}, {}, {}};
    explain(change, seen.network[way[hop]->from].kind);
    field.clause = change.clause;
    field.says = change.says;
    for (std::size_t later = hop + 1; later < way.size() && field.until.empty(); ++later) {
        if (!has(*way[later], header)) field.until = seen.network[way[later]->from].name;
    }
    return field;
}

// What `way` carries on some hop and `other` on none, each told once.
std::vector<AddedField> only_in(const Way& way,
                                const Observation& seen,
                                const Way& other,
                                std::set<std::string>& told) {
    std::set<std::string> known;
    for (const auto* hop : other) {
        for (auto& header : headers_of(*hop)) known.insert(std::move(header));
    }
    std::vector<AddedField> fields;
    for (std::size_t hop = 0; hop < way.size(); ++hop) {
        for (const auto& header : headers_of(*way[hop])) {
            if (!known.insert(header).second) continue;
            auto field = added_field(way, hop, header, seen);
            const auto once = field.header + " " + field.by;
            if (told.insert(once).second) fields.push_back(std::move(field));
        }
    }
    return fields;
}

// What the second network carries to the end and the first takes out on the way, each told once.
std::vector<AddedField> taken_out(const Way& way,
                                  const Observation& seen,
                                  const Way& other,
                                  std::set<std::string>& told) {
    std::vector<AddedField> fields;
    for (const auto& header : headers_of(*other.back())) {
        if (has(*way.back(), header)) continue;
        const auto first = std::find_if(
            way.begin(), way.end(), [&](const auto* hop) { return has(*hop, header); });
        if (first == way.end()) continue;
        auto field = added_field(way, static_cast<std::size_t>(first - way.begin()), header, seen);
        const auto who = seen.network.named(field.until);
        HeaderChange change{HeaderChange::Kind::removed, header, {}, {}, {}, {}};
        explain(change, who ? seen.network[*who].kind : "");
        field.clause = change.clause;
        field.says = change.says;
        if (told.insert("out " + header + field.until).second) fields.push_back(std::move(field));
    }
    return fields;
}

std::size_t count_of(const Observation& observation) {
    return static_cast<std::size_t>(std::count_if(observation.messages.begin(),
                                                  observation.messages.end(),
                                                  [](const auto& one) { return !one.implied; }));
}

}  // namespace

NetworkComparison compare_networks(const Observation& first, const Observation& second) {
    NetworkComparison comparison;
    comparison.first_messages = count_of(first);
    comparison.second_messages = count_of(second);
    for (const auto& message : first.messages) {
        if (!message.diameter || message.implied) continue;
        auto& labels = comparison.diameter;
        if (std::find(labels.begin(), labels.end(), message.label) == labels.end())
            labels.push_back(message.label);
    }
    std::map<std::string, std::vector<Way>> there;
    for (auto& way : ways_of(second)) there[key_of(way, second.network)].push_back(std::move(way));
    std::map<std::string, std::size_t> used;
    std::set<std::string> told_first, told_second;
    for (const auto& way : ways_of(first)) {
        const auto key = key_of(way, first.network);
        const auto found = there.find(key);
        const auto number = used[key]++;
        if (found == there.end() || number >= found->second.size()) continue;
        const auto& other = found->second[number];
        ComparedMessage message{label_of(*way.front()),
                                lifelines_of(way, first.network),
                                lifelines_of(other, second.network),
                                only_in(way, first, other, told_first),
                                only_in(other, second, way, told_second),
                                taken_out(way, first, other, told_first)};
        comparison.messages.push_back(std::move(message));
    }
    return comparison;
}

std::vector<NetworkComparison> comparisons_of(const std::vector<ScenarioRun>& runs) {
    std::vector<NetworkComparison> all;
    for (const auto& other : runs) {
        if (!other.scenario.is_on_another_network() || !other.passed()) continue;
        const auto own = std::find_if(runs.begin(), runs.end(), [&](const ScenarioRun& run) {
            return run.scenario.id == other.scenario.base_id &&
                   run.scenario.file == other.scenario.file && run.passed();
        });
        if (own == runs.end()) continue;
        all.push_back(compare_networks(own->observation, other.observation));
        all.back().scenario = own->scenario.id;
        all.back().first = own->scenario.topology;
        all.back().second = other.scenario.topology;
    }
    return all;
}

}  // namespace imslab::lab
