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
};
const std::vector<SimulatedScenario>& simulated_scenarios();

// In the simulator's topology, which is the lab's `core`: its phones are alice and bob.
Observation simulate(const SimulatedScenario& scenario);

}  // namespace imslab::lab
