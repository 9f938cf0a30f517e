// RFC 3261 §16.6 step 7, §19.1.2 (default port).
#include "sip/next_hop.h"

#include <string>

#include "sip/headers.h"
#include "sip/scan.h"
#include "sip/uri.h"

namespace imslab::sip {

namespace {

constexpr std::uint16_t kDefaultPort = 5060;

std::optional<Address> address_of(const Uri& uri, const Hosts& hosts) {
    if (const auto ip = IpAddress::parse(uri.host)) {
        return Address{*ip, uri.port != 0 ? uri.port : kDefaultPort};
    }
    auto found = hosts.find(uri.host);
    if (found == hosts.end()) {
        std::string host(uri.host);
        for (char& c : host) c = scan::lower(c);
        found = hosts.find(host);
    }
    if (found == hosts.end()) return std::nullopt;
    Address address = found->second;
    if (uri.port != 0) address.port = uri.port;
    if (address.port == 0) address.port = kDefaultPort;
    return address;
}

}  // namespace

std::string_view next_hop_uri(const Message& request) {
    if (const auto route = uri_of(request.first_value(HeaderId::route))) return *route;
    return request.uri();
}

std::optional<Flow> flow_to(std::string_view uri, const Hosts& hosts, const Address& local) {
    const auto parsed = Uri::parse(uri);
    if (!parsed || !parsed->is_sip()) return std::nullopt;
    const auto remote = address_of(*parsed, hosts);
    if (!remote) return std::nullopt;
    Flow flow{Transport::udp, local, *remote, 0};
    if (const auto name = parsed->params.get("transport")) {
        const auto transport = transport_from(*name);
        if (!transport) return std::nullopt;
        flow.transport = *transport;
    }
    return flow;
}

}  // namespace imslab::sip
