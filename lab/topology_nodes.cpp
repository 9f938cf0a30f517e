// The nodes of a topology file: their kinds, where they listen, what else is said of them.
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "hosts/store/database_url.h"
#include "lab/http_point.h"
#include "lab/topology_reader.h"
#include "sip/params.h"

namespace imslab::lab {

struct NodeKind {
    std::string_view name, label;
    std::vector<std::string_view> points;  // reference points on which it listens or connects
};

namespace {

const std::vector<NodeKind>& kinds() {
    static const std::vector<NodeKind> all{{"pcscf", "P-CSCF", {"Gm", "Mw"}},
                                           {"icscf", "I-CSCF", {"Mw", "Cx"}},
                                           {"scscf", "S-CSCF", {"Mw", "Cx"}},
                                           {"hss", "HSS", {"Cx"}},
                                           {"plain-sip", "Proxy", {"SIP"}},
                                           {"as", "AS", {"ISC", "Sh"}},
                                           {"sh_client", "AS", {"Sh"}}};
    return all;
}
const NodeKind* kind_of(std::string_view name) {
    for (const auto& kind : kinds()) {
        if (kind.name == name) return &kind;
    }
    return nullptr;
}

constexpr std::uint16_t kSipPort = 5060;
constexpr std::uint16_t kDiameterPort = 3868;
constexpr std::uint16_t kMsrpPort = 2855;
constexpr std::uint16_t kHttpPort = 8080;  // 80 would need privileges

std::uint16_t standard_port(std::string_view point) {
    return point == "Cx" || point == "Sh" ? kDiameterPort : kSipPort;
}

}  // namespace

void TopologyReader::read_nodes(const YAML::Node& document, Topology& topology) {
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

TopologyNode TopologyReader::read_node(const YAML::Node& name,
                                       const YAML::Node& map,
                                       const Topology& topology) {
    only(map,
         {"kind",    "address",  "addresses", "host",       "home",         "label",    "external",
          "runs_on", "settings", "timers",    "transports", "capabilities", "database", "msrp",
          "msrps",   "http",     "https",     "priority",   "weight",       "services"});
    TopologyNode node;
    node.name = name.Scalar();
    node.kind = text(map, "kind", "");
    const NodeKind* kind = kind_of(node.kind);
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
    if (const auto settings = map["settings"]; settings && is_map(settings, "a map of settings"))
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

void TopologyReader::read_host(const YAML::Node& map, TopologyNode& node) {
    if (node.is_plain_sip()) node.runs_on = TopologyNode::kStock;
    node.runs_on = text(map, "runs_on", node.runs_on);
    const bool in_kamailio = node.runs_on == "kamailio" || node.is_stock();
    if (node.is_plain_sip() && !node.is_stock())
        wrong(map["runs_on"], quoted(map["runs_on"]), "stock-kamailio; plain SIP is Kamailio's");
    else if (node.runs_on != "asio" && !node.is_plain_sip() && (!in_kamailio || !node.is_cscf()))
        wrong(map["runs_on"],
              quoted(map["runs_on"]),
              node.kind == "hss" ? "asio; an HSS runs natively"
              : !node.is_cscf()  ? "asio; it runs natively"
                                 : "asio, kamailio or stock-kamailio");
}

void TopologyReader::read_database(const YAML::Node& map, TopologyNode& node) {
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
std::optional<std::uint16_t> TopologyReader::port_of(const YAML::Node& value, const char* example) {
    const auto port =
        value.IsScalar() ? sip::to_number(value.Scalar()) : std::optional<std::uint32_t>();
    if (port && *port > 0 && *port <= 65'535) return static_cast<std::uint16_t>(*port);
    wrong(value, quoted(value), std::string("a port such as ") + example);
    return std::nullopt;
}

// Where an application server is an end of MSRP sessions; by TLS on another port.
void TopologyReader::read_msrp(const YAML::Node& map, TopologyNode& node) {
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
void TopologyReader::read_http(const YAML::Node& map, TopologyNode& node) {
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
void TopologyReader::read_share(const YAML::Node& map,
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

void TopologyReader::read_addresses(const YAML::Node& name,
                                    const YAML::Node& map,
                                    const NodeKind& kind,
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

}  // namespace imslab::lab
