// The same framing as over TCP, inside TLS.
#include "hosts/asio/tls_connection.h"

#include <array>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "hosts/asio/sockaddr.h"
#include "hosts/asio/tls_context.h"

namespace imslab::host {
namespace {

using boost::system::error_code;

class TlsConnection final : public Streams::Connection {
public:
    TlsConnection(Streams& streams,
                  boost::asio::ip::tcp::socket socket,
                  const Flow& flow,
                  TlsContext& context,
                  TlsRole role)
        : Connection(streams, flow, role.accepted),
          stream_(std::move(socket), context.ssl),
          role_(role) {
        if (!role.asks_for_certificate) return;
        error_code ignored;
        stream_.set_verify_mode(boost::asio::ssl::verify_peer, ignored);
        stream_.set_verify_callback([](bool, boost::asio::ssl::verify_context&) { return true; },
                                    ignored);
    }

    void start_connecting() override {
        const boost::asio::ip::tcp::endpoint remote(to_asio(flow_.remote.ip), flow_.remote.port);
        stream_.next_layer().async_connect(remote, [self = self()](const error_code& error) {
            if (self->state_ != State::connecting) return;
            if (error) return self->end(error.message());
            self->start_handshake();
        });
    }
    std::string peer_certificate() override { return peer_certificate_of(stream_.native_handle()); }

private:
    std::shared_ptr<TlsConnection> self() {
        return std::static_pointer_cast<TlsConnection>(shared_from_this());
    }

    void shake_hands() override {
        error_code ignored;
        stream_.next_layer().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
        stream_.async_handshake(role_.accepted ? boost::asio::ssl::stream_base::server
                                               : boost::asio::ssl::stream_base::client,
                                [self = self()](const error_code& error) {
                                    if (self->state_ != State::handshaking) return;
                                    if (error) return self->end(error.message());
                                    self->opened();
                                    if (self->state_ == State::open) self->flush();
                                });
    }

    void read() override {
        if (std::exchange(reading_, true)) return;
        stream_.async_read_some(boost::asio::buffer(buffer_),
                                [self = self()](const error_code& error, std::size_t size) {
                                    self->reading_ = false;
                                    if (self->state_ != State::ended) self->on_read(error, size);
                                });
    }

    // An end without close_notify is no end of a message: framing notices what is missing.
    void on_read(const error_code& error, std::size_t size) {
        if (error == boost::asio::error::eof || error == boost::asio::ssl::error::stream_truncated)
            return end("closed by the peer");
        if (error) return end(error.message());
        heard();
        if (state_ == State::open) on_octets({buffer_.data(), size});
        if (state_ != State::ended && reads_) read();
    }

    void flush() override {
        if (queue_.empty() || state_ != State::open || std::exchange(writing_, true)) return;
        boost::asio::async_write(stream_,
                                 boost::asio::buffer(queue_.front()),
                                 [self = self()](const error_code& error, std::size_t size) {
                                     self->writing_ = false;
                                     if (self->state_ == State::ended) return;
                                     if (error) return self->end(error.message());
                                     self->taken(size);
                                     self->flush();
                                 });
    }

    void finish() override {
        stream_.async_shutdown([self = self()](const error_code&) { self->end("closed"); });
    }

    void close_socket() override {
        error_code ignored;
        stream_.next_layer().close(ignored);
    }

    boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream_;
    const TlsRole role_;
    std::array<char, 16'384> buffer_;  // as much as a record of TLS has
    bool reading_ = false;
};

}  // namespace

std::shared_ptr<Streams::Connection> make_tls_connection(Streams& streams,
                                                         boost::asio::ip::tcp::socket socket,
                                                         const Flow& flow,
                                                         TlsContext& context,
                                                         TlsRole role) {
    return std::make_shared<TlsConnection>(streams, std::move(socket), flow, context, role);
}

}  // namespace imslab::host
