// Addresses as values and as the operating system wants them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <string>

#include "core/address.h"

namespace imslab::host {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    SocketAddress() = default;
    explicit SocketAddress(const Address& address);
    sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }
    const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
    Address address() const;
};

boost::asio::ip::address to_asio(const IpAddress& ip);

// The address a socket is bound to (a port of 0 has become a real one), and its peer's.
Address local_address_of(int socket);
Address remote_address_of(int socket);

// "cannot listen on 127.1.1.1:5060/udp: already in use; …": one sentence with the remedy.
std::string why_not_listening(const Address& address, std::string_view transport, int error);

}  // namespace imslab::host
