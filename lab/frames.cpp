// Link layers by their LINKTYPE number, IP and the two transports under SIP and Diameter.
#include "lab/frames.h"

#include <algorithm>

namespace imslab::lab {
namespace {

constexpr std::size_t kMaxPending = 256;
constexpr std::size_t kMaxDatagram = 65'535;
constexpr std::uint8_t kTcp = 6, kUdp = 17, kFragment = 44;
constexpr std::uint32_t kLinkUpperPdu = 252;  // what Wireshark exports: tags, then the message

std::uint8_t u8(std::string_view octets, std::size_t at) {
    return at < octets.size() ? static_cast<std::uint8_t>(octets[at]) : 0;
}
std::uint16_t u16(std::string_view octets, std::size_t at) {
    return static_cast<std::uint16_t>(u8(octets, at) << 8 | u8(octets, at + 1));
}
std::uint32_t u32(std::string_view octets, std::size_t at) {
    return static_cast<std::uint32_t>(u16(octets, at)) << 16 | u16(octets, at + 2);
}
std::string_view after(std::string_view octets, std::size_t size) {
    return octets.substr(std::min(size, octets.size()));
}

// Behind an EtherType; VLAN tags (802.1Q, 802.1ad) may stand before it.
std::string_view behind_ethertype(std::string_view octets, std::size_t at) {
    std::uint16_t type = u16(octets, at);
    while ((type == 0x8100 || type == 0x88A8 || type == 0x9100) && at + 4 < octets.size()) {
        at += 4;
        type = u16(octets, at);
    }
    return type == 0x0800 || type == 0x86DD ? after(octets, at + 2) : std::string_view{};
}

std::string_view ip_packet(const Packet& packet) {
    const std::string_view octets = packet.octets;
    switch (packet.link_type) {
        case 1:
            return behind_ethertype(octets, 12);
        case 0:  // BSD loopback: address family first
        case 108:
            return after(octets, 4);
        case 12:  // raw IP, by three numbers
        case 14:
        case 101:
        case 228:
        case 229:
            return octets;
        case 113:
            return behind_ethertype(octets, 14);  // Linux cooked
        case 276: {                               // Linux cooked v2
            const std::uint16_t type = u16(octets, 0);
            return type == 0x0800 || type == 0x86DD ? after(octets, 20) : std::string_view{};
        }
        default:
            return {};
    }
}

// "Gm inside TLS" is how this lab names such an interface; others say nothing of it.
std::optional<Segment> exported(const Packet& packet) {
    constexpr std::uint16_t kEnd = 0, kSources[] = {20, 22}, kDestinations[] = {21, 23},
                            kSourcePort = 25, kDestinationPort = 26;
    const auto inside = packet.interface.rfind(' ');
    Segment segment;
    segment.inside = transport_from(packet.interface.substr(inside + 1)).value_or(Transport::tls);
    const std::string_view octets = packet.octets;
    for (std::size_t at = 0; at + 4 <= octets.size();) {
        const std::uint16_t tag = u16(octets, at), size = u16(octets, at + 2);
        const auto value = after(octets, at + 4).substr(0, size);
        at += 4 + std::size_t{size};
        if (value.size() < size) return std::nullopt;
        const bool is_address = value.size() == 4 || value.size() == 16;
        if (tag == kEnd) {
            segment.payload = after(octets, at);
            return segment;
        }
        if (is_address && (tag == kSources[0] || tag == kSources[1]))
            segment.source.ip = IpAddress::from_octets(value);
        if (is_address && (tag == kDestinations[0] || tag == kDestinations[1]))
            segment.destination.ip = IpAddress::from_octets(value);
        if (tag == kSourcePort) segment.source.port = u16(value, 2);
        if (tag == kDestinationPort) segment.destination.port = u16(value, 2);
    }
    return std::nullopt;
}

std::optional<Segment> transport(std::uint8_t protocol,
                                 std::string_view source,
                                 std::string_view destination,
                                 std::string_view octets) {
    Segment segment;
    segment.source = {IpAddress::from_octets(source), u16(octets, 0)};
    segment.destination = {IpAddress::from_octets(destination), u16(octets, 2)};
    if (protocol == kUdp && octets.size() >= 8) {
        const std::size_t size = u16(octets, 4);
        const std::size_t body = size >= 8 ? size - 8 : octets.size();
        segment.payload = octets.substr(8, body);
        return segment;
    }
    if (protocol != kTcp || octets.size() < 20) return std::nullopt;
    const std::size_t header = static_cast<std::size_t>(u8(octets, 12) >> 4) * 4;
    if (header < 20 || header > octets.size()) return std::nullopt;
    segment.tcp = true;
    segment.sequence = u32(octets, 4);
    segment.syn = (u8(octets, 13) & 0x02) != 0;
    segment.fin = (u8(octets, 13) & 0x05) != 0;
    segment.payload = octets.substr(header);
    return segment;
}

}  // namespace

std::optional<Segment> FrameReader::read(const Packet& packet) {
    if (packet.link_type == kLinkUpperPdu) return exported(packet);
    const std::string_view ip = ip_packet(packet);
    if (ip.empty()) return std::nullopt;
    if (u8(ip, 0) >> 4 == 4) return on_ipv4(ip);
    if (u8(ip, 0) >> 4 == 6) return on_ipv6(ip);
    return std::nullopt;
}

std::optional<Segment> FrameReader::on_ipv4(std::string_view packet) {
    const std::size_t header = static_cast<std::size_t>(u8(packet, 0) & 0x0F) * 4;
    if (header < 20 || packet.size() < header) return std::nullopt;
    // A total length of 0 is what a network card's offloading leaves.
    const std::size_t total = u16(packet, 2) >= header ? u16(packet, 2) : packet.size();
    const std::string_view body = packet.substr(0, total).substr(header);
    const std::string_view source = packet.substr(12, 4);
    const std::string_view destination = packet.substr(16, 4);
    const std::uint8_t protocol = u8(packet, 9);
    const bool more = (u16(packet, 6) & 0x2000) != 0;
    const std::size_t offset = static_cast<std::size_t>(u16(packet, 6) & 0x1FFF) * 8;
    if (!more && offset == 0) return transport(protocol, source, destination, body);
    const FragmentKey key{std::string(source), std::string(destination), u16(packet, 4), protocol};
    const auto whole = whole_datagram(key, offset, more, body);
    return whole ? transport(protocol, source, destination, *whole) : std::nullopt;
}

std::optional<Segment> FrameReader::on_ipv6(std::string_view packet) {
    if (packet.size() < 40) return std::nullopt;
    std::uint8_t next = u8(packet, 6);
    const std::size_t length = u16(packet, 4);
    std::string_view body = length != 0 ? packet.substr(40, length) : packet.substr(40);
    const std::string_view source = packet.substr(8, 16), destination = packet.substr(24, 16);
    // Hop-by-hop, routing and destination options come before the transport (RFC 8200 §4).
    const auto skip_options = [&next](std::string_view octets) {
        while ((next == 0 || next == 43 || next == 60) && octets.size() >= 8) {
            next = u8(octets, 0);
            octets = after(octets, (static_cast<std::size_t>(u8(octets, 1)) + 1) * 8);
        }
        return octets;
    };
    body = skip_options(body);
    if (next != kFragment || body.size() < 8) return transport(next, source, destination, body);
    // RFC 8200 §4.5: the pieces carry what comes after the fragment header
    next = u8(body, 0);
    const std::size_t offset = u16(body, 2) & 0xFFF8U;
    const bool more = (u16(body, 2) & 1U) != 0;
    const FragmentKey key{std::string(source), std::string(destination), u32(body, 4), next};
    const auto whole = whole_datagram(key, offset, more, body.substr(8));
    if (!whole) return std::nullopt;
    const auto datagram = skip_options(*whole);
    return transport(next, source, destination, datagram);
}

std::optional<std::string> FrameReader::whole_datagram(const FragmentKey& key,
                                                       std::size_t offset,
                                                       bool more,
                                                       std::string_view data) {
    if (offset + data.size() > kMaxDatagram) return std::nullopt;
    if (pending_.size() >= kMaxPending && pending_.count(key) == 0)
        pending_.erase(pending_.begin());
    Pending& pending = pending_[key];
    pending.parts[offset] = data;
    if (!more) pending.total = offset + data.size();
    if (pending.total == 0) return std::nullopt;
    std::string whole;
    for (const auto& [at, part] : pending.parts) {
        if (at > whole.size()) return std::nullopt;
        whole.resize(at);
        whole += part;
    }
    if (whole.size() < pending.total) return std::nullopt;
    pending_.erase(key);
    return whole;
}

}  // namespace imslab::lab
