// What a criterion speaks of must be drawn: a message that is in no call flow is never there to be
// checked.
#pragma once

#include "lab/criterion.h"
#include "lab/mermaid.h"
#include "lab/network.h"

namespace imslab::lab {

// Could a message that this chooses be one of the diagram's, or one that need not be drawn?
bool is_drawn(const Selector& selector, const Diagram& flow, const Network& network);

}  // namespace imslab::lab
