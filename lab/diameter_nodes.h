// Which nodes of a topology speak Diameter.
#pragma once

#include "lab/topology.h"

namespace imslab::lab {

// On Cx, or on Sh: an application server with the setting "sh: true".
bool has_diameter(const TopologyNode& node);

}  // namespace imslab::lab
