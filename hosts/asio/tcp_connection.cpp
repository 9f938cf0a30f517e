// The only kind of connection that a node opens itself.
#include "hosts/asio/tcp_connection.h"

#include <utility>

#include "hosts/asio/sockaddr.h"

namespace imslab::host {
namespace {

constexpr int kReadsInARow = 4;  // so that one fast peer does not starve the others

bool would_block(const boost::system::error_code& error) {
    return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
}

}  // namespace

Streams::TcpConnection::TcpConnection(Streams& streams,
                                      boost::asio::ip::tcp::socket socket,
                                      Flow flow,
                                      bool accepted)
    : Connection(streams, std::move(flow), accepted), socket_(std::move(socket)) {}

void Streams::TcpConnection::shake_hands() {
    use_socket();
    opened();
}

void Streams::TcpConnection::use_socket() {
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
}

void Streams::TcpConnection::start_connecting() {
    const boost::asio::ip::tcp::endpoint remote(to_asio(flow_.remote.ip), flow_.remote.port);
    socket_.async_connect(remote, [self = self()](const boost::system::error_code& error) {
        if (self->state_ != State::connecting) return;
        if (error) return self->end(error.message());
        self->use_socket();
        self->opened();
        if (self->state_ == State::open) self->flush();
    });
}

// ---- reading

void Streams::TcpConnection::read() {
    if (std::exchange(waits_to_read_, true)) return;
    socket_.async_wait(boost::asio::ip::tcp::socket::wait_read,
                       [self = self()](const boost::system::error_code& error) {
                           self->waits_to_read_ = false;
                           if (error || self->state_ == State::ended) return;
                           if (self->reads_) self->on_readable();
                           if (self->state_ != State::ended && self->reads_) self->read();
                       });
}

void Streams::TcpConnection::on_readable() {
    for (int i = 0; i < kReadsInARow; ++i) {
        boost::system::error_code error;
        const std::size_t size = socket_.read_some(boost::asio::buffer(streams_.buffer_), error);
        if (would_block(error)) return;
        if (error == boost::asio::error::eof) return end("closed by the peer");
        if (error) return end(error.message());
        heard();
        if (state_ == State::draining) continue;  // refused: nothing of it is kept
        if (!on_octets({streams_.buffer_.data(), size})) return;
    }
}

// ---- writing

void Streams::TcpConnection::flush() {
    while (!queue_.empty() && state_ == State::open) {
        const std::string& front = queue_.front();
        boost::system::error_code error;
        const std::size_t size = socket_.write_some(
            boost::asio::buffer(front.data() + front_taken_, front.size() - front_taken_), error);
        if (would_block(error)) return wait_writable();
        if (error) return end(error.message());
        taken(size);
    }
}

void Streams::TcpConnection::wait_writable() {
    if (std::exchange(writing_, true)) return;
    socket_.async_wait(boost::asio::ip::tcp::socket::wait_write,
                       [self = self()](const boost::system::error_code& error) {
                           self->writing_ = false;
                           if (!error && self->state_ != State::ended) self->flush();
                       });
}

void Streams::TcpConnection::finish() {
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

void Streams::TcpConnection::close_socket() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace imslab::host
