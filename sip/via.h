// What the transport layer does to and reads from the top Via (RFC 3261 §18.2, RFC 3581).
#pragma once

#include <optional>

#include "core/address.h"
#include "sip/headers.h"
#include "sip/message.h"

namespace imslab::sip {

// RFC 3261 §18.2.1, RFC 3581 §4: says in the request's top Via where it really came from.
void note_source(Message& request, const Via& via, const Flow& flow);

// RFC 3261 §18.2.2, RFC 3581 §4: where a response to a request with this top Via goes; for a
// stream, where to connect should its connection be gone.
Address reply_address(const Via& via, const Flow& came_on);

// The same from the Via alone, for a response that belongs to no transaction. nullopt: it names no
// address.
std::optional<Address> reply_address(const Via& via);

}  // namespace imslab::sip
