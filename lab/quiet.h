// When a scenario is over: the network is quiet once every node says that it is settled
// (hosts/asio/settled.cpp) and none of them had an event until all had said so.
#pragma once

#include <string>
#include <vector>

#include "lab/lab.h"
#include "lab/process.h"
#include "lab/topology.h"

namespace imslab::lab {

// False: somebody still had something open when the deadline came. Who does not run is quiet.
bool await_quiet(const std::vector<std::string>& control_sockets, Deadline deadline);
// All nodes of ours.
bool await_quiet(const Topology& topology, const Lab& lab, Deadline deadline);

}  // namespace imslab::lab
