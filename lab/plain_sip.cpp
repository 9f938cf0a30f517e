// Tables and routes for Kamailio as a registrar of plain SIP.
#include "lab/plain_sip.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "hss/subscriber_file.h"
#include "lab/kamailio.h"
#include "lab/places.h"
#include "lab/wiretap.h"

namespace imslab::lab {

namespace {

// db_text: fields stand between colons.
std::string field(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c == ':' || c == '\\') text += '\\';
        text += c;
    }
    return text;
}

std::string in_quotes(std::string_view value) {
    std::string text = "\"";
    for (const char c : value) {
        if (c == '"') text += '\\';
        text += c;
    }
    return text + "\"";
}

bool may_register(const hss::ImplicitRegistrationSet& set, const std::string& private_identity) {
    const auto& allowed = set.private_identities;
    return allowed.empty() ||
           std::find(allowed.begin(), allowed.end(), private_identity) != allowed.end();
}

// Addresses-of-record are SIP URIs; a telephone number is none.
bool is_address_of_record(const cx::PublicIdentity& identity) {
    return identity.type == cx::IdentityType::public_user && !identity.barred &&
           identity.identity.starts_with("sip:");
}

std::string condition_of(const ServiceRoute& service) {
    std::string condition;
    const auto also = [&](const std::string& part) {
        condition += (condition.empty() ? "" : " && ") + part;
    };
    std::string methods;
    for (const auto& method : service.methods) methods += (methods.empty() ? "" : "|") + method;
    if (!methods.empty()) also("is_method(\"" + methods + "\")");
    if (!service.event.empty()) {
        // an event package may carry parameters behind it (RFC 6665 §8.2.1)
        also("is_present_hf(\"Event\")");
        also("$hdr(Event) =~ " + in_quotes("^" + service.event + "[ \t]*(;.*)?$"));
    }
    if (!service.user.empty()) also("$rU =~ " + in_quotes("^(" + service.user + ")$"));
    return condition.empty() ? "1 == 1" : condition;
}

}  // namespace

RegistrarTables registrar_tables(const std::vector<hss::Subscription>& subscriptions) {
    RegistrarTables tables;
    tables.subscriber = "id(int) username(string) domain(string) ha1(string)\n";
    tables.identities =
        "id(int) key_name(string) key_type(int) value_type(int) key_value(string) expires(int)\n";
    int subscriber = 0, identity = 0;
    std::set<std::string> keys;
    const auto allow = [&](const std::string& key) {
        if (keys.insert(key).second)
            tables.identities += fmt::format("{}:{}:0:1:1:0\n", ++identity, field(key));
    };
    for (const auto& subscription : subscriptions) {
        for (const auto& owner : subscription.private_identities) {
            const auto at = owner.identity.find('@');
            // Kamailio computes with one algorithm for all; MD5 is what every phone has
            if (owner.digest && owner.digest->algorithm == "MD5" && at != std::string::npos)
                tables.subscriber += fmt::format("{}:{}:{}:{}\n",
                                                 ++subscriber,
                                                 field(owner.identity.substr(0, at)),
                                                 field(owner.identity.substr(at + 1)),
                                                 owner.digest->ha1);
            for (const auto& set : subscription.sets) {
                if (!may_register(set, owner.identity)) continue;
                for (const auto& profile : set.service_profiles) {
                    for (const auto& one : profile.public_identities) {
                        if (!is_address_of_record(one)) continue;
                        allow(one.identity);
                        allow(one.identity + " " + owner.identity);
                    }
                }
            }
        }
    }
    return tables;
}

std::string write_registrar_tables(const Topology& topology, const std::string& folder) {
    std::vector<hss::Subscription> subscriptions;
    if (!topology.subscribers_file.empty()) {
        bool ok = false;
        const auto xml = read_file(topology.subscribers_file, ok);
        if (!ok) return "cannot read " + topology.subscribers_file;
        auto read = hss::read_subscribers(xml, topology.subscribers_file);
        if (!read) return read.error().front().to_string();
        subscriptions = std::move(*read);
    }
    const auto tables = registrar_tables(subscriptions);
    auto problem = write_file(folder + "/subscriber", tables.subscriber);
    if (problem.empty()) problem = write_file(folder + "/identities", tables.identities);
    if (problem.empty())
        problem = write_file(folder + "/version",
                             "table_name(string) table_version(int)\nidentities:2\nsubscriber:7\n");
    return problem;
}

std::string service_routes(const TopologyNode& node) {
    std::string services = "\nroute[SERVICES] {\n";
    std::string from = "\nroute[FROM_SERVICE] {\n    $var(from_service) = 0;\n";
    for (const auto& service : node.services) {
        services += fmt::format(
            "    if ($si != \"{}\") {{    # what a service sends is not its own to take\n"
            "    if ({}) {{    # {}\n        $du = \"sip:{}\";\n"
            "        route(RELAY);\n    }}\n    }}\n",
            service.to.ip.to_string(),
            condition_of(service),
            service.name,
            service.to.to_string());
        from += fmt::format("    if ($si == \"{}\") $var(from_service) = 1;\n",
                            service.to.ip.to_string());
    }
    return services + "    return;\n}\n" + from + "}\n";
}

std::string why_no_plain_sip() {
    if (kamailio_program().empty()) return "kamailio is not installed; `make kamailio` installs it";
    return Wiretap::why_not();
}

}  // namespace imslab::lab
