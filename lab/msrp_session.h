// Two phones of the lab's own that hold an MSRP session (RFC 4975): one sets it up by INVITE, sends
// a text or a file, waits for its reports and hangs up; the other takes it, and checks the hash
// that it was offered (RFC 5547).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/node.h"
#include "lab/procedure.h"
#include "lab/relay_client.h"
#include "lab/ue.h"
#include "msrp/message.h"

namespace imslab::lab {

// RFC 4975 §7.3.1: puts a chunk of a message where its range says. False: it begins nowhere, or
// behind what is there.
bool put_chunk(std::string& whole,
               const std::optional<msrp::ByteRange>& range,
               std::string_view octets);

// Of which relays the phones make use.
struct SessionRelays {
    std::vector<RelayPlace> of_caller, of_callee;
};

// Done when both are; a sentence if it did not go as it should.
std::string play_session(const Ue& caller,
                         const Ue& callee,
                         const SessionCommand& command,
                         const SessionRelays& relays,
                         Entropy& entropy,
                         Deadline deadline);

}  // namespace imslab::lab
