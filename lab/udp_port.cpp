// A UDP socket of the lab's own UE.
#include "lab/udp_port.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace imslab::lab {

namespace {

socklen_t fill(sockaddr_storage& storage, const Address& address) {
    const auto octets = address.ip.octets();
    if (address.ip.is_v6()) {
        auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(address.port);
        std::memcpy(&v6->sin6_addr, octets.data(), octets.size());
        return sizeof *v6;
    }
    auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    std::memcpy(&v4->sin_addr, octets.data(), octets.size());
    return sizeof *v4;
}

Address address_from(const sockaddr_storage& storage) {
    if (storage.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
        return {IpAddress::from_octets({reinterpret_cast<const char*>(&v6.sin6_addr), 16}),
                ntohs(v6.sin6_port)};
    }
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return {IpAddress::from_octets({reinterpret_cast<const char*>(&v4.sin_addr), 4}),
            ntohs(v4.sin_port)};
}

}  // namespace

Result<UdpPort, std::string> UdpPort::open(const Address& local) {
    sockaddr_storage storage{};
    const auto size = fill(storage, local);
    UdpPort port;
    port.socket_ = Descriptor(socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int room = 4 << 20;
    setsockopt(port.socket_.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(port.socket_.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0) return port;
    return failure("a UE cannot use " + local.to_string() + ": " + std::strerror(errno) +
                   "; `ss -lnup` says who has it");
}

bool UdpPort::send(const Address& to, std::string_view octets) {
    sockaddr_storage storage{};
    const auto size = fill(storage, to);
    return sendto(socket_.get(),
                  octets.data(),
                  octets.size(),
                  0,
                  reinterpret_cast<sockaddr*>(&storage),
                  size) >= 0;
}

std::optional<std::string> UdpPort::receive(Deadline deadline, Address* from) {
    for (;;) {
        pollfd watched{socket_.get(), POLLIN, 0};
        const auto left = milliseconds_until(deadline);
        const int happened = poll(&watched, 1, left);
        if (happened < 0 && errno != EINTR) return std::nullopt;
        if (happened == 0 && milliseconds_until(deadline) == 0) return std::nullopt;
        if (happened <= 0) continue;
        std::string octets(65536, '\0');
        sockaddr_storage storage{};
        socklen_t size = sizeof storage;
        const auto count = recvfrom(socket_.get(),
                                    octets.data(),
                                    octets.size(),
                                    0,
                                    reinterpret_cast<sockaddr*>(&storage),
                                    &size);
        if (count < 0) continue;  // an ICMP error: the retransmission will tell
        octets.resize(static_cast<std::size_t>(count));
        if (from) *from = address_from(storage);
        return octets;
    }
}

}  // namespace imslab::lab
