// Cx for a node process: its Ask{cx::Request} to freeDiameter, the peer's requests to the node.
#pragma once

#include <string>

#include "core/result.h"
#include "hosts/asio/process.h"

namespace imslab::host {

enum class CxRole : std::uint8_t { listens, connects };

// Who listens is ready when it does; who connects, when every peer is open.
Result<void, std::string> provide_cx(Process& process, CxRole role);

}  // namespace imslab::host
