// UDP sockets: a non-blocking drain of up to 32 datagrams a readiness, ICMP errors as SendFailed.
#include "hosts/asio/datagrams.h"

#include <linux/errqueue.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "hosts/asio/sockaddr.h"

namespace imslab::host {
namespace {

constexpr int kDrain = 32;
constexpr int kReceiveBuffer = 8 << 20;  // what the kernel grants is bounded by rmem_max
constexpr std::size_t kLargestDatagram = 65'536;

// RFC 5626 §3.5.1 keep-alives and other white space: nothing to hand to a node.
bool is_blank(std::string_view bytes) {
    return bytes.find_first_not_of("\r\n \t") == std::string_view::npos;
}

void set(int socket, int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof value);
}

}  // namespace

DatagramSocket::DatagramSocket(boost::asio::io_context& io, int socket, Happenings& happenings)
    : descriptor_(io, socket),
      socket_(socket),
      happenings_(happenings),
      local_(local_address_of(socket)),
      buffer_(kLargestDatagram) {}

Result<std::unique_ptr<DatagramSocket>, std::string> DatagramSocket::bind(
    boost::asio::io_context& io, const Address& address, Happenings& happenings) {
    const SocketAddress name(address);
    const int socket =
        ::socket(name.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return failure(why_not_listening(address, "udp", errno));
    if (::bind(socket, name.data(), name.size) != 0) {
        const int error = errno;
        ::close(socket);
        return failure(why_not_listening(address, "udp", error));
    }
    set(socket, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
    set(socket, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer);  // as root, beyond rmem_max
    set(socket, SOL_SOCKET, SO_SNDBUF, kReceiveBuffer);
    if (address.ip.is_v6()) {
        set(socket, IPPROTO_IPV6, IPV6_RECVERR, 1);
    } else {
        set(socket, IPPROTO_IP, IP_RECVERR, 1);
    }
    std::unique_ptr<DatagramSocket> result(new DatagramSocket(io, socket, happenings));
    result->wait();
    return result;
}

void DatagramSocket::close() {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
}

void DatagramSocket::wait() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [this](const boost::system::error_code& error) {
                               if (error) return;
                               on_readable();
                               if (descriptor_.is_open()) wait();
                           });
}

void DatagramSocket::on_readable() {
    SocketAddress from;
    for (int i = 0; i < kDrain; ++i) {
        from.size = sizeof from.storage;
        const auto size =
            ::recvfrom(socket_, buffer_.data(), buffer_.size(), 0, from.data(), &from.size);
        if (size < 0) {
            if (errno == EAGAIN || errno == EWOULDBLOCK) return;
            if (errno != EINTR) read_errors();
            continue;
        }
        const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(size));
        if (is_blank(bytes)) continue;
        happenings_.happened(
            Arrived{Flow{Transport::udp, local_, from.address(), 0}, std::string(bytes)});
        if (!descriptor_.is_open()) return;
    }
}

void DatagramSocket::send(const Flow& flow, std::string_view bytes) {
    const SocketAddress to(flow.remote);
    for (int attempt = 0; attempt < 4; ++attempt) {
        if (::sendto(socket_, bytes.data(), bytes.size(), 0, to.data(), to.size) >= 0) return;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            // RFC 3261 §17.1.1.2: a datagram that is lost is sent again by its transaction.
            happenings_.noted(
                LogLevel::warning,
                "datagram to " + flow.remote.to_string() + " dropped: the send buffer is full");
            return;
        }
        if (errno != EINTR && errno != ECONNREFUSED && errno != EHOSTUNREACH) break;
        if (errno != EINTR) read_errors();  // of an earlier datagram: report it, send this one
    }
    happenings_.happened(SendFailed{flow, std::strerror(errno)});
}

// RFC 3261 §18.4: an ICMP error is told to the node, with the address it is about.
void DatagramSocket::read_errors() {
    for (int i = 0; i < kDrain; ++i) {
        SocketAddress to;
        std::array<char, 1> octet{};
        std::array<char, 512> control{};
        iovec part{octet.data(), octet.size()};
        msghdr message{};
        message.msg_name = to.data();
        message.msg_namelen = to.size;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (::recvmsg(socket_, &message, MSG_ERRQUEUE) < 0) return;
        for (cmsghdr* part_of = CMSG_FIRSTHDR(&message); part_of != nullptr;
             part_of = CMSG_NXTHDR(&message, part_of)) {
            const bool v4 = part_of->cmsg_level == IPPROTO_IP && part_of->cmsg_type == IP_RECVERR;
            const bool v6 =
                part_of->cmsg_level == IPPROTO_IPV6 && part_of->cmsg_type == IPV6_RECVERR;
            if (!v4 && !v6) continue;
            sock_extended_err error{};
            std::memcpy(&error, CMSG_DATA(part_of), sizeof error);
            happenings_.happened(SendFailed{Flow{Transport::udp, local_, to.address(), 0},
                                            std::strerror(static_cast<int>(error.ee_errno))});
        }
    }
}

}  // namespace imslab::host
