// RFC 3261 §19.1.2, RFC 7118 §5.5: the ports that need not be said.
#include "lab/topology_transports.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "core/transports.h"
#include "lab/soft_phone.h"
#include "sip/params.h"

namespace imslab::lab {

namespace {

std::uint16_t standard_port(Transport transport) {
    if (transport == Transport::ws) return 8080;  // 80 and 443 would need privileges
    return transport == Transport::wss ? 8443 : 5061;
}

std::string quoted(const YAML::Node& node) {
    if (node.IsScalar()) return "'" + node.Scalar() + "'";
    return node.IsMap() ? "a map" : node.IsSequence() ? "a list" : "nothing";
}

// "tls" or "tls:5071"
void read_transport(const YAML::Node& one,
                    const std::string& point,
                    TopologyNode& node,
                    std::set<Transport>& named,
                    const Complain& wrong) {
    const auto text = one.IsScalar() ? one.Scalar() : std::string();
    const auto colon = std::min(text.find(':'), text.size());
    const auto transport = transport_from(text.substr(0, colon));
    const bool says_port = colon < text.size();
    const auto port = says_port ? sip::to_number(text.substr(colon + 1)) : std::nullopt;
    const bool is_port = port && *port > 0 && *port <= 65'535;
    if (!transport || (says_port && !is_port))
        return wrong(one, quoted(one), "one of udp, tcp, tls, ws, wss, with a port as in wss:9443");
    if (!named.insert(*transport).second)
        return wrong(one, quoted(one) + " a second time", "each transport once");
    if (is_opened_by_peer(*transport)) {
        node.transports[point][*transport] =
            says_port ? static_cast<std::uint16_t>(*port) : standard_port(*transport);
    } else if (says_port) {
        wrong(one, quoted(one), "the port of udp and tcp in the address of " + point);
    }
}

}  // namespace

std::string name_of(Transport transport) {
    std::string name(to_string(transport));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return name;
}

void read_transports(const YAML::Node& map, TopologyNode& node, const Complain& wrong) {
    for (const auto& entry : map) {
        const auto point = entry.first.IsScalar() ? entry.first.Scalar() : std::string();
        if (point != "Gm" || node.kind != "pcscf") {
            wrong(entry.first,
                  "transports of " + quoted(entry.first) + " on a " + node.kind,
                  "those of Gm on a pcscf; between nodes there are UDP and TCP");
            continue;
        }
        if (!entry.second.IsSequence()) {
            wrong(entry.second, quoted(entry.second), "a list like [udp, tcp, tls, ws, wss]");
            continue;
        }
        std::set<Transport> named;
        for (const auto& one : entry.second) read_transport(one, point, node, named, wrong);
        for (const auto needed : {Transport::udp, Transport::tcp}) {
            if (!named.contains(needed))
                wrong(entry.second,
                      "no " + name_of(needed),
                      "udp and tcp among them: RFC 3261 §18 asks for both");
        }
    }
}

namespace {

using Driver = TopologyUe::Driver;

const std::vector<std::pair<std::string, Driver>> kDrivers{{"lab", Driver::lab},
                                                           {"sipp", Driver::sipp},
                                                           {"browser", Driver::browser},
                                                           {"baresip", Driver::baresip},
                                                           {"linphone", Driver::linphone}};

void read_ue_transport(const YAML::Node& at,
                       const TopologyNode& pcscf,
                       TopologyUe& ue,
                       const Complain& wrong) {
    const auto transport = at.IsScalar() ? transport_from(at.Scalar()) : std::nullopt;
    std::string expected = "a transport of " + pcscf.name + " on Gm: udp, tcp";
    if (const auto also = pcscf.transports.find("Gm"); also != pcscf.transports.end()) {
        for (const auto& [known, port] : also->second) expected += ", " + name_of(known);
    }
    if (!transport || (*transport != Transport::udp && !pcscf.address("Gm", *transport)))
        return wrong(at, quoted(at), expected);
    ue.transport = *transport;
}

}  // namespace

void read_ue_driver(const YAML::Node& map,
                    const TopologyNode* pcscf,
                    TopologyUe& ue,
                    const Complain& wrong) {
    const auto at = map["driver"];
    const auto name = !at ? "lab" : at.IsScalar() ? at.Scalar() : std::string();
    const auto known = std::find_if(
        kDrivers.begin(), kDrivers.end(), [&](const auto& one) { return one.first == name; });
    if (known == kDrivers.end())
        return wrong(at, quoted(at), "lab, sipp, browser, baresip or linphone");
    ue.driver = known->second;
    if (pcscf && map["transport"]) read_ue_transport(map["transport"], *pcscf, ue, wrong);
    const bool browser = ue.driver == Driver::browser;
    if (browser && !is_web_socket(ue.transport))
        wrong(map["transport"] ? map["transport"] : at,
              "a browser by " + name_of(ue.transport),
              "transport: ws or wss; a browser has no other");
    if (ue.driver != Driver::lab && !browser && ue.transport != Transport::udp)
        wrong(map["transport"],
              quoted(map["transport"]),
              "udp: " + name + " speaks nothing else here");
    if (is_soft_phone(ue.driver) && ue.password.empty())
        wrong(at, "a " + name + " phone without a password", "password: it has no USIM");
}

bool TopologyNode::has_certificate() const {
    for (const auto& [point, ports] : transports) {
        for (const auto& [transport, port] : ports) {
            if (is_secure(transport)) return true;
        }
    }
    return false;
}

namespace {

template <class Fits>
bool any_enabler(const nlohmann::json& settings, Fits fits) {
    const auto enablers = settings.find("enablers");
    if (enablers == settings.end() || !enablers->is_object()) return false;
    for (const auto& [name, enabler] : enablers->items()) {
        if (enabler.is_object() && fits(name, enabler)) return true;
    }
    return false;
}

}  // namespace

bool TopologyNode::hosts(std::string_view enabler_kind) const {
    return any_enabler(settings, [&](const std::string& name, const nlohmann::json& enabler) {
        const auto said = enabler.find("kind");
        return said == enabler.end() ? name == enabler_kind : *said == enabler_kind;
    });
}

bool TopologyNode::has_enabler_with(const std::string& setting) const {
    return any_enabler(settings, [&](const std::string&, const nlohmann::json& enabler) {
        const auto said = enabler.find(setting);
        return said != enabler.end() && *said == true;
    });
}

std::optional<Address> TopologyNode::address(const std::string& point, Transport transport) const {
    const auto found = addresses.find(point);
    if (found == addresses.end()) return std::nullopt;
    if (!is_opened_by_peer(transport)) return found->second;
    const auto also = transports.find(point);
    if (also == transports.end()) return std::nullopt;
    const auto port = also->second.find(transport);
    if (port == also->second.end()) return std::nullopt;
    return Address{found->second.ip, port->second};
}

}  // namespace imslab::lab
