// Somebody else's node: Kamailio's own IMS modules in the place of one of our CSCFs, or its
// registrar and proxy where there is no IMS (lab/plain_sip.h). The lab writes their configuration
// from the templates in hosts/kamailio/stock and runs the server as it runs our nodes. It writes no
// trace: the lab listens on the wire (lab/wiretap.h).
#pragma once

#include <string>

#include "core/result.h"
#include "lab/node_config.h"
#include "lab/process.h"
#include "lab/topology.h"

namespace imslab::lab {

// The nodes named, by name or by kind and separated by commas ("pcscf,scscf"; "all": every CSCF),
// are played by Kamailio's own modules. One sentence if there is no such CSCF.
std::string play_by_stock(Topology& topology, const std::string& nodes);

// Writes what the server reads: <folder>/<node>.cfg, and beside it the Diameter peers and the list
// of S-CSCFs in <folder>/<node>/.
Result<Process::Start, std::string> start_stock(const Topology& topology,
                                                const TopologyNode& node,
                                                const NodeOptions& options);

// It tells nobody when it is ready: it is asked with OPTIONS, and answers 200 when its HSS is
// connected.
class StockProbe {
public:
    bool ready(const TopologyNode& node);

private:
    unsigned asked_ = 0;
};

}  // namespace imslab::lab
