// TCP and Unix sockets to a program that is just starting: it is tried until it listens.
#include "lab/program_wire.h"

#include <poll.h>
#include <sys/socket.h>

#include "hosts/asio/sockaddr.h"
#include "lab/unix_socket.h"

namespace imslab::lab {

Result<ProgramWire, std::string> ProgramWire::when_listening(
    const std::function<Descriptor()>& connect, Process& program, Deadline deadline) {
    for (;;) {
        if (auto connected = connect()) return ProgramWire(std::move(connected));
        if (!program.running())
            return failure("it ended while starting, " + how_it_ended(*program.ended()));
        if (milliseconds_until(deadline) == 0) return failure("it did not start in time");
        poll(nullptr, 0, 20);  // nothing tells of a socket that listens
    }
}

Result<ProgramWire, std::string> ProgramWire::to(const Address& listening,
                                                 Process& program,
                                                 Deadline deadline) {
    const host::SocketAddress address(listening);
    const auto connect = [&] {
        Descriptor made(socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(made.get(), address.data(), address.size) != 0) made.close();
        return made;
    };
    return when_listening(connect, program, deadline);
}

Result<ProgramWire, std::string> ProgramWire::to(const std::string& unix_socket,
                                                 Process& program,
                                                 Deadline deadline) {
    const auto address = unix_address(unix_socket);
    if (!address) return failure(address.error());
    return when_listening([&] { return connect_to(*address); }, program, deadline);
}

bool ProgramWire::send(std::string_view octets) {
    return ::send(socket_.get(), octets.data(), octets.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(octets.size());
}

std::optional<std::string> ProgramWire::receive(Deadline deadline) {
    pollfd watched{socket_.get(), POLLIN, 0};
    if (poll(&watched, 1, milliseconds_until(deadline)) <= 0) return std::nullopt;
    char chunk[16384];
    const auto size = recv(socket_.get(), chunk, sizeof chunk, 0);
    if (size <= 0) return std::nullopt;
    return std::string(chunk, static_cast<std::size_t>(size));
}

}  // namespace imslab::lab
