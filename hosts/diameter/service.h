// Diameter for a node process: its Ask{cx::Request}, and those of Sh, Zh and Zn, to freeDiameter, the
// peers' requests to the node as Asked with the same types.
#pragma once

#include <any>
#include <functional>
#include <optional>
#include <string>

#include "core/result.h"
#include "diameter/command_codec.h"
#include "hosts/asio/process.h"

namespace imslab::host {

enum class DiameterRole : std::uint8_t { listens, connects, both };

// Who listens is ready when it does; who connects, when every peer is open. A process has one
// Diameter connection with each peer and calls one of these, once.
Result<void, std::string> provide_cx(Process& process, DiameterRole role);
// An application server: connects, from its address on Sh; asks on Zh and Zn there, too. A
// bootstrapping server is also connected to there.
Result<void, std::string> provide_sh(Process& process, DiameterRole role);
// The HSS: these and Zh, at its address on Cx. `objection` says what else a request must be; a request with
// one is answered and does not reach the node.
using Objection = std::function<std::optional<diameter::CodecError>(const std::any& request)>;
Result<void, std::string> provide_cx_and_sh(Process& process,
                                            DiameterRole role,
                                            Objection objection = {});

}  // namespace imslab::host
