// The JSON file that tells a node process what it is.
#include "hosts/asio/config.h"

#include <fstream>
#include <iterator>
#include <set>

#include "core/transports.h"
#include "hosts/asio/resolve.h"

namespace imslab::host {
namespace {

using nlohmann::json;

// Reads keys of one object; keeps the first mistake.
class Reader {
public:
    Reader(const json& object, std::string where) : object_(object), where_(std::move(where)) {}

    const json* find(const std::string& key) {
        known_.insert(key);
        const auto found = object_.find(key);
        return found == object_.end() ? nullptr : &*found;
    }
    void text(const std::string& key, std::string& target, bool required = false) {
        const json* value = find(key);
        if (value == nullptr) {
            if (required) wrong(key, "is missing");
            return;
        }
        if (!value->is_string()) return wrong(key, "is " + value->dump() + "; expected a text");
        target = value->get<std::string>();
    }
    void address(const std::string& key, const json& value, Address& target) {
        const auto found = address_of(value.is_string() ? value.get<std::string>() : "");
        if (found)
            target = *found;
        else
            wrong(key, "is " + value.dump() + "; " + found.error());
    }
    // Of 16 bits; as it is if the key is absent.
    void number(const std::string& key, std::uint16_t& target) {
        const json* value = find(key);
        if (value == nullptr) return;
        if (!value->is_number_unsigned() || value->get<std::uint64_t>() > 65'535)
            return wrong(key, "is " + value->dump() + "; expected a number from 0 to 65535");
        target = value->get<std::uint16_t>();
    }
    // Each member of the object under `key`.
    template <class Each>
    void members(const std::string& key, Each each) {
        const json* value = find(key);
        if (value == nullptr) return;
        if (!value->is_object()) return wrong(key, "is " + value->dump() + "; expected an object");
        for (const auto& [name, member] : value->items()) each(name, member);
    }
    void wrong(const std::string& key, const std::string& what) {
        if (mistake_.empty()) mistake_ = where_ + key + " " + what;
    }
    std::string finish() {
        for (const auto& [key, value] : object_.items()) {
            if (!known_.contains(key)) wrong(key, "is not known");
        }
        return mistake_;
    }

private:
    const json& object_;
    std::string where_;
    std::set<std::string> known_;
    std::string mistake_;
};

std::string read_peer(const json& value, const std::string& where, DiameterPeer& peer) {
    if (!value.is_object()) return where + " is " + value.dump() + "; expected an object";
    Reader reader(value, where + ".");
    reader.text("identity", peer.identity, true);
    reader.text("realm", peer.realm, true);
    if (const json* address = reader.find("address")) {
        reader.address("address", *address, peer.address);
    } else {
        reader.wrong("address", "is missing");
    }
    if (const json* connects = reader.find("connects")) {
        if (!connects->is_boolean())
            reader.wrong("connects", "is " + connects->dump() + "; expected true or false");
        else
            peer.connects = connects->get<bool>();
    }
    const json* serves = reader.find("serves");
    for (const auto& one : serves == nullptr ? json::array() : *serves) {
        if (!one.is_string())
            reader.wrong("serves", "is " + serves->dump() + "; expected a list of applications");
        else
            peer.serves.push_back(one.get<std::string>());
    }
    return reader.finish();
}

// One address of several.
std::string read_host_address(const json& value, const std::string& where, Host& host) {
    if (!value.is_object())
        return where + " is " + value.dump() + R"(; expected {"address": "127.1.2.1:5060"})";
    HostAddress one;
    Reader reader(value, where + ".");
    if (const json* address = reader.find("address"))
        reader.address("address", *address, one.address);
    else
        reader.wrong("address", "is missing");
    reader.number("priority", one.priority);
    reader.number("weight", one.weight);
    host.add(one);
    return reader.finish();
}

// An address, or a list of several (RFC 2782).
std::string read_host(const json& value, const std::string& where, Host& host) {
    if (!value.is_array()) {
        const auto found = address_of(value.is_string() ? value.get<std::string>() : "");
        if (!found) return where + " is " + value.dump() + "; " + found.error();
        host = *found;
        return {};
    }
    if (value.empty()) return where + " is an empty list; expected one address at least";
    for (std::size_t i = 0; i < value.size(); ++i) {
        auto mistake = read_host_address(value[i], where + "[" + std::to_string(i) + "]", host);
        if (!mistake.empty()) return mistake;
    }
    return {};
}

std::string read_diameter(const json& value, NodeConfig& config) {
    if (!value.is_object()) return "diameter is " + value.dump() + "; expected an object";
    Reader reader(value, "diameter.");
    reader.text("identity", config.diameter_identity, true);
    reader.text("realm", config.diameter_realm, true);
    if (const json* peers = reader.find("peers")) {
        if (!peers->is_array()) return "diameter.peers is " + peers->dump() + "; expected a list";
        for (std::size_t i = 0; i < peers->size(); ++i) {
            auto mistake = read_peer((*peers)[i],
                                     "diameter.peers[" + std::to_string(i) + "]",
                                     config.diameter_peers.emplace_back());
            if (!mistake.empty()) return mistake;
        }
    }
    return reader.finish();
}

std::string read_ports(const json& value, const std::string& where, TransportPorts& ports) {
    if (!value.is_object()) return where + " is " + value.dump() + R"(; expected {"tls": 5061})";
    for (const auto& [name, port] : value.items()) {
        const auto transport = transport_from(name);
        if (!transport || !is_opened_by_peer(*transport))
            return where + "." + name + " is not known; expected tls, ws or wss";
        if (!port.is_number_unsigned() || port.get<std::uint64_t>() > 65'535)
            return where + "." + name + " is " + port.dump() + "; expected a port";
        ports[*transport] = port.get<std::uint16_t>();
    }
    return {};
}

std::string read_tls(const json& value, TlsFiles& tls) {
    if (!value.is_object()) return "tls is " + value.dump() + "; expected an object";
    Reader reader(value, "tls.");
    reader.text("certificate", tls.certificate, true);
    reader.text("key", tls.key, true);
    return reader.finish();
}

// Ports of a reference point without an address are found before anything is opened. Certificates
// are the business of who listens.
std::string check_transports(const NodeConfig& config) {
    for (const auto& [point, ports] : config.transports) {
        if (!config.addresses.contains(point))
            return "transports." + point + " has no address; expected addresses." + point;
    }
    return {};
}

std::string read(const json& object, NodeConfig& config) {
    if (!object.is_object()) return "is no JSON object";
    Reader reader(object, "");
    reader.text("node", config.node, true);
    reader.text("kind", config.kind, true);
    reader.text("host", config.host);
    reader.members("addresses", [&](const std::string& name, const json& value) {
        reader.address("addresses." + name, value, config.addresses[name]);
    });
    std::string mistake;
    reader.members("hosts", [&](const std::string& name, const json& value) {
        if (mistake.empty()) mistake = read_host(value, "hosts." + name, config.hosts[name]);
    });
    reader.members("transports", [&](const std::string& name, const json& value) {
        if (mistake.empty())
            mistake = read_ports(value, "transports." + name, config.transports[name]);
    });
    if (const json* tls = reader.find("tls"); tls != nullptr && mistake.empty())
        mistake = read_tls(*tls, config.tls);
    if (mistake.empty()) mistake = check_transports(config);
    if (!mistake.empty()) return mistake;
    if (const json* domains = reader.find("domains")) {
        if (!domains->is_array()) reader.wrong("domains", "is no list");
        for (const auto& domain : *domains) {
            if (!domain.is_string()) {
                reader.wrong("domains", "has " + domain.dump() + "; expected a text");
            } else {
                config.domains.push_back(domain.get<std::string>());
            }
        }
    }
    reader.text("database", config.database);
    reader.text("trace", config.trace);
    reader.text("log", config.log);
    reader.text("log_level", config.log_level);
    reader.text("control", config.control);
    if (const json* fd = reader.find("ready_fd")) {
        if (!fd->is_number_integer())
            reader.wrong("ready_fd", "is no number");
        else
            config.ready_fd = fd->get<int>();
    }
    if (const json* seed = reader.find("seed")) {
        if (!seed->is_number_unsigned())
            reader.wrong("seed", "is no whole number");
        else
            config.seed = seed->get<std::uint64_t>();
    }
    if (const json* dies = reader.find("dies_at_message")) {
        if (!dies->is_number_unsigned())
            reader.wrong("dies_at_message", "is no whole number");
        else
            config.dies_at_message = dies->get<std::uint64_t>();
    }
    config.settings = json::object();
    if (const json* settings = reader.find("settings")) {
        if (!settings->is_object())
            reader.wrong("settings", "is no object");
        else
            config.settings = *settings;
    }
    if (const json* diameter = reader.find("diameter")) {
        mistake = read_diameter(*diameter, config);
        if (!mistake.empty()) return mistake;
    }
    return reader.finish();
}

}  // namespace

Result<NodeConfig, std::string> NodeConfig::load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return failure("cannot read the configuration " + path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const json object = json::parse(text, nullptr, false);
    if (object.is_discarded()) {
        std::string what;  // the exception alone knows where
        try {
            const json never = json::parse(text);
        } catch (const json::parse_error& error) {
            what = error.what();
        }
        return failure(path + ": not JSON: " + what);
    }
    auto config = from_json(object);
    if (!config) return failure(path + ": " + config.error());
    return config;
}

Result<NodeConfig, std::string> NodeConfig::from_json(const json& object) {
    NodeConfig config;
    std::string mistake = read(object, config);
    if (!mistake.empty()) return failure(std::move(mistake));
    return config;
}

}  // namespace imslab::host
