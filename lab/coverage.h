// Traceability: clause → code → unit tests → scenarios.
#pragma once

#include <string>
#include <vector>

#include "lab/clause_tags.h"
#include "lab/specifications.h"

namespace imslab::lab {

struct ClauseCoverage {
    const Clause* clause = nullptr;
    std::vector<ClauseTag> code, rules, tests, scenarios;

    bool is_tagged() const {
        return !code.empty() || !rules.empty() || !tests.empty() || !scenarios.empty();
    }
};

struct SpecificationCoverage {
    const Specification* specification = nullptr;
    std::vector<ClauseCoverage> clauses;
};

struct Coverage {
    std::vector<SpecificationCoverage> specifications;
    std::vector<ClauseTag> unresolved;  // tags of a clause that is listed nowhere
    std::vector<std::string> untagged;  // "TS 24.229 §5.2.8": done, and nothing says where
    std::size_t tags = 0;
};

// Keeps pointers into `specifications`.
Coverage cover(const std::vector<Specification>& specifications,
               const std::vector<ClauseTag>& tags);

// "pcscf/registration.cpp:14,60, pcscf/element.cpp:70"
std::string places(const std::vector<ClauseTag>& tags);

}  // namespace imslab::lab
