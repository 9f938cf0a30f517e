// What is wrong with a topology beyond its words. The settings are read by the nodes themselves
// (`scscf --check`), so that there is no second list of them.
#pragma once

#include <vector>

#include "lab/mistake.h"
#include "lab/topology.h"

namespace imslab::lab {

// Phones without a subscriber, nodes that have nobody to ask: told in no time.
std::vector<Mistake> mistakes_in_network(const Topology& topology);
// Settings that a node would not start with: each node is asked, if it is built.
std::vector<Mistake> mistakes_in_settings(const Topology& topology);

}  // namespace imslab::lab
