// Whether the names in a scenario exist: lifelines, participants in the criteria, departures; and
// whether what a criterion speaks of is drawn.
#include <algorithm>
#include <set>

#include "lab/drawn.h"
#include "lab/rule_book.h"
#include "lab/scenario.h"

namespace imslab::lab {

namespace {

std::string names_of(const Network& network) {
    std::string names;
    for (const auto& participant : network.participants)
        names += (names.empty() ? "" : ", ") + participant.name;
    return names;
}

std::set<std::string> departure_names() {
    std::set<std::string> names;
    for (const auto& rule : RuleBook::built_in().rules()) {
        if (!rule.departure.empty()) names.insert(rule.departure);
    }
    return names;
}

}  // namespace

Mistakes check_against(const Scenario& scenario, const Network& network) {
    Mistakes mistakes;
    const auto names = departure_names();
    for (const auto& departure : scenario.departures) {
        if (names.contains(departure)) continue;
        std::string expected;
        for (const auto& name : names) expected += (expected.empty() ? "" : ", ") + name;
        mistakes.push_back({scenario.file,
                            scenario.departures_at.line,
                            scenario.departures_at.column,
                            "the departure '" + departure + "'",
                            "one that the rule book names: " + expected});
    }
    const auto is_known = [&](const std::string& name) {
        if (name.empty() || network.named(name)) return true;
        return std::any_of(scenario.flow.lifelines.begin(),
                           scenario.flow.lifelines.end(),
                           [&](const Lifeline& lifeline) {
                               return lifeline.id == name && network.named(lifeline.name);
                           });
    };
    std::set<std::size_t> complained;
    for (const Arrow* arrow : scenario.flow.arrows()) {
        for (const std::size_t end : {arrow->from, arrow->to}) {
            const Lifeline& lifeline = scenario.flow.lifelines[end];
            if (network.named(lifeline.name) || network.named(lifeline.id) ||
                !complained.insert(end).second)
                continue;
            mistakes.push_back(
                {scenario.file,
                 arrow->line,
                 arrow->column,
                 "the lifeline '" + lifeline.name + "'",
                 "one of the topology " + scenario.topology + ": " + names_of(network)});
        }
    }
    for (const auto& criterion : scenario.criteria) {
        for (const auto* selector :
             {&criterion.message,
              criterion.check.other_message ? &*criterion.check.other_message : nullptr}) {
            if (selector == nullptr) continue;
            bool all_known = true;
            for (const auto& name : {selector->from, selector->to}) {
                if (is_known(name)) continue;
                all_known = false;
                mistakes.push_back(
                    {scenario.file,
                     criterion.line,
                     criterion.column,
                     "the name '" + name + "'",
                     "one of the topology " + scenario.topology + ": " + names_of(network)});
            }
            if (all_known && !is_drawn(*selector, scenario.flow, network))
                mistakes.push_back({scenario.file,
                                    criterion.line,
                                    criterion.column,
                                    "'" + selector->text + "', which is not drawn",
                                    "a message of the call flow"});
        }
    }
    return mistakes;
}

}  // namespace imslab::lab
