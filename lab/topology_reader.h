// Reading a topology file: a mistake says where it stands, what was found and what was expected,
// and the reading goes on, so that all of them are told at once. A file for each part:
// topology_nodes, topology_services, topology_transports, topology_ues.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lab/mistake.h"
#include "lab/topology.h"
#include "lab/topology_transports.h"

namespace imslab::lab {

struct NodeKind;

class TopologyReader {
public:
    explicit TopologyReader(std::string file) : file_(std::move(file)) {}

    Topology read(const YAML::Node& document);
    void wrong(const YAML::Node& at, std::string found, std::string expected);

    std::vector<Mistake> mistakes;

private:
    // ---- what all parts are read with (topology_reader.cpp)
    Complain complain();
    static std::string quoted(const YAML::Node& node);
    bool is_map(const YAML::Node& node, const std::string& expected);
    void only(const YAML::Node& map, const std::set<std::string>& keys);
    std::string text(const YAML::Node& map, const std::string& key, std::string otherwise);
    std::optional<Address> address(const YAML::Node& node, std::uint16_t port);
    // A plain scalar becomes what it looks like; a quoted one stays text.
    static nlohmann::json json_of(const YAML::Node& node);
    void check_addresses(const YAML::Node& document, const Topology& topology);

    // ---- topology_nodes.cpp
    void read_nodes(const YAML::Node& document, Topology& topology);
    TopologyNode read_node(const YAML::Node& name, const YAML::Node& map, const Topology& topology);
    void read_host(const YAML::Node& map, TopologyNode& node);
    void read_database(const YAML::Node& map, TopologyNode& node);
    std::optional<std::uint16_t> port_of(const YAML::Node& value, const char* example);
    void read_msrp(const YAML::Node& map, TopologyNode& node);
    void read_http(const YAML::Node& map, TopologyNode& node);
    void read_share(const YAML::Node& map,
                    const char* key,
                    const TopologyNode& node,
                    std::uint16_t& target);
    void read_addresses(const YAML::Node& name,
                        const YAML::Node& map,
                        const NodeKind& kind,
                        TopologyNode& node);

    // ---- topology_services.cpp
    void read_services(const YAML::Node& document, Topology& topology);
    ServiceRoute read_service(const YAML::Node& name,
                              const YAML::Node& map,
                              const Topology& topology);

    // ---- topology_ues.cpp
    void read_ues(const YAML::Node& document, Topology& topology);
    void read_attachment(const YAML::Node& name,
                         const YAML::Node& map,
                         const Topology& topology,
                         TopologyUe& ue);

    std::string file_;
};

}  // namespace imslab::lab
