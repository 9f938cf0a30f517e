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

// On Zn: a server that shares bootstrapped keys with UEs.
bool is_naf(const TopologyNode& node) { return node.has_enabler_with("gba"); }
bool is_bsf(const TopologyNode& node) { return node.hosts("bsf"); }
// On Cx, Sh or Zh.
bool asks_hss(const TopologyNode& node) {
    if (node.kind != "as") return node.addresses.contains("Cx") || node.addresses.contains("Sh");
    return node.settings.value("sh", false) || node.has_enabler_with("digest") || is_bsf(node) ||
           node.hosts("msrp-relay");
}

nlohmann::ordered_json peer_of(const TopologyNode& node) {
    const bool is_server = node.kind == "as" || node.kind == "sh_client";
    nlohmann::ordered_json peer;
    peer["identity"] = node.host;
    peer["realm"] = node.home;
    peer["address"] = node.addresses.at(is_server ? "Sh" : "Cx").to_string();
    return peer;
}

nlohmann::ordered_json json_of(const Host& host) {
    if (!host.has_several()) return host.first().to_string();
    auto several = nlohmann::ordered_json::array();
    for (const auto& one : host.addresses()) {
        several.push_back({{"address", one.address.to_string()},
                           {"priority", one.priority},
                           {"weight", one.weight}});
    }
    return several;
}

nlohmann::ordered_json diameter_of(const Topology& topology, const TopologyNode& node) {
    nlohmann::ordered_json diameter;
    diameter["identity"] = node.host;
    diameter["realm"] = node.home;
    auto peers = nlohmann::ordered_json::array();
    for (const auto& other : topology.nodes) {
        if (other.home != node.home) continue;
        const bool asks = node.kind != "hss" && asks_hss(node) && other.kind == "hss";
        const bool is_asked = node.kind == "hss" && other.kind != "hss" && asks_hss(other);
        if (asks || is_asked) {
            auto peer = peer_of(other);
            if (is_naf(node)) peer["serves"] = {"Sh", "Zh"};  // and a BSF on Zn
            peers.push_back(std::move(peer));
        } else if (is_naf(node) && is_bsf(other)) {
            auto peer = peer_of(other);
            peer["serves"] = nlohmann::json::array({"Zn"});
            peers.push_back(std::move(peer));
        } else if (is_bsf(node) && is_naf(other)) {
            auto peer = peer_of(other);
            peer["serves"] = nlohmann::json::array({"none"});
            peer["connects"] = true;
            peers.push_back(std::move(peer));
        }
    }
    diameter["peers"] = std::move(peers);
    return diameter;
}

}  // namespace

bool has_diameter(const TopologyNode& node) {
    return node.kind == "hss" || asks_hss(node) || is_naf(node);
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
    for (const auto& [name, host] : topology.hosts()) config["hosts"][name] = json_of(host);
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
    if (node.hosts("msrp-relay")) {  // other relays are known by the certificates of this run
        for (auto& [name, enabler] : settings["enablers"].items()) {
            if (enabler.value("kind", name) == "msrp-relay" && !enabler.contains("authority"))
                enabler["authority"] = authority_of(options.folder);
        }
    }
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
