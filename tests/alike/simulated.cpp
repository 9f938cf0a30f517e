// The simulator's trace becomes an observation.
#include "simulated.h"

#include <map>

#include "lab/topology.h"

namespace imslab::lab {
namespace {

using std::chrono::seconds;

// The phones have other addresses in the simulator.
Network network_in_simulator() {
    const auto topology = Topology::load(topology_file("core"));
    Network network = topology ? network_of(*topology) : Network{};
    for (auto& participant : network.participants) {
        if (participant.kind != "ue") continue;
        const bool known = participant.name == "alice" || participant.name == "bob";
        const auto* address = participant.name == "alice" ? "10.0.0.1:5060" : "10.0.0.2:5060";
        participant.addresses.clear();
        if (known) participant.addresses["Gm"] = *Address::parse(address);
    }
    return network;
}

std::vector<NodeTrace> traces_since(const sim::Simulator& simulator, std::size_t first) {
    static const std::map<std::string, std::string> ids{
        {"P-CSCF", "pcscf"}, {"I-CSCF", "icscf"}, {"S-CSCF", "scscf"}, {"HSS", "hss"}};
    std::map<std::string, NodeTrace> traces;
    for (std::size_t i = first; i < simulator.trace().size(); ++i) {
        const auto& line = simulator.trace()[i];
        const auto id = ids.find(line.node);
        if (id == ids.end()) continue;
        traces[id->second].participant = id->second;
        traces[id->second].records.push_back(line.record);
        // Virtual time stands still while a node works: what comes first stays first.
        traces[id->second].records.back().time_ns += static_cast<std::int64_t>(i);
    }
    std::vector<NodeTrace> all;
    for (auto& [id, trace] : traces) all.push_back(std::move(trace));
    return all;
}

}  // namespace

const std::vector<SimulatedScenario>& simulated_scenarios() {
    static const std::vector<SimulatedScenario> all{
        {"REG-001", 0, [](sim::CoreNetwork& network) { network.tell(0, sim::Register{}); }},
        {"REG-011", 1, [](sim::CoreNetwork& network) { network.tell(0, sim::Register{0}); }},
        {"MSG-001",
         2,
         [](sim::CoreNetwork& network) {
             network.tell(0, sim::SendMessage{sim::CoreNetwork::identity(1), "hello"});
         }},
        {"SES-001",
         2,
         [](sim::CoreNetwork& network) {
             network.tell(0, sim::Call{sim::CoreNetwork::identity(1), seconds(1)});
         }},
    };
    return all;
}

Observation simulate(const SimulatedScenario& scenario) {
    sim::CoreNetwork::Options options;
    options.phones = 2;
    options.reregister = false;
    sim::CoreNetwork network(options);
    auto& simulator = network.simulator();
    for (std::size_t phone = 0; phone < scenario.registered; ++phone)
        network.tell(phone, sim::Register{});
    simulator.run_for(seconds(5));
    const auto first = simulator.trace().size();
    scenario.play(network);
    simulator.run_for(seconds(5));
    return merge(network_in_simulator(), traces_since(simulator, first));
}

}  // namespace imslab::lab
