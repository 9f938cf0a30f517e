// What freeDiameter asks of the C library and gets from us instead: it has no settings for these.
#pragma once

#include <optional>

#include "core/address.h"

namespace imslab::host {

// Before freeDiameter starts: its outgoing connections come from this address (port 0: any). Who
// listens, too, has sockets that must not be bound to it.
void set_diameter_source(const std::optional<Address>& source, bool listens);
// Whether one of its sockets accepts connections.
bool diameter_listens();

}  // namespace imslab::host
