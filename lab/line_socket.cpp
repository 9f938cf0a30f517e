// Lines over a Unix socket.
#include "lab/line_socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lab/interrupt.h"
#include "lab/unix_socket.h"

namespace imslab::lab {

namespace {

constexpr std::size_t kLongestLine = 1U << 20U;

}  // namespace

Result<LineSocket, std::string> LineSocket::connect(const std::string& path) {
    const auto address = unix_address(path);
    if (!address) return failure(address.error());
    auto made = connect_to(*address);
    if (!made) return failure("no answer from " + path + ": " + std::strerror(errno));
    return LineSocket(std::move(made));
}

Result<Descriptor, std::string> LineSocket::listen(const std::string& path) {
    const auto address = unix_address(path);
    if (!address) return failure(address.error());
    unlink(path.c_str());
    Descriptor made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const mode_t before = umask(0177);
    const bool bound =
        bind(made.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
    umask(before);
    if (!bound || ::listen(made.get(), 4) != 0)
        return failure("cannot listen on " + path + ": " + std::strerror(errno));
    return made;
}

bool LineSocket::write(const std::string& line) {
    const auto text = line + "\n";
    for (std::size_t at = 0; at < text.size();) {
        const auto size = send(socket_.get(), text.data() + at, text.size() - at, MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) {
            ended_ = true;
            return false;
        }
        at += static_cast<std::size_t>(size);
    }
    return true;
}

std::optional<std::string> LineSocket::buffered() {
    const auto end = received_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    auto line = received_.substr(0, end);
    received_.erase(0, end + 1);
    return line;
}

void LineSocket::take() {
    char chunk[4096];
    const auto size = recv(socket_.get(), chunk, sizeof chunk, MSG_DONTWAIT);
    if (size > 0) received_.append(chunk, static_cast<std::size_t>(size));
    if (size == 0 || received_.size() > kLongestLine) ended_ = true;
    if (size < 0 && errno != EAGAIN && errno != EINTR) ended_ = true;
}

std::optional<std::string> LineSocket::read(Deadline deadline) {
    for (;;) {
        if (auto line = buffered()) return line;
        if (!open() || Interrupt::hurries()) return std::nullopt;
        pollfd watched{socket_.get(), POLLIN, 0};
        const int happened = poll(&watched, 1, milliseconds_until(deadline));
        if (happened == 0) return std::nullopt;
        if (happened > 0) take();
    }
}

std::optional<std::string> LineSocket::read_now() {
    if (auto line = buffered()) return line;
    if (open()) take();
    return buffered();
}

}  // namespace imslab::lab
