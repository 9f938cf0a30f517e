// Which nodes of a topology speak Diameter.
#pragma once

#include "lab/topology.h"

namespace imslab::lab {

// On Cx; on Sh: an application server with the setting "sh: true"; on Zh: one with "digest: true"
// or a bootstrapping server; on Zn: that, and one with "gba: true".
bool has_diameter(const TopologyNode& node);

}  // namespace imslab::lab
