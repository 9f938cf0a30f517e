// The settings of an application server, and its services.
#include <map>
#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/enablers.h"
#include "as/gba/bootstrapping_server.h"
#include "as/messaging/messaging.h"
#include "as/messaging/msrp_relay.h"
#include "as/presence/presence_settings.h"
#include "as/xdm/aggregation_proxy.h"
#include "as/xdm/xdm_server.h"
#include "gateways/interaction/gateway.h"
#include "gateways/interconnection/gateway.h"
#include "hosts/asio/http_client.h"
#include "hosts/asio/http_service.h"
#include "hosts/asio/settings.h"
#include "hosts/authority/authority.h"
#include "hosts/diameter/service.h"
#include "hosts/nodes/assemble.h"
#include "hosts/nodes/provide_documents.h"
#include "hosts/nodes/provide_messages.h"
#include "hosts/xmpp/component_service.h"
#include "msrp/fingerprint.h"

namespace imslab::host {
namespace {

struct Read {
    as::Config config;
    std::vector<as::EnablerRecipe> enablers;
    std::string messaging_name;  // empty: this server keeps no messages
    messaging::MessagingSettings messaging;
    std::string xdm_name;  // empty: this server keeps no documents
    xdm::XdmSettings xdm;
    std::vector<std::string> xdm_identities;
    HttpLimits http;
    bool sends_http_on = false;  // an aggregation proxy
    bool bootstraps = false;     // a bootstrapping server: others ask it on Zn
    std::optional<ComponentSettings> component;  // of an XMPP server
    bool relays = false;         // MSRP
    std::string authority;       // who vouches for other relays
};

// One enabler of the topology: its name, its map, and what it asks of its node.
struct Description {
    const std::string& name;
    const nlohmann::json& map;
    const NodeConfig& node;

