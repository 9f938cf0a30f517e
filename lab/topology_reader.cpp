// A topology file as a whole, and what each part of it is read with.
#include "lab/topology_reader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>

#include "core/transports.h"
#include "lab/places.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kHome = "ims.mnc001.mcc001.3gppnetwork.org";

}  // namespace

// A plain scalar becomes what it looks like; a quoted one stays text.
nlohmann::json TopologyReader::json_of(const YAML::Node& node) {
    if (node.IsMap()) {
        auto object = nlohmann::json::object();
        for (const auto& entry : node) object[entry.first.Scalar()] = json_of(entry.second);
        return object;
    }
    if (node.IsSequence()) {
        auto array = nlohmann::json::array();
        for (const auto& element : node) array.push_back(json_of(element));
        return array;
    }
    if (!node.IsScalar()) return nullptr;
    const auto& text = node.Scalar();
    if (node.Tag() == "!") return text;
    if (text == "true" || text == "false") return text == "true";
    const auto number = nlohmann::json::parse(text, nullptr, false);
    return number.is_number() ? number : nlohmann::json(text);
}

Topology TopologyReader::read(const YAML::Node& document) {
    Topology topology;
    topology.file = file_;
    topology.name = fs::path(file_).stem().string();
    topology.home = kHome;
    if (!is_map(document, "a map with nodes")) return topology;
    only(document, {"name", "description", "home", "subscribers", "nodes", "ues"});
    topology.name = text(document, "name", topology.name);
    topology.description = text(document, "description", "");
    topology.home = text(document, "home", topology.home);
    if (const auto subscribers = text(document, "subscribers", ""); !subscribers.empty()) {
        topology.subscribers_file =
            (fs::path(file_).parent_path() / subscribers).lexically_normal().string();
        if (!fs::exists(topology.subscribers_file))
            wrong(document["subscribers"],
                  "'" + subscribers + "', which is not there",
                  "a subscriber file");
    }
    read_nodes(document, topology);
    read_services(document, topology);
    read_ues(document, topology);
    check_addresses(document, topology);
    return topology;
}

void TopologyReader::wrong(const YAML::Node& at, std::string found, std::string expected) {
    const auto mark = at.Mark();
    const bool known = !mark.is_null();  // an empty file has nothing to point at but its start
    mistakes.push_back({file_,
                        known ? static_cast<std::size_t>(mark.line) + 1 : 1,
                        known ? static_cast<std::size_t>(mark.column) + 1 : 1,
                        std::move(found),
                        std::move(expected)});
}

Complain TopologyReader::complain() {
    return [this](const YAML::Node& at, std::string found, std::string expected) {
        wrong(at, std::move(found), std::move(expected));
    };
}

std::string TopologyReader::quoted(const YAML::Node& node) {
    if (node.IsScalar()) return "'" + node.Scalar() + "'";
    return node.IsMap() ? "a map" : node.IsSequence() ? "a list" : "nothing";
}

bool TopologyReader::is_map(const YAML::Node& node, const std::string& expected) {
    if (node.IsMap()) return true;
    wrong(node, quoted(node), expected);
    return false;
}

void TopologyReader::only(const YAML::Node& map, const std::set<std::string>& keys) {
    std::string expected = "one of";
    for (const auto& key : keys) expected += (expected == "one of" ? " " : ", ") + key;
    std::set<std::string> seen;
    for (const auto& entry : map) {
        if (!entry.first.IsScalar() || !keys.contains(entry.first.Scalar()))
            wrong(entry.first, "the key " + quoted(entry.first), expected);
        else if (!seen.insert(entry.first.Scalar()).second)
            wrong(
                entry.first, "the key " + quoted(entry.first) + " a second time", "each key once");
    }
}

std::string TopologyReader::text(const YAML::Node& map,
                                 const std::string& key,
                                 std::string otherwise) {
    const auto node = map[key];
    if (!node) return otherwise;
    if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
    wrong(node, quoted(node), "text for " + key);
    return otherwise;
}

std::optional<Address> TopologyReader::address(const YAML::Node& node, std::uint16_t port) {
    auto parsed = node.IsScalar() ? Address::parse(node.Scalar(), port) : std::nullopt;
    if (!parsed) wrong(node, quoted(node), "an IP address such as 127.1.1.1 or 127.1.1.1:5060");
    return parsed;
}

void TopologyReader::check_addresses(const YAML::Node& document, const Topology& topology) {
    std::map<std::pair<Address, bool>, std::string> taken;  // an address, for Diameter or not
    const auto claim =
        [&](const Address& address, bool diameter, const std::string& owner, const YAML::Node& at) {
            const auto [found, is_new] = taken.try_emplace({address, diameter}, owner);
            if (!is_new && found->second != owner)
                wrong(at,
                      address.to_string() + ", which '" + found->second + "' has",
                      "an address of its own for '" + owner + "'");
        };
    for (const auto& node : topology.nodes) {
        for (const auto& [point, address] : node.addresses)
            claim(address, point == "Cx" || point == "Sh", node.name, document["nodes"][node.name]);
        for (const auto& [point, ports] : node.transports) {
            for (const auto& [transport, port] : ports)
                claim(*node.address(point, transport),
                      false,
                      node.name + " (" + name_of(transport) + ")",
                      document["nodes"][node.name]);
        }
    }
    for (const auto& ue : topology.ues) claim(ue.address, false, ue.name, document["ues"][ue.name]);
}

Checked<Topology> Topology::parse(std::string_view yaml, const std::string& file) {
    TopologyReader reader(file);
    try {
        const auto document = YAML::Load(std::string(yaml));
        auto topology = reader.read(document);
        if (reader.mistakes.empty()) return topology;
    } catch (const YAML::Exception& error) {  // yaml-cpp has no other way to say it
        const bool known = !error.mark.is_null();
        reader.mistakes.push_back({file,
                                   known ? static_cast<std::size_t>(error.mark.line) + 1 : 0,
                                   known ? static_cast<std::size_t>(error.mark.column) + 1 : 0,
                                   error.msg,
                                   "YAML"});
    }
    std::stable_sort(
        reader.mistakes.begin(), reader.mistakes.end(), [](const auto& a, const auto& b) {
            return std::pair(a.line, a.column) < std::pair(b.line, b.column);
        });
    return failure(std::move(reader.mistakes));
}

Checked<Topology> Topology::load(const std::string& path) {
    bool ok = false;
    const auto content = read_file(path, ok);
    if (!ok)
        return failure(
            std::vector<Mistake>{{path, 0, 0, "no file that can be read", "a topology file"}});
    return parse(content, path);
}

}  // namespace imslab::lab
