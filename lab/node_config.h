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
std::string control_socket_of(const TopologyNode& node, const NodeOptions& options);
inline std::string database_of(const NodeOptions& options) {
    return options.folder + "/subscribers.sqlite";
}

}  // namespace imslab::lab
