// Textual forms of addresses (RFC 4291 §2.2, RFC 3986 §3.2.2) and transports.
#include "core/address.h"

#include <arpa/inet.h>

#include <charconv>

#include "core/invariant.h"

namespace imslab {
namespace {

constexpr std::array<std::string_view, 5> kTransportNames{"UDP", "TCP", "TLS", "WS", "WSS"};

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto upper = [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        };
        if (upper(a[i]) != upper(b[i])) return false;
    }
    return true;
}

}  // namespace

std::string_view to_string(Transport transport) {
    return kTransportNames[static_cast<std::size_t>(transport)];
}

std::optional<Transport> transport_from(std::string_view text) {
    for (std::size_t i = 0; i < kTransportNames.size(); ++i) {
        if (text == kTransportNames[i]) return static_cast<Transport>(i);  // as nearly all write it
    }
    for (std::size_t i = 0; i < kTransportNames.size(); ++i) {
        if (equals_ignoring_case(text, kTransportNames[i])) return static_cast<Transport>(i);
    }
    return std::nullopt;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
        if (text.find(':') == std::string_view::npos) return std::nullopt;
    }
    if (text.empty() || text.size() > 45) return std::nullopt;
    IpAddress result;
    result.v6_ = text.find(':') != std::string_view::npos;
    if (!result.v6_ && (text.front() < '0' || text.front() > '9')) return std::nullopt;  // a name
    char buffer[46];
    text.copy(buffer, text.size());
    buffer[text.size()] = '\0';
    if (inet_pton(result.v6_ ? AF_INET6 : AF_INET, buffer, result.octets_.data()) != 1)
        return std::nullopt;
    return result;
}

IpAddress IpAddress::from_octets(std::string_view octets) {
    IMSLAB_INVARIANT(octets.size() == 4 || octets.size() == 16);
    IpAddress result;
    result.v6_ = octets.size() == 16;
    octets.copy(result.octets_.data(), octets.size());
    return result;
}

std::string IpAddress::to_string() const {
    char buffer[INET6_ADDRSTRLEN];
    if (v6_) {
        inet_ntop(AF_INET6, octets_.data(), buffer, sizeof buffer);
        return buffer;
    }
    // Each message needs some; inet_ntop goes through sprintf.
    char* at = buffer;
    for (int i = 0; i < 4; ++i) {
        if (i != 0) *at++ = '.';
        at = std::to_chars(at,
                           buffer + sizeof buffer,
                           static_cast<unsigned char>(octets_[static_cast<std::size_t>(i)]))
                 .ptr;
    }
    return {buffer, static_cast<std::size_t>(at - buffer)};
}

std::string_view IpAddress::octets() const { return {octets_.data(), v6_ ? 16U : 4U}; }

std::optional<Address> Address::parse(std::string_view text, std::uint16_t default_port) {
    Address result;
    result.port = default_port;
    std::string_view host = text;
    std::size_t colon = text.rfind(':');
    const std::size_t bracket = text.rfind(']');
    const bool bare_v6 = bracket == std::string_view::npos && colon != text.find(':');
    if (bracket != std::string_view::npos && colon < bracket) colon = std::string_view::npos;
    if (colon != std::string_view::npos && !bare_v6) {
        const std::string_view port = text.substr(colon + 1);
        const auto [end, error] =
            std::from_chars(port.data(), port.data() + port.size(), result.port);
        if (error != std::errc{} || end != port.data() + port.size()) return std::nullopt;
        host = text.substr(0, colon);
    }
    const auto ip = IpAddress::parse(host);
    if (!ip) return std::nullopt;
    result.ip = *ip;
    return result;
}

std::string Address::to_string() const {
    std::string text = ip.to_string();
    if (ip.is_v6()) text = "[" + text + "]";
    char digits[8];
    text.append(1, ':').append(digits, std::to_chars(digits, digits + sizeof digits, port).ptr);
    return text;
}

}  // namespace imslab
