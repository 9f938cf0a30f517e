// RFC 3261 §18.4: an ICMP error is reported to the sender of the message that it is about.
#include "hosts/kamailio/unreachable.h"

#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>

namespace imslab::kamailio {
namespace {

constexpr std::size_t kIcmpHeader = 8, kIpv6Header = 40, kPorts = 4;
constexpr unsigned char kUnreachableV6 = 1;

unsigned octet(std::string_view packet, std::size_t at) {
    return static_cast<unsigned char>(packet[at]);
}

std::uint16_t port(std::string_view packet, std::size_t at) {
    return static_cast<std::uint16_t>(octet(packet, at) << 8U | octet(packet, at + 1));
}

// A raw socket of IPv4 hands out the IP header too.
std::optional<std::string_view> without_ip_header(std::string_view packet) {
    if (packet.size() < 20 || octet(packet, 0) >> 4U != 4) return std::nullopt;
    const std::size_t size = (octet(packet, 0) & 15U) * 4U;
    if (size < 20 || packet.size() < size) return std::nullopt;
    return packet.substr(size);
}

int open_socket(int family, int protocol) {
    return ::socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

}  // namespace

std::optional<Flow> undelivered(std::string_view packet, bool is_v6) {
    if (!is_v6) {
        const auto icmp = without_ip_header(packet);
        if (!icmp) return std::nullopt;
        packet = *icmp;
    }
    const unsigned wanted = is_v6 ? kUnreachableV6 : ICMP_DEST_UNREACH;
    if (packet.size() < kIcmpHeader || octet(packet, 0) != wanted) return std::nullopt;
    packet.remove_prefix(kIcmpHeader);  // behind it the datagram's own IP header
    if (packet.size() < (is_v6 ? kIpv6Header : 20U)) return std::nullopt;
    if (octet(packet, is_v6 ? 6 : 9) != IPPROTO_UDP) return std::nullopt;
    const std::size_t size = is_v6 ? 16 : 4, source = is_v6 ? 8 : 12;
    Flow flow;
    flow.local.ip = IpAddress::from_octets(packet.substr(source, size));
    flow.remote.ip = IpAddress::from_octets(packet.substr(source + size, size));
    const std::size_t header = is_v6 ? kIpv6Header : (octet(packet, 0) & 15U) * 4U;
    if (packet.size() < header + kPorts) return std::nullopt;
    flow.local.port = port(packet, header);
    flow.remote.port = port(packet, header + 2);
    return flow;
}

Unreachable::Unreachable(boost::asio::io_context& io, Told told)
    : told_(std::move(told)), v4_(io), v6_(io) {
    if (const int socket = open_socket(AF_INET, IPPROTO_ICMP); socket >= 0) {
        v4_.assign(socket);
        wait(v4_, false);
    }
    if (const int socket = open_socket(AF_INET6, IPPROTO_ICMPV6); socket >= 0) {
        v6_.assign(socket);
        wait(v6_, true);
    }
}

void Unreachable::stop() {
    boost::system::error_code ignored;
    v4_.close(ignored);
    v6_.close(ignored);
}

void Unreachable::wait(boost::asio::posix::stream_descriptor& socket, bool is_v6) {
    socket.async_wait(
        boost::asio::posix::stream_descriptor::wait_read,
        [this, &socket, is_v6](const boost::system::error_code& error) {
            if (error) return;
            std::array<char, 2048> packet;
            for (int i = 0; i < 32; ++i) {
                const auto size = ::recv(socket.native_handle(), packet.data(), packet.size(), 0);
                if (size <= 0) break;
                const std::string_view octets(packet.data(), static_cast<std::size_t>(size));
                if (const auto flow = undelivered(octets, is_v6)) told_(*flow);
            }
            if (socket.is_open()) wait(socket, is_v6);
        });
}

}  // namespace imslab::kamailio
