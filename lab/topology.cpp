// Reading topology files.
#include "lab/topology.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "core/transports.h"
#include "hosts/store/database_url.h"
#include "lab/http_point.h"
#include "lab/places.h"
#include "lab/topology_transports.h"
#include "sip/params.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kHome = "ims.mnc001.mcc001.3gppnetwork.org";
constexpr std::uint16_t kSipPort = 5060;
constexpr std::uint16_t kDiameterPort = 3868;
constexpr std::uint16_t kMsrpPort = 2855;
constexpr std::uint16_t kHttpPort = 8080;  // 80 would need privileges

struct Kind {
    std::string_view name, label;
    std::vector<std::string_view> points;  // reference points on which it listens or connects
};
const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all{{"pcscf", "P-CSCF", {"Gm", "Mw"}},
                                       {"icscf", "I-CSCF", {"Mw", "Cx"}},
                                       {"scscf", "S-CSCF", {"Mw", "Cx"}},
                                       {"hss", "HSS", {"Cx"}},
                                       {"plain-sip", "Proxy", {"SIP"}},
                                       {"as", "AS", {"ISC", "Sh"}},
                                       {"sh_client", "AS", {"Sh"}}};
    return all;
}
const Kind* kind_of(std::string_view name) {
    for (const auto& kind : kinds()) {
        if (kind.name == name) return &kind;
    }
    return nullptr;
}

std::uint16_t standard_port(std::string_view point) {
    return point == "Cx" || point == "Sh" ? kDiameterPort : kSipPort;
}

