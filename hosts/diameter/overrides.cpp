// Definitions in the executable that take precedence over the C library's for libfdcore:
// setsockopt, where it turns Nagle's algorithm on (its requests would stall up to 44 ms);
// getnameinfo, where it resolves each client's name (a name server that does not answer would
// stall the connection); connect, where it cannot be told from which address; random, with which it
// spreads reconnections over 4 s.
#include "hosts/diameter/overrides.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <mutex>
#include <utility>
#include <vector>

#include "hosts/asio/sockaddr.h"

namespace imslab::host {
namespace {

// Until it listens there are few.
constexpr std::size_t kMostSockets = 64;
std::optional<Address> source;
bool listens = false;
std::atomic<std::uint16_t> source_port = 0;
// Of a process that listens: one of them does; which this thread connects next.
std::mutex mutex;
std::vector<int> sockets;
thread_local int unbound = -1;

void bind_to_source(int socket) {
    const SocketAddress from(*source);
    if (::bind(socket, from.data(), from.size) == 0) source_port = local_address_of(socket).port;
}

// libfdcore sets its options between socket() and bind() or connect().
void on_diameter_socket(int socket) {
    if (!listens) {
        if (source) bind_to_source(socket);
        return;
    }
    unbound = socket;
    const std::lock_guard lock(mutex);
    if (sockets.size() < kMostSockets) sockets.push_back(socket);
}

void on_connecting(int socket) {
    if (source && std::exchange(unbound, -1) == socket) bind_to_source(socket);
}

bool accepts(int socket) {
    int accepting = 0;
    socklen_t size = sizeof accepting;
    return ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &size) == 0 &&
           accepting != 0;
}

}  // namespace

void set_diameter_source(const std::optional<Address>& wanted, bool also_listens) {
    source = wanted;
    listens = also_listens;
}

bool diameter_listens() {
    const std::lock_guard lock(mutex);
    return std::any_of(sockets.begin(), sockets.end(), accepts);
}

}  // namespace imslab::host

extern "C" {

int setsockopt(int socket, int level, int name, const void* value, socklen_t size) noexcept {
    const int on = 1;
    // Nobody else turns TCP_NODELAY off.
    const bool nagle = level == IPPROTO_TCP && name == TCP_NODELAY && size == sizeof on &&
                       *static_cast<const int*>(value) == 0;
    if (nagle) value = &on;
    const auto result =
        static_cast<int>(::syscall(SYS_setsockopt, socket, level, name, value, size));
    if (nagle && result == 0) imslab::host::on_diameter_socket(socket);
    return result;
}

int connect(int socket, const struct sockaddr* address, socklen_t size) {
    imslab::host::on_connecting(socket);
    return static_cast<int>(::syscall(SYS_connect, socket, address, size));
}

int getnameinfo(const struct sockaddr* address,
                socklen_t,
                char* host,
                socklen_t host_size,
                char* service,
                socklen_t service_size,
                int) {
    imslab::host::SocketAddress name;
    if (address->sa_family == AF_INET6) {
        reinterpret_cast<sockaddr_in6&>(name.storage) =
            *reinterpret_cast<const sockaddr_in6*>(address);
    } else if (address->sa_family == AF_INET) {
        reinterpret_cast<sockaddr_in&>(name.storage) =
            *reinterpret_cast<const sockaddr_in*>(address);
    } else {
        return EAI_FAMILY;
    }
    const imslab::Address value = name.address();
    if (host != nullptr) std::snprintf(host, host_size, "%s", value.ip.to_string().c_str());
    if (service != nullptr) std::snprintf(service, service_size, "%u", unsigned{value.port});
    return 0;
}

// Added to Tc: nothing before the first attempt, 0.2 s before the others (a multiple of 4, of which
// no whole seconds are taken).
long random() noexcept { return imslab::host::source_port == 0 ? 0 : 200'000'000; }
}
