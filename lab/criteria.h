// Decides checks on messages and says in a sentence why one does not hold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/criterion.h"
#include "lab/observation.h"
#include "lab/verdict.h"

namespace imslab::lab {

struct Outcome {
    bool applicable = true;  // false: it compares with a message that there is none of
    bool holds = false;
    std::string actual;  // what was found, for the sentence
};
Outcome decide(const Check& check, const ObservedMessage& message, const Observation& observation);
// The messages meant, in order; retransmissions are left out. `base`: for "its request" and "the
// hop before".
std::vector<const ObservedMessage*> select(const Selector& selector,
                                           const Observation& observation,
                                           const ObservedMessage* base = nullptr);
bool selects(const Selector& selector, const ObservedMessage& message, const Network& network);

std::vector<CriterionResult> check_criteria(const std::vector<Criterion>& criteria,
                                            const Observation& observation);
// "The P-CSCF forwarded the 401 with `ck` still in its `WWW-Authenticate`; TS 24.229 §5.2.2.2 has
// it without."
std::string sentence_of(const Check& check,
                        const std::string& reference,
                        const ObservedMessage& message,
                        const Outcome& outcome,
                        const Observation& observation);

}  // namespace imslab::lab
