// What the registrar of plain SIP hands to application servers, in a topology file.
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "lab/topology_reader.h"

namespace imslab::lab {

namespace {

constexpr std::uint16_t kSipPort = 5060;

}  // namespace

// After all nodes: a service may lead to one that stands below.
void TopologyReader::read_services(const YAML::Node& document, Topology& topology) {
    for (auto& node : topology.nodes) {
        const auto services = document["nodes"][node.name]["services"];
        if (!services || !is_map(services, "a map of services by name")) continue;
        if (!node.is_plain_sip()) {
            wrong(services, "services at a " + node.kind, "services at a plain-sip node");
            continue;
        }
        for (const auto& entry : services) {
            if (is_map(entry.second, "a map with to, and methods, event or user"))
                node.services.push_back(read_service(entry.first, entry.second, topology));
        }
    }
}

ServiceRoute TopologyReader::read_service(const YAML::Node& name,
                                          const YAML::Node& map,
                                          const Topology& topology) {
    only(map, {"to", "methods", "event", "user"});
    ServiceRoute service;
    service.name = name.Scalar();
    service.event = text(map, "event", "");
    service.user = text(map, "user", "");
    if (const auto methods = map["methods"]) {
        for (const auto& method : methods.IsSequence() ? methods : YAML::Node()) {
            const auto word = method.IsScalar() ? method.Scalar() : std::string();
            service.methods.push_back(word);
            const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
            if (word.empty() || !std::all_of(word.begin(), word.end(), is_letter))
                wrong(method, quoted(method), "a method such as PUBLISH");
        }
        if (!methods.IsSequence()) wrong(methods, quoted(methods), "a list of methods");
    }
    const auto to = map["to"];
    const auto* node = to && to.IsScalar() ? topology.node(to.Scalar()) : nullptr;
    if (const auto* at = node ? node->sip_address() : nullptr)
        service.to = *at;
    else if (const auto parsed =
                 to && to.IsScalar() ? Address::parse(to.Scalar(), kSipPort) : std::nullopt)
        service.to = *parsed;
    else
        wrong(to ? to : name,
              to ? quoted(to) : "no to",
              "a node of the topology that speaks SIP, or an IP address");
    return service;
}

}  // namespace imslab::lab
