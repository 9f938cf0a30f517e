// MSRP in what was seen: a node's trace has the octets of its connections as they came and went.
#pragma once

#include <string_view>
#include <vector>

#include "hosts/trace/trace.h"
#include "lab/observation.h"

namespace imslab::lab {

// Records of octets become records of whole messages, each at the time of its last piece.
void put_msrp_together(std::vector<trace::Record>& records);
void decode_msrp(ObservedMessage& message);
// A response belongs to the request with its transaction on the same connection.
void link_msrp(Observation& observation);
std::string_view body_of_msrp(std::string_view bytes);

}  // namespace imslab::lab
