// A CSCF inside Kamailio: the server's configuration, made from the role's in hosts/kamailio with
// the topology's addresses, and how it is started.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "lab/node_config.h"
#include "lab/process.h"
#include "lab/topology.h"

namespace imslab::lab {

// Kamailio's default allocator searches two thousand lists for each piece of a message: 40 % of a
// worker's time.
inline constexpr std::string_view kAllocator = "fm";

// Where the module and its engine lie: …/kamailio/ims_node.so beside the command.
std::string kamailio_module();
// The server; empty: it is not installed.
std::string kamailio_program();

// One sentence if nothing can run on that host: it is neither asio nor kamailio, or Kamailio or the
// module is missing.
std::string why_not_on(const std::string& host);
// Every CSCF of ours runs there.
void run_cscfs_on(Topology& topology, const std::string& host);

// Writes <folder>/<node>.cfg. The node's JSON configuration lies beside it.
Result<Process::Start, std::string> start_in_kamailio(const TopologyNode& node,
                                                      const NodeOptions& options);

}  // namespace imslab::lab
