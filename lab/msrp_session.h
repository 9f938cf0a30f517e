// Two phones of the lab's own that hold an MSRP session (RFC 4975): one sets it up by INVITE, sends
// a text or a file, waits for its reports and hangs up; the other takes it, and checks the hash
// that it was offered (RFC 5547).
#pragma once

#include <string>

#include "core/node.h"
#include "lab/procedure.h"
#include "lab/ue.h"

namespace imslab::lab {

// Done when both are; a sentence if it did not go as it should.
std::string play_session(const Ue& caller,
                         const Ue& callee,
                         const SessionCommand& command,
                         Entropy& entropy,
                         Deadline deadline);

}  // namespace imslab::lab