    std::string where() const { return "settings.enablers." + name; }
    // "kind", or else the name says what it is.
    std::string kind() const {
        const auto said = map.find("kind");  // the end, if it is no map
        return said != map.end() && said->is_string() ? said->get<std::string>() : name;
    }
    Result<void, std::string> asks_for_ut() const {
        if (node.addresses.contains("Ut")) return {};
        return failure(where() + ": found no address on Ut, expected http in the topology");
    }
    Result<void, std::string> asks_for_database() const {
        if (!node.database.empty()) return {};
        return failure(where() + ": found no database, expected the key database");
    }
};

Result<void, std::string> read_xdm(const Description& from, Read& read) {
    if (!read.xdm_name.empty())
        return failure(from.where() + ": found a second XDM server, expected one in a process");
    if (auto ok = from.asks_for_ut(); !ok) return ok;
    if (auto ok = from.asks_for_database(); !ok) return ok;
    auto settings = xdm::read_xdm_settings(from.map);
    if (!settings) return failure(from.where() + "." + settings.error());
    read.xdm_name = from.name;
    read.xdm = *std::move(settings);
    read.xdm.xcap.root_uri = "http://" + from.node.host + ":" +
                             std::to_string(from.node.addresses.at("Ut").port) +
                             read.xdm.xcap.root + "/";
    if (const auto known = from.map.find("identities"); known != from.map.end()) {
        for (const auto& one : known->is_array() ? *known : nlohmann::json::array({*known})) {
            if (!one.is_string()) return failure(from.where() + ".identities: expected URIs");
            read.xdm_identities.push_back(one.get<std::string>());
        }
    }
    // What a request is around its document.
    read.http.message.body_octets = read.xdm.xcap.xml.octets;
    return {};
}

Result<void, std::string> read_proxy(const Description& from, Read& read) {
    if (auto ok = from.asks_for_ut(); !ok) return ok;
    auto settings = xdm::read_proxy_settings(from.map);
    if (!settings) return failure(from.where() + "." + settings.error());
    as::EnablerRecipe recipe;
    recipe.name = from.name;
    recipe.make = [name = from.name, proxy = *std::move(settings)](as::Services& services) {
        return xdm::make_aggregation_proxy(services, name, proxy);
    };
    read.enablers.push_back(std::move(recipe));
    read.sends_http_on = true;
    return {};
}

Result<void, std::string> read_bootstrapping(const Description& from, Read& read) {
    if (!from.node.addresses.contains("Ub"))
        return failure(from.where() + ": found no address on Ub, expected http in the topology");
    auto settings = gba::read_server_settings(from.map);
    if (!settings) return failure(from.where() + "." + settings.error());
    as::EnablerRecipe recipe;
    recipe.name = from.name;
    recipe.make = [name = from.name, bsf = *std::move(settings)](as::Services& services) {
        return gba::make_bootstrapping_server(services, name, bsf);
    };
    read.enablers.push_back(std::move(recipe));
    read.bootstraps = true;
    return {};
}

// What is pushed to web clients comes to the node by the address of its HTTP.
void tell_of_web_streams(const NodeConfig& node, as::Config& config) {
    const auto& address = node.addresses.at("API");
    config.http.insert(address);
    const auto ports = node.transports.find("API");
    if (ports == node.transports.end()) return;
    for (const auto& [transport, port] : ports->second)
        config.http.insert(Address{address.ip, port});
}

Result<void, std::string> read_interaction(const Description& from, Read& read) {
    if (!from.node.addresses.contains("API"))
        return failure(from.where() + ": found no address for web applications, expected http in "
                                      "the topology");
    auto settings = interaction::read_gateway_settings(from.name, from.map);
    if (!settings) return failure("settings." + settings.error());
    if (settings->url.empty())
        settings->url = "http://" + from.node.host + ":" +
                        std::to_string(from.node.addresses.at("API").port);
    as::EnablerRecipe recipe;
    recipe.name = from.name;
    recipe.make = [name = from.name, gateway = *std::move(settings)](as::Services& services) {
        return interaction::make_gateway(services, name, gateway);
    };
    read.enablers.push_back(std::move(recipe));
    tell_of_web_streams(from.node, read.config);
    return {};
}

Result<void, std::string> read_messaging(const Description& from, Read& read) {
    if (!read.messaging_name.empty())
        return failure(from.where() +
                       ": found a second messaging server, expected one in a process");
    if (auto ok = from.asks_for_database(); !ok) return ok;
    auto settings = messaging::read_messaging_settings(from.map);
    if (!settings) return failure(from.where() + "." + settings.error());
    const auto by_tls = from.node.transports.find("MSRP");
    if (settings->session_tls == messaging::SessionTls::always &&
        (by_tls == from.node.transports.end() || !by_tls->second.contains(Transport::tls)))
        return failure(from.where() +
                       ".session_tls: found always without MSRP over TLS, expected msrps: PORT");
    read.messaging_name = from.name;
    read.messaging = *std::move(settings);
    return {};
}

// The gateway to an XMPP server, whose component it is.
Result<void, std::string> read_interconnection(const Description& from, Read& read) {
    if (read.component)
        return failure(from.where() + ": found a second gateway to XMPP, expected one in a process");
    auto settings = interconnection::read_settings(from.name, from.map);
    if (!settings) return failure("settings." + settings.error());
    if (settings->domain.empty() && !from.node.domains.empty())
        settings->domain = from.node.domains.front();
    ComponentSettings component;
    component.server = settings->server;
    component.domain = settings->domain;
    component.secret = settings->secret;
    component.longest_rest =
        std::chrono::duration_cast<std::chrono::milliseconds>(settings->max_reconnect);
    read.component = std::move(component);
    as::EnablerRecipe recipe;
    recipe.name = from.name;
    recipe.make = [name = from.name, gateway = *std::move(settings)](as::Services& services) {
        return std::make_unique<interconnection::Gateway>(services, name, gateway);
    };
    read.enablers.push_back(std::move(recipe));
    return {};
}

// A relay and a messaging server would both take what comes for MSRP.
Result<void, std::string> read_relay(const Description& from, Read& read) {
    if (!from.node.addresses.contains("MSRP"))
        return failure(from.where() + ": found no address for MSRP, expected msrp in the topology");
    if (from.node.diameter_identity.empty())
        return failure(from.where() +
                       ": found no Diameter, expected diameter: passwords are the "
                       "HSS's to compare");
    if (std::exchange(read.relays, true))
        return failure(from.where() + ": found a second relay, expected one in a process");
    auto settings = messaging::read_relay_settings(from.map);
    if (!settings) return failure("settings." + settings.error());
    read.authority = settings->authority;
    as::EnablerRecipe recipe;
    recipe.name = from.name;
    recipe.make = [name = from.name, relay = *std::move(settings)](as::Services& services) {
        return std::make_unique<messaging::MsrpRelay>(services, name, relay);
    };
    read.enablers.push_back(std::move(recipe));
    return {};
}

// What needs nothing of the node but its SIP.
template <Result<as::EnablerRecipe, std::string> (*read_recipe)(const std::string&,
                                                                const nlohmann::json&)>
Result<void, std::string> read_recipe_of(const Description& from, Read& read) {
    auto recipe = read_recipe(from.name, from.map);
    if (!recipe) return failure("settings." + recipe.error());
    read.enablers.push_back(*std::move(recipe));
    return {};
}

Result<void, std::string> read_enabler(const Description& from, Read& read) {
    using ReadOne = Result<void, std::string> (*)(const Description&, Read&);
    static const std::map<std::string, ReadOne, std::less<>> kLarge{
        {"aggregation-proxy", read_proxy},
        {"bsf", read_bootstrapping},
        {"interaction", read_interaction},
        {"interconnection", read_interconnection},
        {"messaging", read_messaging},
        {"msrp-relay", read_relay},
        {"presence", read_recipe_of<presence::read_presence_enabler>},
        {"resource-lists", read_recipe_of<presence::read_presence_enabler>},
        {"xdm", read_xdm},
    };
    const auto large = kLarge.find(from.kind());
    return large == kLarge.end() ? read_recipe_of<as::read_enabler>(from, read)
                                 : large->second(from, read);
}

// By TCP, and by TLS where there is a port for it: whoever is at the other end is known by the hash
// of his certificate (RFC 4975 §14.4), so a node asks for what was shown.
Result<void, std::string> listen_for_msrp(Process& process,
                                          as::Config& config,
                                          const std::string& authority) {
    if (!process.config().addresses.contains("MSRP")) return {};
    auto& loop = process.loop();
    const auto wanted = *process.address("MSRP");
    const auto msrp = loop.listen_for_octets(wanted, Transport::tcp);
    if (!msrp) return failure(msrp.error());
    config.msrp = *msrp;
    const auto ports = process.ports("MSRP");
    const auto tls = ports.find(Transport::tls);
    if (tls == ports.end()) return {};
    if (auto secured = loop.secure_with(process.config().tls); !secured) return secured;
    const auto there = loop.listen_for_octets({wanted.ip, tls->second}, Transport::tls);
    if (!there) return failure(there.error());
    config.msrp_by_tls = *there;
    config.certificate = loop.streams().certificate();
    loop.provide<msrp::WhoIsThere>([&loop, authority](AskId id, const msrp::WhoIsThere& question) {
        msrp::PeerCertificate shown{loop.streams().certificate_of(question.connection), {}};
        if (!authority.empty()) shown.names = names_vouched_for(shown.certificate, authority);
        loop.answer(id, std::move(shown));
    });
    return {};
}

Result<void, std::string> host_messaging(Process& process,
                                         as::ApplicationServer& node,
                                         Read& read) {
    if (read.messaging_name.empty()) return {};
    auto stored = provide_messages(process, process.config().database);
    if (!stored) return failure(stored.error());
    if (!read.messaging.content_filter.empty())
        provide_content_filter(process, read.messaging.content_filter);
    const auto identities = read.messaging.identities;
    node.host(
        [&](as::Services& services) {
            return messaging::make_messaging(
                services, read.messaging_name, std::move(read.messaging), *stored);
        },
        identities);
    return {};
}

Result<Read, std::string> read(const NodeConfig& from) {
    Read read;
    auto& config = read.config;
    if (!from.host.empty()) config.host = from.host;
    config.hosts = from.hosts;
    if (!from.domains.empty()) config.domains = from.domains;
    Settings settings(from.settings);
    settings.read_timers("timers", config.timers);
    settings.read_limits("limits", config.limits);
    settings.read("max_transactions", config.max_transactions);
    settings.read("max_requests", config.max_requests);
    settings.read_duration("retry_after", config.retry_after);
    settings.read("max_registrations", config.max_registrations);
    if (const auto* enablers = settings.find("enablers")) {
        if (!enablers->is_object()) {
            settings.wrong("enablers", R"(a map like {"answering": {}})");
        } else {
            for (const auto& [name, description] : enablers->items()) {
                if (auto ok = read_enabler({name, description, from}, read); !ok)
                    return failure(ok.error());
            }
        }
    }
    if (!settings.mistake().empty()) return failure(settings.mistake());
    if (read.relays && !read.messaging_name.empty())
        return failure(
            "settings.enablers: found a relay for MSRP beside a messaging server, "
            "expected a process for each");
    return read;
}

}  // namespace

Result<void, std::string> check_as(const NodeConfig& config) {
    const auto settings = read(config);
    if (!settings) return failure(settings.error());
    return {};
}

Result<void, std::string> assemble_as(Process& process) {
    const auto isc = process.listen("ISC");
    if (!isc) return failure(isc.error());
    auto settings = read(process.config());
    if (!settings) return failure(settings.error());
    settings->config.address = *isc;
    if (auto listening = listen_for_msrp(process, settings->config, settings->authority);
        !listening)
        return listening;
    auto node =
        std::make_unique<as::ApplicationServer>(std::move(settings->config), process.entropy());
    // Before the others, which read its documents.
    if (!settings->xdm_name.empty()) {
        auto stored = provide_documents(process, process.config().database);
        if (!stored) return failure(stored.error());
        node->host(
            [&](as::Services& services) {
                return xdm::make_xdm_server(
                    services, settings->xdm_name, std::move(settings->xdm), std::move(*stored));
            },
            settings->xdm_identities);
    }
    for (auto& enabler : settings->enablers) node->host(enabler.make, enabler.identities);
    if (auto hosted = host_messaging(process, *node, *settings); !hosted) return hosted;
    if (process.config().addresses.contains("Ut")) {
        const auto ut = provide_http(process, "Ut", settings->http);
        if (!ut) return failure(ut.error());
        if (settings->sends_http_on) provide_http_client(process.loop(), ut->ip);
    }
    if (process.config().addresses.contains("API")) {
        if (const auto api = provide_http(process, "API"); !api) return failure(api.error());
    }
    if (settings->bootstraps) {
        if (const auto ub = provide_http(process, "Ub"); !ub) return failure(ub.error());
    }
    process.serve(std::move(node));
    if (settings->component) {
        settings->component->from = isc->ip;
        provide_component(process, *std::move(settings->component));
    }
    if (process.config().diameter_identity.empty()) return {};
    return provide_sh(process, settings->bootstraps ? DiameterRole::both : DiameterRole::connects);
}

}  // namespace imslab::host
