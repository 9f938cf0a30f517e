// The steps of making an observation that a merged trace and a foreign capture share.
#pragma once

#include "lab/observation.h"

namespace imslab::lab {

// Reads `bytes` by `protocol` and fills in what a message says of itself.
void decode_message(ObservedMessage& message);
// Reference points, order, transactions, retransmissions, what is implied.
void complete_observation(Observation& observation);

}  // namespace imslab::lab
