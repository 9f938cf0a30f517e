// Beast frames; messages are bounded as on every other transport. Compression is not offered: a few
// octets of it may stand for a great many.
#include "hosts/asio/web_socket_connection.h"

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <optional>
#include <utility>

#include "core/utf8.h"
#include "hosts/asio/tls_context.h"
#include "hosts/asio/web_socket_handshake.h"

namespace imslab::host {
namespace {

namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::asio::ip::tcp;
using boost::system::error_code;
using TlsStream = boost::asio::ssl::stream<tcp::socket>;

constexpr std::uint32_t kRequestBytes = 8192;  // the handshake's request, all its fields
constexpr std::size_t kChunk = 8192;

template <class Below>
class WebSocketConnection final : public Streams::Connection {
public:
    template <class... Arguments>
    WebSocketConnection(Streams& streams, const Flow& flow, Arguments&&... below)
        : Connection(streams, flow, true), stream_(std::forward<Arguments>(below)...) {}

private:
    static constexpr bool kSecure = std::is_same_v<Below, TlsStream>;

    std::shared_ptr<WebSocketConnection> self() {
        return std::static_pointer_cast<WebSocketConnection>(shared_from_this());
    }
    tcp::socket& socket() {
        if constexpr (kSecure)
            return stream_.next_layer().next_layer();
        else
            return stream_.next_layer();
    }

    // ---- TLS, then HTTP, then WebSocket

    void shake_hands() override {
        error_code ignored;
        socket().set_option(tcp::no_delay(true), ignored);
        if constexpr (kSecure) {
            stream_.next_layer().async_handshake(boost::asio::ssl::stream_base::server,
                                                 [self = self()](const error_code& error) {
                                                     if (self->state_ != State::handshaking) return;
                                                     if (error) return self->end(error.message());
                                                     self->read_request();
                                                 });
        } else {
            read_request();
        }
    }

    void read_request() {
        request_.emplace();
        request_->header_limit(kRequestBytes);
        http::async_read_header(stream_.next_layer(),
                                buffer_,
                                *request_,
                                [self = self()](const error_code& error, std::size_t) {
                                    if (self->state_ != State::handshaking) return;
                                    if (error) return self->end(error.message());
                                    self->on_request();
                                });
    }

    void on_request() {
        if (auto refusal = refusal_of(request_->get())) return refuse(*std::move(refusal));
        if (buffer_.size() != 0) return end("octets came before the handshake was answered");
        stream_.set_option(
            websocket::stream_base::decorator([](websocket::response_type& response) {
                response.set(http::field::sec_websocket_protocol, kSipSubprotocol);
            }));
        // Deadlines are this host's own (StreamLimits).
        stream_.set_option(websocket::stream_base::timeout{
            websocket::stream_base::none(), websocket::stream_base::none(), false});
        stream_.read_message_max(limits().message.message_bytes);
        stream_.auto_fragment(false);
        stream_.control_callback(
            [this](websocket::frame_type, boost::beast::string_view) { heard(); });
        stream_.async_accept(request_->get(), [self = self()](const error_code& error) {
            if (self->state_ != State::handshaking) return;
            self->request_.reset();
            if (error) return self->end(error.message());
            self->opened();
        });
    }

    void refuse(UpgradeRefusal refusal) {
        refusal_.emplace(std::move(refusal));
        http::async_write(
            stream_.next_layer(), *refusal_, [self = self()](const error_code&, std::size_t) {
                if (self->state_ != State::handshaking) return;
                auto why = self->refusal_->body();
                why.pop_back();
                error_code ignored;
                self->socket().shutdown(tcp::socket::shutdown_send, ignored);
                self->end(why);
            });
    }

    // ---- messages

    void read() override {
        stream_.async_read_some(
            buffer_, kChunk, [self = self()](const error_code& error, std::size_t) {
                if (self->state_ != State::ended) self->on_read(error);
            });
    }

    void on_read(const error_code& error) {
        if (error == websocket::error::closed || error == boost::asio::error::eof ||
            error == boost::asio::ssl::error::stream_truncated)
            return end("closed by the peer");
        if (error) return end(error.message());
        heard();
        if (held_ == 0) since_ = Clock::now();
        hold(state_ == State::open ? buffer_.size() : 0);
        if (stream_.is_message_done()) {
            std::string message(static_cast<const char*>(buffer_.data().data()), buffer_.size());
            buffer_.consume(buffer_.size());
            hold(0);
            if (state_ == State::open && !is_keep_alive(message)) on_message(std::move(message));
        } else if (streams_.holds_too_much()) {
            return end("too many octets of unfinished messages are held");
        }
        if (state_ != State::ended) read();
    }

    // RFC 5626 §4.4.1 in a message of its own, as some browser phones send it beside RFC 7118 §6.
    bool is_keep_alive(std::string_view message) {
        if (message.find_first_not_of("\r\n") != message.npos) return false;
        if (message == "\r\n\r\n") write("\r\n");
        return true;
    }

    void flush() override {
        if (queue_.empty() || state_ != State::open || std::exchange(writing_, true)) return;
        stream_.text(is_utf8(queue_.front()));  // RFC 7118 §4.2, RFC 6455 §5.6
        stream_.async_write(boost::asio::buffer(queue_.front()),
                            [self = self()](const error_code& error, std::size_t size) {
                                self->writing_ = false;
                                if (self->state_ == State::ended) return;
                                if (error) return self->end(error.message());
                                self->taken(size);
                                self->flush();
                            });
    }

    // RFC 7118 §6: a ping now and then tells whether somebody is still there, and keeps what lies
    // between open.
    void on_silence(Clock::duration silence) override {
        // It has closed, or framed wrongly and was told so; it need not be waited for any longer.
        if (!stream_.is_open()) {
            if (silence > limits().linger) end("the WebSocket is closed");
            return;
        }
        if (silence < limits().ping || std::exchange(pinging_, true)) return;
        stream_.async_ping({}, [self = self()](const error_code&) { self->pinging_ = false; });
    }

    void finish() override {
        stream_.async_close(websocket::close_code::normal,
                            [self = self()](const error_code&) { self->end("closed"); });
    }

    void close_socket() override {
        error_code ignored;
        socket().close(ignored);
    }

    websocket::stream<Below> stream_;
    boost::beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::empty_body>> request_;
    std::optional<UpgradeRefusal> refusal_;
    bool pinging_ = false;
};

}  // namespace

std::shared_ptr<Streams::Connection> make_web_socket_connection(Streams& streams,
                                                                tcp::socket socket,
                                                                const Flow& flow,
                                                                TlsContext* context) {
    if (context == nullptr)
        return std::make_shared<WebSocketConnection<tcp::socket>>(streams, flow, std::move(socket));
    return std::make_shared<WebSocketConnection<TlsStream>>(
        streams, flow, std::move(socket), context->ssl);
}

}  // namespace imslab::host
