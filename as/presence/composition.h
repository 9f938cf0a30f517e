// The raw presence document of a user (RFC 3863 §4.1, RFC 4479 §3): what his several sources say,
// made one.
#pragma once

#include <string>
#include <vector>

#include "as/presence/presence_document.h"

namespace imslab::presence {

// The sources, the latest first. Tuples stand side by side, unless two of one id say the same
// service: there the later one counts. There is one person: each element is the latest source's
// that has it. Of a device (by its deviceID) the latest counts, of the notes all that differ.
PresenceDocument compose(std::string entity, const std::vector<const PresenceDocument*>& sources);

}  // namespace imslab::presence
