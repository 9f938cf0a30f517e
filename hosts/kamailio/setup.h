// The module's parameters as a node's configuration: made once, before Kamailio forks.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/result.h"
#include "hosts/asio/config.h"
#include "hosts/kamailio/seam.h"

namespace imslab::kamailio {

// One sentence that names the parameter.
Result<host::NodeConfig, std::string> configuration(std::span<const ims_parameter> parameters,
                                                    const std::string& runtime_folder);

// The node sends by the sockets that Kamailio listens on: one sentence about the first that is not
// among them; empty: all are. An address of Gm or Mw needs UDP or TCP.
std::string missing_socket(const host::NodeConfig& config,
                           const std::function<bool(const Flow& from)>& listens);

}  // namespace imslab::kamailio
