// Framing (RFC 6733 §3), whose message it is, and writing without waiting.
#include "hosts/diameter/connection.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <random>

#include "diameter/message.h"
#include "hosts/asio/sockaddr.h"
#include "hosts/diameter/endpoint.h"

namespace imslab::host {
namespace {

constexpr std::size_t kHeader = 20;
constexpr std::size_t kLargestMessage = 65'535;  // as freeDiameter has it
constexpr std::size_t kInput = 4 * kLargestMessage;
constexpr int kReadsInARow = 4;
constexpr int kPipe = 1 << 20;                 // what freeDiameter may leave unread
constexpr std::size_t kMostOutput = 32 << 20;  // what a peer may leave unread
constexpr std::uint32_t kMostAsked = 1 << 16;  // later answers than these are not waited for
constexpr std::uint32_t kCapabilities = 257, kDisconnectPeer = 282;
constexpr std::uint32_t kOriginHost = 264;

std::uint32_t number_at(std::string_view octets, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value = value << 8U | static_cast<std::uint8_t>(octets[at + i]);
    }
    return value;
}
std::size_t length_of(std::string_view message) { return number_at(message, 1, 3); }
bool is_request(std::string_view message) {
    return (static_cast<std::uint8_t>(message[4]) & 0x80U) != 0;
}
std::uint32_t command_of(std::string_view message) { return number_at(message, 5, 3); }
std::uint32_t application_of(std::string_view message) { return number_at(message, 8, 4); }
std::uint32_t hop_by_hop_of(std::string_view message) { return number_at(message, 12, 4); }

void put_hop_by_hop(std::string& message, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
        message[12 + i] = static_cast<char>(value >> (8 * (3 - i)) & 0xFFU);
    }
}

bool is_good_capabilities_answer(std::string_view message) {
    if (command_of(message) != kCapabilities || is_request(message)) return false;
    const auto answer = diameter::decode(message);
    if (!answer) return false;
    const auto result = diameter::result_of(*answer);
    return result && result->is_success();
}

