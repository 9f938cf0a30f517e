// Parameters become the keys of the configuration file that the native host reads: one reader, one
// set of sentences about mistakes.
#include "hosts/kamailio/setup.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <set>

#include "hosts/asio/log.h"
#include "hosts/nodes/assemble.h"

namespace imslab::kamailio {
namespace {

using nlohmann::json;

const std::set<std::string_view> kRoles{"pcscf", "icscf", "scscf"};

std::string wrong(const ims_parameter& parameter, const std::string& expected) {
    return std::string("parameter ") + parameter.name + " is \"" + parameter.value +
           "\"; expected " + expected;
}

// "name=value"
bool split(std::string_view text, std::string& name, std::string& value) {
    const auto at = text.find('=');
    if (at == std::string_view::npos || at == 0) return false;
    name = text.substr(0, at);
    value = text.substr(at + 1);
    return true;
}

// What looks like JSON is that, all else is text.
json value_of(const std::string& text) {
    json value = json::parse(text, nullptr, false);
    return value.is_discarded() ? json(text) : value;
}

std::string read_file(const ims_parameter& parameter, json& into) {
    std::ifstream file(parameter.value, std::ios::binary);
    if (!file) return wrong(parameter, "a file that can be read");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    into = json::parse(text, nullptr, false);
    return into.is_object() ? std::string() : wrong(parameter, "a JSON object in that file");
}

// The parameter that an address is said by.
std::string parameter_of(const std::string& point) {
    return point == "Gm" ? "gm" : point == "Mw" ? "mw" : "cx";
}

// Parameters whose value is one key's.
std::string simple_key(std::string_view name) {
    if (name == "role") return "/kind";
    if (name == "name") return "/node";
    if (name == "host" || name == "trace" || name == "log" || name == "log_level" ||
        name == "control")
        return "/" + std::string(name);
    if (name == "gm") return "/addresses/Gm";
    if (name == "mw") return "/addresses/Mw";
    if (name == "cx") return "/addresses/Cx";
    if (name == "gm_tls" || name == "gm_ws" || name == "gm_wss")
        return "/transports/Gm/" + std::string(name.substr(3));
    if (name == "diameter_identity") return "/diameter/identity";
    if (name == "diameter_realm") return "/diameter/realm";
    return {};
}

std::string apply(const ims_parameter& parameter, json& into) {
    const std::string_view name = parameter.name;
    if (const auto key = simple_key(name); !key.empty()) {
        // Of all of them ports alone are numbers.
        const bool is_port = key.starts_with("/transports");
        const json value = is_port ? value_of(parameter.value) : json(parameter.value);
        if (is_port && !value.is_number_unsigned()) return wrong(parameter, "a port");
        into[json::json_pointer(key)] = value;
        return {};
    }
    std::string key, value;
    if (name == "domain") {
        into["domains"].push_back(parameter.value);
    } else if (name == "resolve") {
        if (!split(parameter.value, key, value))
            return wrong(parameter, "host=address, as icscf.example=127.1.2.1:5060");
        into["hosts"][key] = value;
    } else if (name == "hss") {
        if (!split(parameter.value, key, value))
            return wrong(parameter, "identity=address, as hss.example=127.1.4.1:3868");
        json peer;
        peer["identity"] = key;
        peer["address"] = value;
        into["diameter"]["peers"].push_back(std::move(peer));
    } else if (name == "setting") {
        if (!split(parameter.value, key, value))
            return wrong(parameter, "key=value, as max_contacts=10");
        into["settings"][key] = value_of(value);
    } else if (name == "seed" || name == "ready_fd") {
        const json number = value_of(parameter.value);
        if (!number.is_number_unsigned()) return wrong(parameter, "a whole number");
        into[std::string(name)] = number;
    }
    return {};
}

// What need not be said.
void complete(json& object, const std::string& runtime_folder) {
    const std::string kind = object.value("kind", "");
    if (!object.contains("node")) object["node"] = kind;
    if (!object.contains("control")) object["control"] = runtime_folder + "/ims_" + kind + ".sock";
    const auto diameter = object.find("diameter");
    if (diameter == object.end()) return;
    if (!diameter->contains("identity") && object.contains("host"))
        (*diameter)["identity"] = object["host"];
    if (!diameter->contains("realm") && !object["domains"].empty())
        (*diameter)["realm"] = object["domains"][0];
    if (!diameter->contains("peers")) return;
    for (auto& peer : (*diameter)["peers"]) {
        if (!peer.contains("realm")) peer["realm"] = diameter->value("realm", "");
    }
}

Result<void, std::string> check(const host::NodeConfig& config) {
    const auto needs = config.kind == "pcscf" ? std::vector<std::string>{"Gm", "Mw"}
                                              : std::vector<std::string>{"Mw", "Cx"};
    for (const auto& point : needs) {
        if (!config.addresses.contains(point))
            return failure("no address for " + point + ": expected the parameter " +
                           parameter_of(point));
    }
    if (config.kind != "pcscf" && config.diameter_peers.empty())
        return failure(std::string("no HSS: expected the parameter hss"));
    if (auto log = host::NodeLog::open(config.node, "/dev/null", config.log_level); !log)
        return failure(log.error());
    if (config.kind == "pcscf") return host::check_pcscf(config);
    if (config.kind == "icscf") return host::check_icscf(config);
    return host::check_scscf(config);
}

}  // namespace

Result<host::NodeConfig, std::string> configuration(std::span<const ims_parameter> parameters,
                                                    const std::string& runtime_folder) {
    json object = json::object();
    for (const auto& parameter : parameters) {
        if (std::string_view(parameter.name) != "config") continue;
        if (auto mistake = read_file(parameter, object); !mistake.empty()) return failure(mistake);
    }
    for (const auto& parameter : parameters) {
        if (std::string_view(parameter.name) == "role" && !kRoles.contains(parameter.value))
            return failure(wrong(parameter, "pcscf, icscf or scscf"));
        if (auto mistake = apply(parameter, object); !mistake.empty()) return failure(mistake);
    }
    if (!object.contains("kind"))
        return failure(std::string("no role: expected the parameter role, pcscf, icscf or scscf"));
    complete(object, runtime_folder);
    auto config = host::NodeConfig::from_json(object);
    if (!config) return config;
    if (const auto checked = check(*config); !checked) return failure(checked.error());
    return config;
}

std::string missing_socket(const host::NodeConfig& config,
                           const std::function<bool(const Flow& from)>& listens) {
    const auto has = [&](Transport transport, const Address& local) {
        return listens({transport, local, {local.ip, 0}});
    };
    for (const auto* point : {"Gm", "Mw"}) {
        const auto local = config.addresses.find(point);
        if (local == config.addresses.end()) continue;
        if (!has(Transport::udp, local->second) && !has(Transport::tcp, local->second))
            return fmt::format(
                "parameter {} is \"{}\"; expected one of Kamailio's listen addresses",
                parameter_of(point),
                local->second.to_string());
        const auto others = config.transports.find(point);
        if (others == config.transports.end()) continue;
        for (const auto& [transport, port] : others->second) {
            const Address address{local->second.ip, port};
            if (!has(transport, address))
                return fmt::format("for {} Kamailio does not listen on {}; expected listen={}:{}",
                                   to_string(transport),
                                   address.to_string(),
                                   transport == Transport::ws ? "tcp" : "tls",
                                   address.to_string());
        }
    }
    return {};
}

}  // namespace imslab::kamailio
