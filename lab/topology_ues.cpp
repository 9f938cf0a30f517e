// The phones of a topology file: where they are, and whom they are attached to.
#include <yaml-cpp/yaml.h>

#include "lab/topology_reader.h"

namespace imslab::lab {

namespace {

constexpr std::uint16_t kSipPort = 5060;

}  // namespace

void TopologyReader::read_ues(const YAML::Node& document, Topology& topology) {
    const auto ues = document["ues"];
    if (!ues || !is_map(ues, "a map of UEs by name")) return;
    for (const auto& entry : ues) {
        if (!is_map(entry.second, "a map with address and subscriber")) continue;
        const auto& map = entry.second;
        only(map, {"address", "subscriber", "pcscf", "driver", "password", "transport"});
        TopologyUe ue;
        ue.name = entry.first.Scalar();
        if (topology.ue(ue.name) || topology.node(ue.name))
            wrong(entry.first,
                  "the name " + quoted(entry.first) + " a second time",
                  "each name once");
        ue.subscriber = text(map, "subscriber", ue.name);
        if (!map["address"])
            wrong(entry.first, "no address for '" + ue.name + "'", "address");
        else if (const auto parsed = address(map["address"], kSipPort))
            ue.address = *parsed;
        read_attachment(entry.first, map, topology, ue);
        topology.ues.push_back(std::move(ue));
    }
}

void TopologyReader::read_attachment(const YAML::Node& name,
                                     const YAML::Node& map,
                                     const Topology& topology,
                                     TopologyUe& ue) {
    std::string expected = "the name of a P-CSCF or plain-sip node:";
    for (const auto& node : topology.nodes) {
        if (!node.serves_phones()) continue;
        if (ue.pcscf.empty()) ue.pcscf = node.name;
        expected += " " + node.name;
    }
    const auto wanted = map["pcscf"];
    if (wanted) ue.pcscf = wanted.IsScalar() ? wanted.Scalar() : "";
    const auto* node = topology.node(ue.pcscf);
    if (!node || !node->serves_phones())
        wrong(wanted ? wanted : name, wanted ? quoted(wanted) : "no P-CSCF", expected);
    ue.password = text(map, "password", "");
    read_ue_driver(map, node, ue, complain());
}

}  // namespace imslab::lab
