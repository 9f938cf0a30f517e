// Asking a running node: one line into its control socket, its answer until it closes.
#include "lab/control.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lab/unix_socket.h"

namespace imslab::lab {

Result<std::string, std::string> ask_node(const std::string& control_socket,
                                          std::string_view question,
                                          Deadline deadline) {
    const auto address = unix_address(control_socket);
    if (!address) return failure(address.error());
    const auto connection = connect_to(*address);
    if (!connection) {
        return failure("no answer from " + control_socket + ": " + std::strerror(errno) +
                       "; is the lab up? `imslab up` starts it");
    }
    const std::string line = std::string(question) + "\n";
    if (send(connection.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) {
        return failure(std::string("the node hung up: ") + std::strerror(errno));
    }
    std::string answer;
    char chunk[16384];
    for (;;) {
        pollfd watched{connection.get(), POLLIN, 0};
        const auto left = milliseconds_until(deadline);
        const int happened = poll(&watched, 1, left);
        if (happened < 0 && errno == EINTR) continue;
        if (happened <= 0) return failure(std::string("the node does not answer"));
        const auto size = recv(connection.get(), chunk, sizeof chunk, 0);
        if (size <= 0) return answer;
        answer.append(chunk, static_cast<std::size_t>(size));
    }
}

}  // namespace imslab::lab
