// The JSON file that a node process is started with, made from the topology.
#include "lab/node_config.h"

#include <unistd.h>

#include <algorithm>

#include "lab/content_scanner.h"
#include "lab/database.h"
#include "lab/diameter_nodes.h"

namespace imslab::lab {

namespace {

// sun_path holds 107 octets: a deep folder does not fit.
constexpr std::size_t kSocketPathOctets = 100;

// TS 23.228 §5.1.2.1: the S-CSCFs that an I-CSCF may select, with what they are capable of.
nlohmann::ordered_json serving_cscfs(const Topology& topology, const TopologyNode& icscf) {
    auto serving = nlohmann::ordered_json::array();
    for (const auto& node : topology.nodes) {
        if (node.kind != "scscf" || node.home != icscf.home) continue;
        nlohmann::ordered_json entry;
        entry["uri"] = "sip:" + node.host + ":" + std::to_string(node.addresses.at("Mw").port);
        entry["capabilities"] = node.settings.value("capabilities", nlohmann::json::array());
        serving.push_back(std::move(entry));
    }
    return serving;
}

nlohmann::ordered_json diameter_of(const Topology& topology, const TopologyNode& node) {
    nlohmann::ordered_json diameter;
    diameter["identity"] = node.host;
    diameter["realm"] = node.home;
    auto peers = nlohmann::ordered_json::array();
    for (const auto& other : topology.nodes) {
        const bool asks = node.kind != "hss" && other.kind == "hss";
        const bool is_asked = node.kind == "hss" && other.kind != "hss" && has_diameter(other);
        if ((!asks && !is_asked) || other.home != node.home) continue;
        const bool is_server = other.kind == "as" || other.kind == "sh_client";
        nlohmann::ordered_json peer;
        peer["identity"] = other.host;
        peer["realm"] = other.home;
        peer["address"] = other.addresses.at(is_server ? "Sh" : "Cx").to_string();
        peers.push_back(std::move(peer));
    }
    diameter["peers"] = std::move(peers);
    return diameter;
}

}  // namespace

// An enabler of it asks the HSS who a user is (Zh).
static bool authenticates(const TopologyNode& node) {
    const auto enablers = node.settings.find("enablers");
    if (enablers == node.settings.end() || !enablers->is_object()) return false;
    return std::any_of(enablers->begin(), enablers->end(), [](const auto& enabler) {
        return enabler.is_object() && enabler.contains("digest") && enabler["digest"] == true;
    });
}

bool has_diameter(const TopologyNode& node) {
    if (node.kind == "as") return node.settings.value("sh", false) || authenticates(node);
    return node.addresses.contains("Cx") || node.addresses.contains("Sh");
}

std::string control_socket_of(const TopologyNode& node, const NodeOptions& options) {
    auto path = options.folder + "/" + node.name + ".sock";
    if (path.size() <= kSocketPathOctets) return path;
    const auto distinct = std::hash<std::string>{}(path);
    return "/tmp/imslab-" + std::to_string(getuid()) + "-" + std::to_string(distinct) + ".sock";
}

std::string database_of(const Topology& topology, const NodeOptions& options) {
    for (const auto& node : topology.nodes) {
        const auto said = node.settings.find("database");
        if (node.kind == "hss" && said != node.settings.end()) return said->get<std::string>();
    }
    return database_of(options);
}

nlohmann::ordered_json node_config(const Topology& topology,
                                   const TopologyNode& node,
                                   const NodeOptions& options) {
    nlohmann::ordered_json config;
    config["node"] = node.name;
    config["kind"] = node.kind;
    config["host"] = node.host;
    for (const auto& [point, address] : node.addresses) {
        config["addresses"][point] = address.to_string();
    }
    for (const auto& [point, ports] : node.transports) {
        for (const auto& [transport, port] : ports)
            config["transports"][point][std::string(to_string(transport))] = port;
    }
    if (node.has_certificate()) {
        config["tls"]["certificate"] = certificate_of(node, options);
        config["tls"]["key"] = key_of(node, options);
    }
    for (const auto& [host, address] : topology.hosts())
        config["hosts"][host] = address.to_string();
    config["domains"] = nlohmann::json::array({node.home});
    if (has_diameter(node)) config["diameter"] = diameter_of(topology, node);
    if (node.kind == "hss") config["database"] = database_of(topology, options);
    if (node.kind == "as")  // made when an enabler has something to keep
        config["database"] = node.settings.value(
            "database", options.folder + "/" + node.name + ".documents.sqlite");
    const auto file = [&](const char* suffix) { return options.folder + "/" + node.name + suffix; };
    if (options.trace) config["trace"] = file(".trace");
    config["log"] = file(".log");
    config["log_level"] = options.log_level;
    config["control"] = control_socket_of(node, options);
    config["ready_fd"] = 3;
    if (options.seed) {
        // each node draws its own numbers: the same identifiers must not come from two of them
        config["seed"] = *options.seed * 1000003 + std::hash<std::string>{}(node.name) % 1000003;
    }
    nlohmann::ordered_json settings = node.settings;
    settings.erase("sh");            // for the configuration's diameter
    settings.erase("capabilities");  // for those who select an S-CSCF
    if (const auto dies = settings.find("dies_at_message"); dies != settings.end()) {
        config["dies_at_message"] = *dies;
        settings.erase("dies_at_message");
    }
    settings.erase("database");  // said above
    if (node.kind == "icscf" && !settings.contains("serving")) {
        settings["serving"] = serving_cscfs(topology, node);
    }
    name_scanner(settings, options);
    config["settings"] = std::move(settings);
    return config;
}

}  // namespace imslab::lab
