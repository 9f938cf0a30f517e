// The short way through freeDiameter: its routing and dispatching threads have nothing to decide
// for a node that is no agent, and each of them costs a message a change of threads. A request goes
// straight into its peer's send queue, and what a peer has sent is taken where freeDiameter would
// queue it for routing. What is not ours goes the long way.
#pragma once

struct msg;
struct peer_hdr;

namespace imslab::host {

// Into the peer's send queue; takes the message over. False: the peer cannot take it.
bool send_to_peer(msg*& message, peer_hdr* peer);

}  // namespace imslab::host
