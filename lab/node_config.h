// The file that tells a node process what it is (hosts/asio/config.h), written from the topology.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lab/topology.h"

namespace imslab::lab {

struct NodeOptions {
    std::string folder;               // of the run: traces, logs, sockets, the database
    std::string cache = "out/cache";  // databases ready to be copied
    bool trace = true;
    std::string log_level = "info";
    std::optional<std::uint64_t> seed;
};

nlohmann::ordered_json node_config(const Topology& topology,
                                   const TopologyNode& node,
                                   const NodeOptions& options);
// Does it ask or answer on Cx or Sh? An application server with the setting "sh: true".
bool has_diameter(const TopologyNode& node);
std::string control_socket_of(const TopologyNode& node, const NodeOptions& options);
// The certificates of a run (lab/certificates.h).
inline std::string authority_of(const std::string& folder) { return folder + "/authority.pem"; }
inline std::string certificate_of(const TopologyNode& node, const NodeOptions& options) {
    return options.folder + "/" + node.name + ".pem";
}
inline std::string key_of(const TopologyNode& node, const NodeOptions& options) {
    return options.folder + "/" + node.name + ".key";
}
inline std::string database_of(const NodeOptions& options) {
    return options.folder + "/subscribers.sqlite";
}

}  // namespace imslab::lab
