// Addresses to and from the operating system, and what to do when one cannot be had.
#include "hosts/asio/sockaddr.h"

#include <cerrno>
#include <cstring>

namespace imslab::host {

SocketAddress::SocketAddress(const Address& address) {
    const auto octets = address.ip.octets();
    if (address.ip.is_v6()) {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(address.port);
        std::memcpy(&v6.sin6_addr, octets.data(), octets.size());
        size = sizeof v6;
    } else {
        auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(address.port);
        std::memcpy(&v4.sin_addr, octets.data(), octets.size());
        size = sizeof v4;
    }
}

Address SocketAddress::address() const {
    Address result;
    if (storage.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
        result.ip = IpAddress::from_octets({reinterpret_cast<const char*>(&v6.sin6_addr), 16});
        result.port = ntohs(v6.sin6_port);
    } else if (storage.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
        result.ip = IpAddress::from_octets({reinterpret_cast<const char*>(&v4.sin_addr), 4});
        result.port = ntohs(v4.sin_port);
    }
    return result;
}

boost::asio::ip::address to_asio(const IpAddress& ip) {
    const auto octets = ip.octets();
    if (ip.is_v6()) {
        boost::asio::ip::address_v6::bytes_type bytes;
        std::memcpy(bytes.data(), octets.data(), bytes.size());
        return boost::asio::ip::address_v6(bytes);
    }
    boost::asio::ip::address_v4::bytes_type bytes;
    std::memcpy(bytes.data(), octets.data(), bytes.size());
    return boost::asio::ip::address_v4(bytes);
}

Address local_address_of(int socket) {
    SocketAddress name;
    if (::getsockname(socket, name.data(), &name.size) != 0) return {};
    return name.address();
}

Address remote_address_of(int socket) {
    SocketAddress name;
    if (::getpeername(socket, name.data(), &name.size) != 0) return {};
    return name.address();
}

std::string why_not_listening(const Address& address, std::string_view transport, int error) {
    const bool udp = transport == "udp";
    const std::string port = std::to_string(address.port);
    std::string text = "cannot listen on " + address.to_string() + "/";
    text.append(transport).append(": ");
    switch (error) {
        case EADDRINUSE:
            text += "already in use; is another lab running? see: ss -ln";
            text += udp ? 'u' : 't';
            text += "p 'sport = :" + port + "'";
            break;
        case EACCES:
        case EPERM:
            text +=
                "no permission; a port below 1024 needs root or: sysctl "
                "net.ipv4.ip_unprivileged_port_start=" +
                port;
            break;
        case EADDRNOTAVAIL:
            text +=
                "this machine does not have that address; choose one of 127.0.0.0/8 or add it: "
                "ip address add " +
                address.ip.to_string() + " dev lo";
            break;
        default:
            text += std::strerror(error);
            break;
    }
    return text;
}

}  // namespace imslab::host
