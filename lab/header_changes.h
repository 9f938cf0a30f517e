// What an element did to a message on its way through: header fields added, removed, changed, and
// the clause for it.
#pragma once

#include <string>
#include <vector>

#include "lab/observation.h"

namespace imslab::lab {

struct HeaderChange {
    enum class Kind { added, removed, changed } kind = Kind::added;
    std::string header;
    std::string before, after;  // values, one a line
    std::string clause, says;   // from header_origins.yaml; empty: no clause known
};

// Against the hop before; empty if there is none.
std::vector<HeaderChange> changes_of(const ObservedMessage& message,
                                     const Observation& observation);

// Puts the clause in, if one is known for that change by an element of that role.
void explain(HeaderChange& change, const std::string& role);

}  // namespace imslab::lab
