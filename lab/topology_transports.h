// What a topology file says of transports: the lists of a P-CSCF, the one of a UE and
// what drives it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lab/topology.h"

namespace YAML {
class Node;
}

namespace imslab::lab {

// What was found there, and what was expected.
using Complain = std::function<void(const YAML::Node& at, std::string found, std::string expected)>;

// {Gm: [udp, tcp, tls, ws, wss:9443]}
void read_transports(const YAML::Node& map, TopologyNode& node, const Complain& wrong);
// driver and transport of a UE, and what they ask of each other.
void read_ue_driver(const YAML::Node& map,
                    const TopologyNode* pcscf,
                    TopologyUe& ue,
                    const Complain& wrong);

// "tls", as in these files.
std::string name_of(Transport transport);

}  // namespace imslab::lab
