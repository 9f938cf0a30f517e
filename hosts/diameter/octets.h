// Messages of ours to freeDiameter's and back, by their octets.
#pragma once

#include <string>

#include "core/result.h"
#include "diameter/message.h"

struct msg;

namespace imslab::host {

// freeDiameter's message from octets; nullptr if it refuses them.
msg* message_from_octets(const std::string& octets);
// Empty if freeDiameter cannot write it.
std::string octets_of(msg* message);
// Without the Route-Records, freeDiameter's own among them.
Result<diameter::Message, diameter::DecodeError> decoded(msg* message);
void free_message(msg* message);

}  // namespace imslab::host
