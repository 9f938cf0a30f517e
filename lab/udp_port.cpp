// A UDP socket of the lab's own UE.
#include "lab/udp_port.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "hosts/asio/sockaddr.h"

namespace imslab::lab {

Result<UdpPort, std::string> UdpPort::open(const Address& local) {
    const host::SocketAddress name(local);
    UdpPort port;
    port.socket_ = Descriptor(socket(name.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int room = 4 << 20;
    setsockopt(port.socket_.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(port.socket_.get(), name.data(), name.size) == 0) return port;
    return failure("a UE cannot use " + local.to_string() + ": " + std::strerror(errno) +
                   "; `ss -lnup` says who has it");
}

bool UdpPort::send(const Address& to, std::string_view octets) {
    const host::SocketAddress name(to);
    return sendto(socket_.get(), octets.data(), octets.size(), 0, name.data(), name.size) >= 0;
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
        host::SocketAddress name;
        const auto count =
            recvfrom(socket_.get(), octets.data(), octets.size(), 0, name.data(), &name.size);
        if (count < 0) continue;  // an ICMP error: the retransmission will tell
        octets.resize(static_cast<std::size_t>(count));
        if (from) *from = name.address();
        return octets;
    }
}

}  // namespace imslab::lab
