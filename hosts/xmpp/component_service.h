// A component's stream for a node process: stanzas reach the node as questions, and what it sends
// is answered with Sent, or at once with the failure that there is no stream.
#pragma once

#include "hosts/asio/process.h"
#include "hosts/xmpp/component_stream.h"

namespace imslab::host {

// The process is ready when the stream is open, or when it has not come up for a while.
void provide_component(Process& process, ComponentSettings settings);

}  // namespace imslab::host
