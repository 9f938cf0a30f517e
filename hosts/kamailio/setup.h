// The module's parameters as a node's configuration: made once, before Kamailio forks.
#pragma once

#include <span>
#include <string>

#include "core/result.h"
#include "hosts/asio/config.h"
#include "hosts/kamailio/seam.h"

namespace imslab::kamailio {

// One sentence that names the parameter.
Result<host::NodeConfig, std::string> configuration(std::span<const ims_parameter> parameters,
                                                    const std::string& runtime_folder);

}  // namespace imslab::kamailio
