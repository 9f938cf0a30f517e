// Checks that hold for any call flow, kept as data (rules.yaml) with their clauses, in the language
// of the criteria.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "lab/criterion.h"
#include "lab/mistake.h"
#include "lab/observation.h"

namespace imslab::lab {

struct Rule {
    std::string id, clause;
    std::string says;       // one sentence: what the clause has
    std::string departure;  // the named departure under which it is listed, not failed; or empty
    Selector message;       // label, reference point
    std::vector<std::string> from_kinds, to_kinds;  // empty: any
    std::vector<Check> when;                        // all must hold for the rule to apply
    std::vector<Check> when_asked;                  // the same, of the request that is answered
    Check check;
};

struct Finding {
    std::string rule, clause, departure;  // departure: listed, not failed
    std::size_t message = 0;              // index into the observation
    std::string sentence;                 // what is wrong, in words
};

class RuleBook {
public:
    static Result<RuleBook, Mistakes> parse(const std::string& file, std::string_view yaml);
    static const RuleBook& built_in();  // lab/rules.yaml, compiled in

    const std::vector<Rule>& rules() const { return rules_; }
    // `departures`: the names under which a scenario or topology departs on purpose.
    std::vector<Finding> apply(const Observation& observation,
                               const std::set<std::string>& departures) const;

private:
    std::vector<Rule> rules_;
};

}  // namespace imslab::lab
