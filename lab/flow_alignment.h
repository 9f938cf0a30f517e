// The expected flow and the observed one, row by row: what was drawn beside what came. Rows that
// belong together stand in one line; where the two part, each goes on by itself.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "lab/observation.h"
#include "lab/verdict.h"

namespace imslab::lab {

struct FlowRow {
    const Arrow* arrow = nullptr;              // drawn here; or
    std::string caption;                       // "par ringing", "end"; or nothing on this side
    std::size_t depth = 0;                     // of blocks around it
    const ObservedMessage* message = nullptr;  // came here; or nothing on that side
    bool differs = false;                      // the first difference
};

// `implied`: also what need not be drawn. A failed check marks its message as a difference does.
std::vector<FlowRow> align_flow(const Diagram& expected,
                                const Observation& observed,
                                const Verdict& verdict,
                                bool implied);

// The messages at which something is wrong: the first difference, failed criteria, broken rules.
std::set<std::size_t> wrong_messages(const Verdict& verdict);

// The rows to show: those around each marked one, so many before and after. Nothing marked: all.
std::vector<bool> rows_around_marks(const std::vector<FlowRow>& rows, std::size_t around);

}  // namespace imslab::lab
