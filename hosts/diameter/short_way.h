// The short way through freeDiameter. Left to itself it moves each message through four threads:
// one reads the socket, one knows the peer's state, one routes and dispatches, one writes. For a
// node that is no agent they have nothing to decide about an application's command, and each change
// of threads costs more than the message does. So freeDiameter's reading and writing of a
// connection is replaced by ours (hosts/diameter/connection.h).
#pragma once

namespace imslab::host {

// The original, looked up before freeDiameter starts. Empty reason: found; else what is missing.
const char* find_long_way();

}  // namespace imslab::host
