// The ladder as text: SIP and Diameter in one picture, a lifeline a column, times relative to the
// first message.
#pragma once

#include <cstddef>
#include <string>

#include "lab/observation.h"
#include "lab/verdict.h"

namespace imslab::lab {

struct LadderStyle {
    std::size_t width = 100;  // of the terminal
    bool colour = false;
    bool ascii = false;    // no Unicode line art
    bool implied = false;  // also draw 100 Trying, retransmissions, watchdogs
    bool reference_points = true;
};

std::string draw_ladder(const Observation& observation, const LadderStyle& style);
// With a verdict: messages that failed are marked.
std::string draw_ladder(const Observation& observation,
                        const Verdict& verdict,
                        const LadderStyle& style);
// A failed scenario: what was drawn and what came beside each other, row by row (below each other
// if the terminal is narrow), the first difference marked, the sentence, failed criteria and
// findings. `whole`: the ladders from end to end, else what lies around the marks.
std::string explain_failure(const Scenario& scenario,
                            const Observation& observation,
                            const Verdict& verdict,
                            const LadderStyle& style,
                            bool whole);
// What was seen as a Mermaid diagram: a call flow to begin a scenario with.
std::string draw_mermaid(const Observation& observation);
// One message in full, for `imslab ladder --messages`.
std::string message_text(const ObservedMessage& message);

}  // namespace imslab::lab
