// The simulator's trace becomes an observation.
#include "simulated.h"

#include <map>

#include "lab/topology.h"

namespace imslab::lab {
namespace {

using std::chrono::seconds;

// The phones have other addresses in the simulator.
Network network_in_simulator(const std::string& name) {
    const auto topology = Topology::load(topology_file(name));
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

std::vector<NodeTrace> traces_since(const sim::Simulator& simulator,
                                    std::size_t first,
                                    const std::string& topology) {
    static const std::map<std::string, std::string> of_core{
        {"P-CSCF", "pcscf"}, {"I-CSCF", "icscf"}, {"S-CSCF", "scscf"}, {"HSS", "hss"}};
    static const std::map<std::string, std::string> of_shared{{"P-CSCF", "pcscf1"},
                                                              {"I-CSCF1", "icscf1"},
                                                              {"I-CSCF2", "icscf2"},
                                                              {"S-CSCF1", "scscf1"},
                                                              {"S-CSCF2", "scscf2"},
                                                              {"HSS", "hss"}};
    const auto& ids = topology == "shared" ? of_shared : of_core;
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
        {"RST-001",
         1,
         [](sim::CoreNetwork& network) { network.tell(0, sim::Register{}); },
         "shared",
         "S-CSCF1"},
        {"RST-002",
         0,
         [](sim::CoreNetwork& network) { network.tell(0, sim::Register{}); },
         "shared",
         "I-CSCF1"},
    };
    return all;
}

Observation simulate(const SimulatedScenario& scenario) {
    sim::CoreNetwork::Options options;
    options.phones = 2;
    options.reregister = false;
    if (scenario.topology == "shared") options.icscfs = options.scscfs = 2;
    sim::CoreNetwork network(options);
    auto& simulator = network.simulator();
    for (std::size_t phone = 0; phone < scenario.registered; ++phone)
        network.tell(phone, sim::Register{});
    simulator.run_for(seconds(5));
    if (!scenario.dead.empty()) simulator.crash(scenario.dead);
    const auto first = simulator.trace().size();
    scenario.play(network);
    // Nobody tells a node in the simulator that another one is dead: it takes its time.
    simulator.run_for(seconds(scenario.dead.empty() ? 5 : 60));
    return merge(network_in_simulator(scenario.topology),
                 traces_since(simulator, first, scenario.topology));
}

}  // namespace imslab::lab
