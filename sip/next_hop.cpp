// RFC 3261 §16.6 step 7, §19.1.2 (default port).
#include "sip/next_hop.h"

#include <string>

#include "sip/headers.h"
#include "sip/scan.h"
#include "sip/uri.h"

namespace imslab::sip {

namespace {

constexpr std::uint16_t kDefaultPort = 5060;

const Host* find(const Uri& uri, const Hosts& hosts) {
    auto found = hosts.find(uri.host);
    if (found == hosts.end()) {
        std::string host(uri.host);
        for (char& c : host) c = scan::lower(c);
        found = hosts.find(host);
    }
    return found == hosts.end() ? nullptr : &found->second;
}

// The URI's transport and port hold, wherever its host leads.
std::optional<Flow> flow_at(Address remote, const Uri& uri, const Address& local) {
    if (uri.port != 0) remote.port = uri.port;
    if (remote.port == 0) remote.port = kDefaultPort;
    Flow flow{Transport::udp, local, remote, 0};
    if (const auto name = uri.params.get("transport")) {
        const auto transport = transport_from(*name);
        if (!transport) return std::nullopt;
        flow.transport = *transport;
    }
    return flow;
}

}  // namespace

std::string_view next_hop_uri(const Message& request) {
    if (const auto route = uri_of(request.first_value(HeaderId::route))) return *route;
    return request.uri();
}

std::optional<Flow> flow_to(std::string_view uri, const Hosts& hosts, const Address& local) {
    const auto parsed = Uri::parse(uri);
    if (!parsed || !parsed->is_sip()) return std::nullopt;
    if (const auto ip = IpAddress::parse(parsed->host)) return flow_at({*ip, 0}, *parsed, local);
    const auto* host = find(*parsed, hosts);
    return host == nullptr ? std::nullopt : flow_at(host->first(), *parsed, local);
}

std::vector<Way> ways_to(std::string_view uri,
                         const Message& request,
                         const Hosts& hosts,
                         const Address& local) {
    const auto parsed = Uri::parse(uri);
    if (!parsed || !parsed->is_sip()) return {};
    std::vector<Way> ways;
    const auto add = [&](const Address& remote) {
        if (const auto flow = flow_at(remote, *parsed, local)) ways.emplace_back(*flow);
    };
    const auto* host = find(*parsed, hosts);
    if (host != nullptr && host->has_several()) {
        const auto user = uri_of(request.get(HeaderId::to)).value_or("");
        for (const auto& address : host->in_order(user)) add(address);
    } else if (const auto ip = IpAddress::parse(parsed->host)) {
        add({*ip, 0});  // whatever one address the table has for it
    } else if (host != nullptr) {
        add(host->first());
    }
    return ways;
}

}  // namespace imslab::sip
