// The nodes' configurations with names in the place of the lab's addresses.
#include "lab/export_plan.h"

#include <algorithm>
#include <map>

#include "lab/kamailio_config.h"
#include "lab/node_config.h"
#include "lab/places.h"

namespace imslab::lab {

namespace {

// On one address the two sides of a P-CSCF are told apart by their ports.
constexpr std::uint16_t kMwBesideGm = 5062;
// Kubernetes allows 63 characters and appends an ordinal.
constexpr std::size_t kLongestName = 50;

bool is_dns_label(const std::string& name) {
    if (name.empty() || name.size() > kLongestName || name.front() < 'a' || name.front() > 'z' ||
        name.back() == '-')
        return false;
    return name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

std::string why_not(const Topology& topology) {
    std::size_t hss = 0;
    for (const auto& node : topology.nodes) {
        const bool known = node.kind == "pcscf" || node.kind == "icscf" || node.kind == "scscf" ||
                           node.kind == "hss";
        if (node.is_stock() || !known)
            return node.name + " is " + (node.is_stock() ? node.runs_on : node.kind) +
                   "; expected pcscf, icscf, scscf and hss of ours, or an external node";
        if (!node.transports.empty())
            return node.name +
                   " has TLS or WebSocket; expected UDP and TCP alone: no certificate is exported";
        if (!is_dns_label(node.name) || node.name == "postgresql" || node.name == "provision")
            return "a machine cannot be called '" + node.name +
                   "'; expected a DNS label: lower-case letters, digits and hyphens, " +
                   std::to_string(kLongestName) + " at most, not postgresql or provision";
        hss += node.kind == "hss" && !node.external;
    }
    if (hss != 1)
        return "the topology has " + std::to_string(hss) + " HSSs of its own; expected one";
    if (topology.subscribers_file.empty())
        return "the topology names no subscribers; expected the key subscribers";
    return {};
}

std::vector<ExportedPort> ports_of(const TopologyNode& node) {
    std::vector<ExportedPort> ports;
    for (const auto& [point, address] : node.addresses) {
        if (point == "Cx" && node.kind != "hss") continue;  // it connects, and listens nowhere
        auto number = address.port;
        if (node.kind == "pcscf" && point == "Mw" && number == node.addresses.at("Gm").port)
            number = number == kMwBesideGm ? number - 1 : kMwBesideGm;
        ports.push_back({point == "Gm"   ? "gm"
                         : point == "Mw" ? "mw"
                                         : "cx",
                         number,
                         point != "Cx"});
    }
    return ports;
}

std::uint16_t port_of(const std::vector<ExportedPort>& ports, std::string_view name) {
    for (const auto& port : ports) {
        if (port.name == name) return port.number;
    }
    return 3868;  // the source of a connection on Cx
}

std::string lower(std::string_view point) {
    return point == "Gm" ? "gm" : point == "Mw" ? "mw" : "cx";
}

// The lab's addresses, and by what names they go elsewhere.
class Names {
public:
    explicit Names(const Topology& topology) {
        for (const auto& node : topology.nodes) {
            if (node.external) continue;
            const auto ports = ports_of(node);
            for (const auto& [point, address] : node.addresses) {
                const auto name = node.name + ":" + std::to_string(port_of(ports, lower(point)));
                // Where two points share an address and a port, the core's is meant.
                names_[{address.to_string(), point == "Cx"}] = name;
                if (point == "Cx") names_.try_emplace({address.to_string(), false}, name);
            }
        }
    }
    std::string of(const std::string& address, bool diameter) const {
        const auto found = names_.find({address, diameter});
        return found == names_.end() ? address : found->second;
    }

private:
    std::map<std::pair<std::string, bool>, std::string> names_;
};

nlohmann::ordered_json config_of(const Topology& topology,
                                 const TopologyNode& node,
                                 const std::vector<ExportedPort>& ports,
                                 const std::string& own_name,
                                 const Names& names) {
    auto config = node_config(topology, node, {});
    for (const auto* key : {"trace", "log", "ready_fd", "seed"}) config.erase(key);
    for (auto& [point, address] : config["addresses"].items())
        address = own_name + ":" + std::to_string(port_of(ports, lower(point)));
    for (auto& [host, address] : config["hosts"].items()) {
        if (address.is_string()) address = names.of(address.get<std::string>(), false);
        if (!address.is_array()) continue;
        for (auto& one : address)
            one["address"] = names.of(one["address"].get<std::string>(), false);
    }
    if (config.contains("diameter")) {
        for (auto& peer : config["diameter"]["peers"])
            peer["address"] = names.of(peer["address"].get<std::string>(), true);
    }
    // Who listens knows its clients by their identities, wherever they are.
    if (node.kind == "hss") config["database"] = container::kDatabase;
    // A P-CSCF that is started anew comes from another address; who can reach whom, the platform says.
    if (node.kind == "icscf" && !config["settings"].contains("trusted"))
        config["settings"]["trusted"] = "everybody";
    config["control"] = container::kSocket;
    return config;
}

}  // namespace

Result<ExportPlan, std::string> plan_export(const Topology& topology,
                                            const std::string& own_suffix) {
    if (auto problem = why_not(topology); !problem.empty()) return failure(problem);
    ExportPlan plan;
    plan.topology = topology.name;
    plan.home = topology.home;
    bool ok = false;
    plan.subscribers = read_file(topology.subscribers_file, ok);
    if (!ok) return failure("cannot read " + topology.subscribers_file);
    const Names names(topology);
    for (const auto& node : topology.nodes) {
        if (node.external) continue;
        ExportedMachine machine;
        machine.name = node.name;
        machine.kind = node.kind;
        machine.label = node.label;
        machine.ports = ports_of(node);
        const auto own_name = node.name + own_suffix;
        machine.config = config_of(topology, node, machine.ports, own_name, names);
        if (node.kind != "hss") {
            KamailioConfig wanted{node.kind,
                                  {},
                                  std::string(container::kModule),
                                  std::string(container::kConfig) + "/node.json"};
            for (const auto& port : machine.ports)
                wanted.listens.emplace_back(port.name == "gm" ? "Gm" : "Mw",
                                            own_name + ":" + std::to_string(port.number));
            auto config = kamailio_config(wanted);
            if (!config) return failure(config.error());
            machine.kamailio = std::move(*config);
        }
        plan.machines.push_back(std::move(machine));
    }
    std::stable_partition(plan.machines.begin(), plan.machines.end(), [](const auto& machine) {
        return machine.kind == "hss";
    });
    return plan;
}

std::vector<std::string> command_of(const ExportedMachine& machine) {
    const auto file = [](const char* name) { return std::string(container::kConfig) + "/" + name; };
    if (!machine.is_cscf()) return {std::string(container::kHss), file("node.json")};
    return {"/usr/sbin/kamailio",
            "-f",
            file("kamailio.cfg"),
            "-DD",
            "-E",
            "-m",
            "64",
            "-M",
            "8",
            "-Y",
            std::string(container::kRuntime)};
}

}  // namespace imslab::lab
