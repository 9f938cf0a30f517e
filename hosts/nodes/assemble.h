// A node made from its configuration and given to the process that hosts it: the same for the
// native host and for Kamailio's.
#pragma once

#include <string>

#include "core/result.h"
#include "hosts/asio/process.h"

namespace imslab::host {

// One sentence if a setting is wrong, or something it needs cannot be had.
Result<void, std::string> assemble_pcscf(Process& process);
Result<void, std::string> assemble_icscf(Process& process);
Result<void, std::string> assemble_scscf(Process& process);
Result<void, std::string> assemble_as(Process& process);

// The settings alone, before there is a process.
Result<void, std::string> check_pcscf(const NodeConfig& config);
Result<void, std::string> check_icscf(const NodeConfig& config);
Result<void, std::string> check_scscf(const NodeConfig& config);
Result<void, std::string> check_as(const NodeConfig& config);

}  // namespace imslab::host
