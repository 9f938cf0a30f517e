// Network addresses as values, and the flow a message travels on. No name resolution, no sockets.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace imslab {

enum class Transport : std::uint8_t { udp, tcp, tls, ws, wss };

// "UDP", "TCP", "TLS", "WS", "WSS", as in a Via (RFC 3261 §20.42, RFC 7118 §5.1).
std::string_view to_string(Transport transport);
std::optional<Transport> transport_from(std::string_view text);  // case-insensitive
inline bool is_reliable(Transport transport) { return transport != Transport::udp; }

// An IPv4 or IPv6 address, 17 bytes.
class IpAddress {
public:
    constexpr IpAddress() = default;

    // Accepts dotted IPv4, IPv6, and IPv6 in brackets. Anything else: nullopt.
    static std::optional<IpAddress> parse(std::string_view text);

    static IpAddress from_octets(std::string_view octets);  // 4 or 16, network order

    bool is_v6() const { return v6_; }
    // Plain text, no brackets.
    std::string to_string() const;
    // The 4 or 16 octets in network order.
    std::string_view octets() const;

    auto operator<=>(const IpAddress&) const = default;

private:
    std::array<char, 16> octets_{};
    bool v6_ = false;
};

struct Address {
    IpAddress ip;
    std::uint16_t port = 0;

    // "127.0.0.1:5060" or "[::1]:5060"; without a port, default_port.
    static std::optional<Address> parse(std::string_view text, std::uint16_t default_port = 0);
    std::string to_string() const;

    auto operator<=>(const Address&) const = default;
};

// Where a message came from or goes to. For a datagram `connection` is 0. For a stream it names the
// connection it came on; 0 when sending means "reuse a connection to that remote or open one".
struct Flow {
    Transport transport = Transport::udp;
    Address local;
    Address remote;
    std::uint64_t connection = 0;

    auto operator<=>(const Flow&) const = default;
};

}  // namespace imslab

template <>
struct std::hash<imslab::Address> {
    std::size_t operator()(const imslab::Address& address) const noexcept {
        return std::hash<std::string_view>{}(address.ip.octets()) * 31 + address.port;
    }
};
