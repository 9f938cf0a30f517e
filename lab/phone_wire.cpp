// TCP and Unix sockets to a phone that is just starting: it is tried until it listens.
#include "lab/phone_wire.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "hosts/asio/sockaddr.h"

namespace imslab::lab {

template <class Address>
Result<PhoneWire, std::string> PhoneWire::when_listening(
    int family, const Address& address, std::size_t size, Process& phone, Deadline deadline) {
    for (;;) {
        Descriptor tried(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (connect(tried.get(),
                    reinterpret_cast<const sockaddr*>(&address),
                    static_cast<socklen_t>(size)) == 0)
            return PhoneWire(std::move(tried));
        if (!phone.running())
            return failure("it ended while starting, " + how_it_ended(*phone.ended()));
        if (milliseconds_until(deadline) == 0) return failure("it did not start in time");
        poll(nullptr, 0, 20);  // nothing tells of a socket that listens
    }
}

Result<PhoneWire, std::string> PhoneWire::to(const Address& listening,
                                             Process& phone,
                                             Deadline deadline) {
    const host::SocketAddress address(listening);
    return when_listening(
        address.storage.ss_family, address.storage, address.size, phone, deadline);
}

Result<PhoneWire, std::string> PhoneWire::to(const std::string& unix_socket,
                                             Process& phone,
                                             Deadline deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (unix_socket.size() >= sizeof address.sun_path)
        return failure("the path " + unix_socket + " is too long for a socket");
    unix_socket.copy(address.sun_path, unix_socket.size());
    return when_listening(AF_UNIX, address, sizeof address, phone, deadline);
}

bool PhoneWire::send(std::string_view octets) {
    return ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(octets.size());
}

std::optional<std::string> PhoneWire::receive(Deadline deadline) {
    pollfd watched{socket_.get(), POLLIN, 0};
    if (poll(&watched, 1, milliseconds_until(deadline)) <= 0) return std::nullopt;
    char chunk[16384];
    const auto size = recv(socket_.get(), chunk, sizeof chunk, 0);
    if (size <= 0) return std::nullopt;
    return std::string(chunk, static_cast<std::size_t>(size));
}

}  // namespace imslab::lab
