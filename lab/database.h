// Which database the HSS of a topology has: the one that the topology says, else a file of the
// run's own.
#pragma once

#include <string>

#include "lab/node_config.h"

namespace imslab::lab {

std::string database_of(const Topology& topology, const NodeOptions& options);

}  // namespace imslab::lab
