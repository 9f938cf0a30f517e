// Is what was seen what was drawn? Order means order on each lifeline; between lifelines nothing is
// promised.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lab/observation.h"
#include "lab/rule_book.h"
#include "lab/scenario.h"

namespace imslab::lab {

struct Difference {
    enum class Kind { unexpected, missing, out_of_order, lost } kind = Kind::unexpected;
    std::optional<std::size_t> observed;  // index into the observation
    std::optional<std::size_t> expected;  // Arrow::id
    std::string sentence;
};

struct FlowMatch {
    // For each observed message the arrow it fulfils (none: implied, or after the first
    // difference).
    std::vector<std::optional<std::size_t>> arrow_of;
    std::optional<Difference> difference;  // none: the flow is as drawn
};
FlowMatch match_flow(const Diagram& expected, const Observation& observed);

struct CriterionResult {
    std::size_t criterion = 0;  // index into Scenario::criteria
    bool holds = false;
    std::optional<std::size_t> message;  // the message it was checked on
    std::string sentence;                // if it does not hold
};

struct Verdict {
    bool passed = false;
    FlowMatch flow;
    std::vector<CriterionResult> criteria;
    std::vector<Finding> findings;  // of the rule book, departures by name among them
    std::string sentence;           // why it failed, the first reason; empty if passed
};
// What this lab departs from on purpose in every run, by name (README, "What the lab departs
// from").
const std::set<std::string>& lab_departures();

Verdict judge(const Scenario& scenario,
              const Observation& observation,
              const RuleBook& rules = RuleBook::built_in());

}  // namespace imslab::lab