// A thread that freeDiameter cancels leaves no message half read behind.
class Uncancelled {
public:
    Uncancelled() { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
    Uncancelled(const Uncancelled&) = delete;
    Uncancelled& operator=(const Uncancelled&) = delete;
    ~Uncancelled() { ::pthread_setcancelstate(before_, nullptr); }

private:
    int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace

std::shared_ptr<Connection> Connection::adopt(boost::asio::io_context& io,
                                              int socket,
                                              DiameterEndpoint& endpoint) {
    if (remote_address_of(socket).port == 0) return nullptr;
    const int own = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    int ends[2];
    if (own < 0 || ::pipe2(ends, O_CLOEXEC) != 0) {
        ::close(own);
        return nullptr;
    }
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    ::fcntl(ends[1], F_SETPIPE_SZ, kPipe);
    const int on = 1;  // freeDiameter wants Nagle's algorithm, which stalls a request up to 44 ms
    ::setsockopt(own, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return std::shared_ptr<Connection>(new Connection(io, own, ends[0], ends[1], endpoint));
}

Connection::Connection(boost::asio::io_context& io,
                       int socket,
                       int read_end,
                       int write_end,
                       DiameterEndpoint& endpoint)
    : endpoint_(endpoint),
      io_(io),
      stream_(io),
      socket_(socket),
      pipe_read_end_(read_end),
      pipe_write_end_(write_end),
      flow_{Transport::tcp, local_address_of(socket), remote_address_of(socket), 0},
      next_hop_by_hop_(std::random_device{}()) {}

Connection::~Connection() {
    if (stream_.is_open()) stream_.release();
    ::close(socket_);
    ::close(pipe_read_end_);
    if (pipe_write_end_ >= 0) ::close(pipe_write_end_);
}

// ---- freeDiameter's threads

ssize_t Connection::read_for_library(void* into, std::size_t size) {
    // Between messages the thread may be cancelled, and another one goes on.
    if (unread_ == 0) {
        pollfd watched{pipe_read_end_, POLLIN, 0};
        while (::poll(&watched, 1, -1) < 0) {
        }
    }
    const Uncancelled whole;
    ssize_t count = -1;
    do {
        count = ::read(pipe_read_end_, into, size);
    } while (count < 0 && errno == EINTR);
    if (count <= 0) return 0;
    const auto taken = static_cast<std::size_t>(count);
    // freeDiameter reads version and length first, four octets at once
    if (unread_ == 0 && taken >= 4) unread_ = length_of({static_cast<const char*>(into), 4});
    unread_ -= std::min(unread_, taken);
    return count;
}

bool Connection::write_from_library(std::string_view message) {
    const Uncancelled whole;
    if (ended_ || message.size() < kHeader) return false;
    endpoint_.record(trace::Direction::sent, flow_, message);
    if (is_good_capabilities_answer(message)) open_ = true;
    const std::lock_guard lock(mutex_);
    output_ += message;
    return write_out();
}

// ---- the loop's thread: reading

void Connection::watch() {
    if (ended_) return;
    stream_.assign(socket_);
    input_.resize(kInput);
    wait_for_input();
}

void Connection::wait_for_input() {
    stream_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (error || self->ended_) return;
                           self->read();
                           if (!self->ended_) self->wait_for_input();
                       });
}

void Connection::read() {
    for (int i = 0; i < kReadsInARow && !ended_; ++i) {
        const auto room = input_.size() - filled_;
        const auto size = ::recv(socket_, input_.data() + filled_, room, MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (size <= 0) return end(size == 0 ? "the peer closed it" : std::strerror(errno));
        filled_ += static_cast<std::size_t>(size);
        const auto taken = take_messages({input_.data(), filled_});
        filled_ -= taken;
        std::memmove(input_.data(), input_.data() + taken, filled_);
        if (static_cast<std::size_t>(size) < room) return;
    }
}

// How many octets of whole messages there were.
std::size_t Connection::take_messages(std::string_view octets) {
    std::size_t taken = 0;
    while (!ended_ && octets.size() - taken >= 4) {
        const auto rest = octets.substr(taken);
        const auto length = length_of(rest);
        if (rest[0] != 1 || length < kHeader || length > kLargestMessage) {
            end("what came is no Diameter message");
            return octets.size();
        }
        if (rest.size() < length) break;
        on_message(rest.substr(0, length));
        taken += length;
    }
    return taken;
}

void Connection::on_message(std::string_view message) {
    endpoint_.record(trace::Direction::received, flow_, message);
    const Application* application = endpoint_.find_application(application_of(message));
    if (application == nullptr || !open_) return on_base_message(message);
    if (!is_request(message)) return on_answer(*application, message);
    if (!endpoint_.on_request(*this, *application, message) && !give_to_library(message))
        end("freeDiameter does not take it");
}

void Connection::on_base_message(std::string_view message) {
    const bool is_base = application_of(message) == 0;
    if (is_base && command_of(message) == kCapabilities) {
        if (const auto capabilities = diameter::decode(message)) {
            if (const auto* host = capabilities->find(kOriginHost)) identity_ = host->data;
        }
        if (is_good_capabilities_answer(message)) open_ = true;
    }
    // Its DPR, or the answer to ours: that peer is gone, or about to be.
    if (is_base && command_of(message) == kDisconnectPeer) left_ = true;
    if (!give_to_library(message)) end("freeDiameter does not take it");
}

void Connection::on_answer(const Application& application, std::string_view message) {
    const auto found = asked_.find(hop_by_hop_of(message));
    if (found == asked_.end())
        return endpoint_.note(LogLevel::warning, "an answer to nothing that was asked is dropped");
    const AskId id = found->second;
    asked_.erase(found);
    endpoint_.on_answer(id, application, message);
}

bool Connection::give_to_library(std::string_view message) {
    while (!message.empty()) {
        const auto written = ::write(pipe_write_end_, message.data(), message.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        message.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

// freeDiameter reads the end of its pipe and does what it does when a connection breaks.
void Connection::end(const char* why) {
    if (ended_.exchange(true)) return;
    const auto self = shared_from_this();
    if (stream_.is_open()) stream_.release();
    ::shutdown(socket_, SHUT_RDWR);
    ::close(std::exchange(pipe_write_end_, -1));
    if (open_ && !left_)
        endpoint_.note(LogLevel::info, "Diameter connection with " + identity_ + " ended: " + why);
    for (const auto& [hop_by_hop, id] : std::exchange(asked_, {})) endpoint_.on_lost(id);
    endpoint_.forget(*this);
}

// ---- the loop's thread: writing

void Connection::ask(AskId id, std::string& request) {
    const auto hop_by_hop = next_hop_by_hop_++;
    asked_.erase(hop_by_hop - kMostAsked);
    asked_.emplace(hop_by_hop, id);
    put_hop_by_hop(request, hop_by_hop);
    answer(request);
}

void Connection::answer(std::string_view message) {
    if (ended_) return;
    endpoint_.record(trace::Direction::sent, flow_, message);
    const std::lock_guard lock(mutex_);
    output_ += message;
}

void Connection::flush() {
    {
        const std::lock_guard lock(mutex_);
        if (write_out()) return;
    }
    end(std::strerror(errno));
}

bool Connection::write_out() {
    std::size_t written = 0;
    while (written < output_.size() && !waits_for_room_) {
        const auto size = ::send(socket_,
                                 output_.data() + written,
                                 output_.size() - written,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size >= 0) {
            written += static_cast<std::size_t>(size);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            waits_for_room_ = true;
            boost::asio::post(io_, [self = shared_from_this()] { self->wait_for_room(); });
        } else if (errno != EINTR) {
            output_.clear();
            return false;
        }
    }
    output_.erase(0, written);
    if (output_.size() < kMostOutput) return true;
    errno = ENOBUFS;
    return false;
}

void Connection::wait_for_room() {
    if (ended_) return;
    stream_.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           if (error || self->ended_) return;
                           {
                               const std::lock_guard lock(self->mutex_);
                               self->waits_for_room_ = false;
                           }
                           self->flush();
                       });
}

}  // namespace imslab::host
