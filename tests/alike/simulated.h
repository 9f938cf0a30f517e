// A scenario's flow as the simulator plays it, observed as a run of the lab is.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hosts/sim/core_network.h"
#include "lab/observation.h"

namespace imslab::lab {

// Those scenarios whose procedure the simulator's phones know, too.
struct SimulatedScenario {
    std::string id;
    std::size_t registered;  // phones that are registered beforehand
    std::function<void(sim::CoreNetwork&)> play;
    std::string topology = "core";
    std::string dead = {};  // the node that died after they had registered
};
const std::vector<SimulatedScenario>& simulated_scenarios();

// The simulator's topologies are the lab's `core` and, as seen from one P-CSCF, `shared`: its
// phones are alice and bob. Phone 0 falls to the I-CSCF and the S-CSCF that alice falls to.
Observation simulate(const SimulatedScenario& scenario);

}  // namespace imslab::lab
