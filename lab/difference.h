// Where a run departs from its diagram, said in one sentence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lab/expectation.h"
#include "lab/verdict.h"

namespace imslab::lab {

struct DifferenceView {
    const Diagram& expected;
    const Observation& observed;
    const std::vector<std::optional<std::size_t>>& participant_of;  // of each lifeline
};

// The event that fits nowhere; `rest` is what was still expected before it.
Difference explain_event(const DifferenceView& view,
                         const LifelineEvent& event,
                         const Expectation& rest,
                         const Fits& fits);
// The run has ended and `rest` was still expected.
Difference explain_end(const DifferenceView& view, const Expectation& rest);

bool label_fits(const Label& label, const ObservedMessage& message);
// "the P-CSCF", "alice": as one speaks of a participant.
std::string spoken(const Participant& participant);
// "the REGISTER from alice to the P-CSCF"
std::string spoken(const ObservedMessage& message, const Network& network);

}  // namespace imslab::lab
