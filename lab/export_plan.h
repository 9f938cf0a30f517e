// What a topology becomes on several machines, before it is written for one platform: a machine for
// each node, names where addresses stood, and what has to stay secret apart from the rest.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "lab/topology.h"

namespace imslab::lab {

struct ExportedPort {
    std::string name;  // "gm", "mw", "cx"
    std::uint16_t number = 0;
    bool udp = true;  // beside TCP
};

struct ExportedMachine {
    std::string name;  // the node's, a DNS label: others find it by that
    std::string kind, label;
    std::vector<ExportedPort> ports;
    nlohmann::ordered_json config;  // node.json
    std::string kamailio;           // kamailio.cfg; empty: the node runs natively
    bool is_cscf() const { return !kamailio.empty(); }
};

struct ExportPlan {
    std::string topology, home;
    std::vector<ExportedMachine> machines;  // the HSS first
    std::string subscribers;                // the XML: keys, so a secret
};

// Where things lie in a container.
namespace container {
inline constexpr std::string_view kProgram = "/opt/imslab/imslab";
inline constexpr std::string_view kHss = "/opt/imslab/nodes/hss";
inline constexpr std::string_view kModule = "/opt/imslab/kamailio/ims_node.so";
inline constexpr std::string_view kConfig = "/etc/imslab";
inline constexpr std::string_view kRuntime = "/run/imslab";
inline constexpr std::string_view kSocket = "/run/imslab/node.sock";
inline constexpr std::string_view kSubscribers = "/run/subscribers/subscribers.xml";
inline constexpr std::string_view kDatabase = "postgresql://imslab@postgresql:5432/imslab";
inline constexpr int kUser = 10001;
}  // namespace container

// `own_suffix`: what a container's own host name has behind its machine's name. One sentence if the
// topology cannot leave this machine.
Result<ExportPlan, std::string> plan_export(const Topology& topology,
                                            const std::string& own_suffix);

// How the machine's process is started, word by word.
std::vector<std::string> command_of(const ExportedMachine& machine);

struct ExportedFile {
    std::string path;  // within the folder
    std::string content;
    bool secret = false;  // for its owner's eyes
};

// `password`: of the database, drawn anew for each export.
std::vector<ExportedFile> export_compose(const ExportPlan& plan, const std::string& password);
std::vector<ExportedFile> export_kubernetes(const ExportPlan& plan, const std::string& password);

// JSON as YAML in block style: text in quotes unless it cannot be taken for anything else, several
// lines as a literal block.
std::string yaml_of(const nlohmann::ordered_json& document);

}  // namespace imslab::lab
