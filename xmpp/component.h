// What a node and its host say to each other about a component's stream (XEP-0114): the host has
// the connection, the node the stanzas.
#pragma once

#include <string>

#include "xmpp/element.h"

namespace imslab::xmpp {

// The host asks the node, which replies Taken at once.
struct StanzaArrived {
    Element stanza;
};
struct StreamOpened {};
struct StreamClosed {
    std::string reason;
};
struct Taken {};

// The node asks the host, which answers Sent, or that there is no stream.
struct SendStanza {
    Element stanza;
};
struct Sent {};

}  // namespace imslab::xmpp