// A plain scalar becomes what it looks like; a quoted one stays text.
nlohmann::json json_of(const YAML::Node& node) {
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

class Reader {
public:
    explicit Reader(std::string file) : file_(std::move(file)) {}

    Topology read(const YAML::Node& document) {
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

    std::vector<Mistake> mistakes;

    void wrong(const YAML::Node& at, std::string found, std::string expected) {
        const auto mark = at.Mark();
        const bool known = !mark.is_null();
        mistakes.push_back({file_,
                            known ? static_cast<std::size_t>(mark.line) + 1 : 0,
                            known ? static_cast<std::size_t>(mark.column) + 1 : 0,
                            std::move(found),
                            std::move(expected)});
    }

private:
    Complain complain() {
        return [this](const YAML::Node& at, std::string found, std::string expected) {
            wrong(at, std::move(found), std::move(expected));
        };
    }
    static std::string quoted(const YAML::Node& node) {
        if (node.IsScalar()) return "'" + node.Scalar() + "'";
        return node.IsMap() ? "a map" : node.IsSequence() ? "a list" : "nothing";
    }
    bool is_map(const YAML::Node& node, const std::string& expected) {
        if (node.IsMap()) return true;
        wrong(node, quoted(node), expected);
        return false;
    }
    void only(const YAML::Node& map, const std::set<std::string>& keys) {
        std::string expected = "one of";
        for (const auto& key : keys) expected += (expected == "one of" ? " " : ", ") + key;
        std::set<std::string> seen;
        for (const auto& entry : map) {
            if (!entry.first.IsScalar() || !keys.contains(entry.first.Scalar()))
                wrong(entry.first, "the key " + quoted(entry.first), expected);
            else if (!seen.insert(entry.first.Scalar()).second)
                wrong(entry.first,
                      "the key " + quoted(entry.first) + " a second time",
                      "each key once");
        }
    }
    std::string text(const YAML::Node& map, const std::string& key, std::string otherwise) {
        const auto node = map[key];
        if (!node) return otherwise;
        if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
        wrong(node, quoted(node), "text for " + key);
        return otherwise;
    }
    std::optional<Address> address(const YAML::Node& node, std::uint16_t port) {
        auto parsed = node.IsScalar() ? Address::parse(node.Scalar(), port) : std::nullopt;
        if (!parsed) wrong(node, quoted(node), "an IP address such as 127.1.1.1 or 127.1.1.1:5060");
        return parsed;
    }

    void read_nodes(const YAML::Node& document, Topology& topology) {
        const auto nodes = document["nodes"];
        if (!nodes) return wrong(document, "no nodes", "the key nodes");
        if (!is_map(nodes, "a map of nodes by name")) return;
        std::set<std::string> names;
        for (const auto& entry : nodes) {
            if (!entry.first.IsScalar()) {
                wrong(entry.first, quoted(entry.first), "a node's name");
                continue;
            }
            if (!names.insert(entry.first.Scalar()).second)
                wrong(entry.first,
                      "the node " + quoted(entry.first) + " a second time",
                      "each name once");
            if (is_map(entry.second, "a map with kind and address"))
                topology.nodes.push_back(read_node(entry.first, entry.second, topology));
        }
    }

    TopologyNode read_node(const YAML::Node& name,
                           const YAML::Node& map,
                           const Topology& topology) {
        only(map, {"kind",       "address",      "addresses", "host",     "home",
                   "label",      "external",     "runs_on",   "settings", "timers",
                   "transports", "capabilities", "database",  "msrp",     "msrps",
                   "http",       "https",        "priority",  "weight",   "services"});
        TopologyNode node;
        node.name = name.Scalar();
        node.kind = text(map, "kind", "");
        const Kind* kind = kind_of(node.kind);
        if (!kind)
            wrong(map["kind"] ? map["kind"] : name,
                  map["kind"] ? quoted(map["kind"]) : "no kind",
                  "one of pcscf, icscf, scscf, hss, plain-sip, as, sh_client");
        node.home = text(map, "home", topology.home);
        node.host = text(map, "host", node.name + "." + node.home);
        std::string label = node.name;
        if (kind && node.name.starts_with(kind->name))
            label = std::string(kind->label) + node.name.substr(kind->name.size());
        node.label = text(map, "label", label);
        if (const auto external = map["external"]) {
            node.external = external.IsScalar() && external.Scalar() == "true";
            if (!node.external && !(external.IsScalar() && external.Scalar() == "false"))
                wrong(external, quoted(external), "true or false");
        }
        read_host(map, node);
        if (const auto settings = map["settings"];
            settings && is_map(settings, "a map of settings"))
            node.settings = json_of(settings);
        for (const auto* key : {"timers", "capabilities"}) {
            if (const auto part = map[key]) node.settings[key] = json_of(part);
        }
        read_database(map, node);
        read_share(map, "priority", node, node.priority);
        read_share(map, "weight", node, node.weight);
        if (kind) read_addresses(name, map, *kind, node);
        read_msrp(map, node);
        read_http(map, node);
        if (const auto transports = map["transports"];
            transports && is_map(transports, "a map of lists of transports by reference point"))
            read_transports(transports, node, complain());
        return node;
    }

    void read_host(const YAML::Node& map, TopologyNode& node) {
        if (node.is_plain_sip()) node.runs_on = TopologyNode::kStock;
        node.runs_on = text(map, "runs_on", node.runs_on);
        const bool in_kamailio = node.runs_on == "kamailio" || node.is_stock();
        if (node.is_plain_sip() && !node.is_stock())
            wrong(
                map["runs_on"], quoted(map["runs_on"]), "stock-kamailio; plain SIP is Kamailio's");
        else if (node.runs_on != "asio" && !node.is_plain_sip() &&
                 (!in_kamailio || !node.is_cscf()))
            wrong(map["runs_on"],
                  quoted(map["runs_on"]),
                  node.kind == "hss" ? "asio; an HSS runs natively"
                  : !node.is_cscf()  ? "asio; it runs natively"
                                     : "asio, kamailio or stock-kamailio");
    }

    // After all nodes: a service may lead to one that stands below.
    void read_services(const YAML::Node& document, Topology& topology) {
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

    ServiceRoute read_service(const YAML::Node& name,
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

    void read_database(const YAML::Node& map, TopologyNode& node) {
        const auto line = text(map, "database", "");
        if (line.empty()) return;
        const auto url = host::DatabaseUrl::parse(line);
        if (node.kind != "hss" && node.kind != "as")
            wrong(map["database"], "a database", "one for an HSS or an application server");
        else if (!url)
            wrong(map["database"], url.error(), "sqlite://PATH or postgresql://USER@HOST/NAME");
        else
            node.settings["database"] = line;
    }

    // nullopt: it is none, which has been said.
    std::optional<std::uint16_t> port_of(const YAML::Node& value, const char* example) {
        const auto port =
            value.IsScalar() ? sip::to_number(value.Scalar()) : std::optional<std::uint32_t>();
        if (port && *port > 0 && *port <= 65'535) return static_cast<std::uint16_t>(*port);
        wrong(value, quoted(value), std::string("a port such as ") + example);
        return std::nullopt;
    }

    // Where an application server is an end of MSRP sessions; by TLS on another port.
    void read_msrp(const YAML::Node& map, TopologyNode& node) {
        const auto msrp = map["msrp"], msrps = map["msrps"];
        if ((msrp || msrps) && node.kind != "as")
            return wrong(msrp ? msrp : msrps, "msrp at a " + node.kind, "msrp at an as");
        if (msrp) {
            if (const auto parsed = address(msrp, kMsrpPort)) node.addresses["MSRP"] = *parsed;
        }
        if (!msrps) return;
        if (!msrp)
            wrong(msrps, "msrps without msrp", "msrp with an address");
        else if (const auto port = port_of(msrps, "2856"))
            node.transports["MSRP"][Transport::tls] = *port;
    }

    // Where it is asked by HTTP, and by HTTPS on another port.
    void read_http(const YAML::Node& map, TopologyNode& node) {
        const auto http = map["http"], https = map["https"];
        const auto point = http_point_of(node);
        if ((http || https) && node.kind != "as")
            return wrong(http ? http : https, "http at a " + node.kind, "http at an as");
        if (http) {
            if (const auto parsed = address(http, kHttpPort)) node.addresses[point] = *parsed;
        }
        if (!https) return;
        if (!http)
            wrong(https, "https without http", "http with an address");
        else if (const auto port = port_of(https, "8443"))
            node.transports[point][Transport::tls] = *port;
    }

    // Where an I-CSCF stands among those of its home network (RFC 2782).
    void read_share(const YAML::Node& map,
                    const char* key,
                    const TopologyNode& node,
                    std::uint16_t& target) {
        const auto said = map[key];
        if (!said) return;
        const auto number = json_of(said);
        if (node.kind != "icscf")
            wrong(said,
                  std::string("a ") + key + " at a " + node.kind,
                  "one at an I-CSCF: those of a home network share its users");
        else if (!number.is_number_unsigned() || number.get<std::uint64_t>() > 65'535)
            wrong(said, quoted(said), "a number from 0 to 65535");
        else
            target = number.get<std::uint16_t>();
    }

    void read_addresses(const YAML::Node& name,
                        const YAML::Node& map,
                        const Kind& kind,
                        TopologyNode& node) {
        const auto one = map["address"];
        const auto many = map["addresses"];
        if (!one && !many)
            return wrong(name, "no address for '" + node.name + "'", "address or addresses");
        if (one) {
            for (const auto point : kind.points) {
                if (const auto parsed = address(one, standard_port(point)))
                    node.addresses[std::string(point)] = *parsed;
                else
                    return;
            }
        }
        if (!many || !is_map(many, "a map of addresses by reference point")) return;
        for (const auto& entry : many) {
            const auto point = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
            if (std::find(kind.points.begin(), kind.points.end(), point) == kind.points.end()) {
                std::string expected = "a reference point of a " + std::string(kind.label) + ":";
                for (const auto known : kind.points) expected.append(" ").append(known);
                wrong(entry.first, quoted(entry.first), expected);
            } else if (const auto parsed = address(entry.second, standard_port(point))) {
                node.addresses[point] = *parsed;
            }
        }
        for (const auto point : kind.points) {
            if (!node.addresses.contains(std::string(point)))
                wrong(many,
                      "no address on " + std::string(point),
                      "an address on each reference point of a " + std::string(kind.label));
        }
    }

    void read_ues(const YAML::Node& document, Topology& topology) {
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

    void read_attachment(const YAML::Node& name,
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

    void check_addresses(const YAML::Node& document, const Topology& topology) {
        std::map<std::pair<Address, bool>, std::string> taken;  // an address, for Diameter or not
        const auto claim = [&](const Address& address,
                               bool diameter,
                               const std::string& owner,
                               const YAML::Node& at) {
            const auto [found, is_new] = taken.try_emplace({address, diameter}, owner);
            if (!is_new && found->second != owner)
                wrong(at,
                      address.to_string() + ", which '" + found->second + "' has",
                      "an address of its own for '" + owner + "'");
        };
        for (const auto& node : topology.nodes) {
            for (const auto& [point, address] : node.addresses)
                claim(address,
                      point == "Cx" || point == "Sh",
                      node.name,
                      document["nodes"][node.name]);
            for (const auto& [point, ports] : node.transports) {
                for (const auto& [transport, port] : ports)
                    claim(*node.address(point, transport),
                          false,
                          node.name + " (" + name_of(transport) + ")",
                          document["nodes"][node.name]);
            }
        }
        for (const auto& ue : topology.ues)
            claim(ue.address, false, ue.name, document["ues"][ue.name]);
    }

    std::string file_;
};

}  // namespace

const Address* TopologyNode::sip_address() const {
    const auto at = [&](std::string_view point) -> const Address* {
        const auto found = addresses.find(std::string(point));
        return found == addresses.end() ? nullptr : &found->second;
    };
    if (serves_phones()) return at(is_plain_sip() ? "SIP" : "Gm");
    constexpr std::array<std::string_view, 7> kNoSip{
        "Cx", "Sh", "Rf", "Ro", "Ut", "Ub", "API"};
    for (const auto& [point, address] : addresses) {
        if (std::find(kNoSip.begin(), kNoSip.end(), point) == kNoSip.end()) return &address;
    }
    return nullptr;
}

bool Topology::is_plain_sip() const {
    return std::any_of(
        nodes.begin(), nodes.end(), [](const auto& node) { return node.is_plain_sip(); });
}

const TopologyNode* Topology::node(std::string_view name_or_label) const {
    for (const auto& node : nodes) {
        if (node.name == name_or_label || node.label == name_or_label) return &node;
    }
    return nullptr;
}

const TopologyUe* Topology::ue(std::string_view wanted) const {
    for (const auto& ue : ues) {
        if (ue.name == wanted) return &ue;
    }
    return nullptr;
}

std::optional<std::string> Topology::lifeline_at(const Address& address) const {
    for (const auto& node : nodes) {
        for (const auto& [point, own] : node.addresses) {
            if (own == address) return node.label;
        }
    }
    for (const auto& ue : ues) {
        if (ue.address == address) return ue.name;
    }
    for (const auto& node : nodes) {
        for (const auto& [point, own] : node.addresses) {
            if (own.ip == address.ip) return node.label;
        }
    }
    for (const auto& ue : ues) {
        if (ue.address.ip == address.ip) return ue.name;
    }
    return std::nullopt;
}

Hosts Topology::hosts() const {
    Hosts table;
    for (const auto& node : nodes) {
        const auto mw = node.addresses.find("Mw");
        const auto& address =
            mw != node.addresses.end() ? mw->second : node.addresses.begin()->second;
        table[node.host] = address;
        if (node.kind == "icscf") table[node.home].add({address, node.priority, node.weight});
        if (node.is_plain_sip()) table.try_emplace(node.home, address);
    }
    return table;
}

std::vector<std::string> Topology::domains() const {
    std::set<std::string> all;
    for (const auto& node : nodes) {
        if (node.kind == "hss") all.insert(node.home);
    }
    if (all.empty()) all.insert(home);
    return {all.begin(), all.end()};
}

Checked<Topology> Topology::parse(std::string_view yaml, const std::string& file) {
    Reader reader(file);
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

std::string topology_file(std::string_view name_or_path) {
    if (name_or_path.find('/') != std::string_view::npos || name_or_path.ends_with(".yaml"))
        return std::string(name_or_path);
    return (fs::path(root_folder()) / "scenarios" / "topologies" /
            (std::string(name_or_path) + ".yaml"))
        .string();
}

}  // namespace imslab::lab
