// Transactions of SIP and Diameter in what was seen: which request a response answers, what is a
// retransmission, and what need not be drawn.
#pragma once

#include "lab/observation.h"

namespace imslab::lab {

// A response that repeats neither Call-ID nor CSeq of its request is still its request's: that it
// does not repeat them can only be told beside it.
void link_transactions(Observation& observation);
// What the design has implied unless drawn.
void mark_implied(Observation& observation);
// A retransmission that arrived stands in for a lost original: the original's arrival is then the
// copy's.
void forgive_repaired_losses(Observation& observation);

}  // namespace imslab::lab
