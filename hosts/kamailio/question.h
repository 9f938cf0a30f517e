// What RPC commands and pseudo-variables show, asked of the engine through its control socket.
#pragma once

#include <string>
#include <string_view>

#include "hosts/kamailio/in_flight.h"
#include "hosts/kamailio/seam.h"

namespace imslab::kamailio {

// `what` is bindings, dialogs or stats. Empty: the visitor has seen it all; else why not.
std::string tell(const std::string& control_socket,
                 const Shared& shared,
                 std::string_view what,
                 const ims_visitor& visitor);

// What the node knows of a public identity.
std::string find(const std::string& control_socket, std::string_view identity, ims_user& user);

}  // namespace imslab::kamailio
