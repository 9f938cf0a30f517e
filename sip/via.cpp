// The top Via as the transport layer sees it (RFC 3261 §18.2, RFC 3581 §4).
#include "sip/via.h"

#include <string>

namespace imslab::sip {

namespace {

std::uint16_t sent_by_port(const Via& via) {
    if (via.port != 0) return via.port;
    return via.transport == Transport::tls || via.transport == Transport::wss ? 5061 : 5060;
}

}  // namespace

void note_source(Message& request, const Via& via, const Flow& flow) {
    const bool rport = via.rport.given;
    const bool claims = via.received.given;
    if (!rport && !claims && IpAddress::parse(via.host) == flow.remote.ip) return;
    const auto value = request.first_value(HeaderId::via);
    if (!value) return;
    std::string noted;
    if (claims) {
        noted = with_param(*value, "received", flow.remote.ip.to_string());
    } else {
        noted.reserve(value->size() + 64);
        noted.append(*value).append(";received=").append(flow.remote.ip.to_string());
    }
    if (rport) noted = with_param(noted, "rport", std::to_string(flow.remote.port));
    request.replace_first_value(HeaderId::via, noted);
}

Address reply_address(const Via& via, const Flow& came_on) {
    const Address& source = came_on.remote;
    if (is_reliable(came_on.transport)) return {source.ip, sent_by_port(via)};
    if (via.rport.given) return source;
    if (via.maddr.given) {
        if (const auto ip = IpAddress::parse(via.maddr.value)) return {*ip, sent_by_port(via)};
    }
    return {source.ip, sent_by_port(via)};
}

std::optional<Address> reply_address(const Via& via) {
    auto ip = IpAddress::parse(via.received.given ? via.received.value : via.host);
    if (!ip) return std::nullopt;
    const auto port = to_number(via.rport.value);
    if (port && *port > 0 && *port <= 65'535)
        return Address{*ip, static_cast<std::uint16_t>(*port)};
    if (via.maddr.given) {
        if (const auto multicast = IpAddress::parse(via.maddr.value)) ip = multicast;
    }
    return Address{*ip, sent_by_port(via)};
}

}  // namespace imslab::sip
