// How octets become requests and answers octets: Beast parses, and frames where a connection has
// become a WebSocket. Compression is not offered: a few octets of it may stand for a great many.
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <optional>
#include <sstream>
#include <utility>

#include "hosts/asio/http_connection.h"
#include "hosts/asio/tls_context.h"

namespace imslab::host {

namespace {

namespace beast = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::asio::ip::tcp;
using boost::system::error_code;
using TlsStream = boost::asio::ssl::stream<tcp::socket>;
using Becomes = http::Response::Becomes;

constexpr std::size_t kChunk = 16'384, kSmallChunk = 512;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::string_view kComment = ":\n\n";  // of an event stream: nothing has happened

// What a request that cannot be read is answered (RFC 9110 §15.5, §15.6).
int refusal_of(const error_code& error) {
    if (error == beast::error::header_limit) return 431;
    if (error == beast::error::body_limit) return 413;
    if (error == beast::error::bad_version) return 505;
    if (error == beast::error::bad_transfer_encoding) return 501;
    return 400;
}

// RFC 9112 §7.1
std::string chunk_of(std::string_view bytes) {
    std::ostringstream size;
    size << std::hex << bytes.size();
    return size.str().append("\r\n").append(bytes).append("\r\n");
}

std::string_view text(boost::beast::string_view view) { return {view.data(), view.size()}; }

}  // namespace

class HttpServer::Requests : public Connection {
public:
    Requests(HttpServer& server, const Flow& flow) : Connection(server, flow) { renew(); }

protected:
    using Parser = beast::request_parser<beast::string_body>;

    virtual void write(std::string_view bytes) = 0;  // written() follows
    virtual void interim(std::string_view bytes) = 0;
    virtual void shut_down() = 0;  // nothing more is written
    virtual void make_web_socket(http::Response response) = 0;

    void opened() { become(State::reading), read(); }

    void on_read(std::string_view octets) {
        switch (state_) {
            case State::reading:
                if (!is_begun()) since_ = Clock::now();
                buffer_.append(octets);
                return parse();
            case State::answering:
            case State::writing:
                // The next request, already: it waits.
                buffer_.append(octets);
                hold(buffer_.size());
                if (buffer_.size() < kChunk) read();
                return;
            case State::streaming:  // nobody asked for that
            case State::draining:
                return read();
            case State::handshaking:
            case State::ended:
                return;
        }
    }
    void on_read_failed(const error_code& error) {
        if (state_ != State::writing) return end(error.message());
        closing_ = true;  // it may still take the answer
    }

    // Of what is there already, or reads more.
    void parse() {
        if (!is_begun() && !buffer_.empty()) since_ = Clock::now();
        error_code error;
        while (!buffer_.empty() && !parser_->is_done() && !error) {
            const auto used = parser_->put(boost::asio::buffer(buffer_), error);
            if (server_.handlers_.on_message) raw_.append(buffer_, 0, used);
            buffer_.erase(0, used);
            if (parser_->is_header_done() && !std::exchange(header_seen_, true)) {
                if (const int status = objection(); status != 0) return refuse(status);
            }
            if (used == 0) break;
        }
        if (error && error != beast::error::need_more) return refuse(refusal_of(error));
        hold(buffer_.size() + (header_seen_ ? parser_->get().body().size() : 0));
        if (parser_->is_done()) return on_request();
        if (buffer_.size() >
            limits().message.field_octets + limits().message.target_octets + kChunk)
            return refuse(431);
        if (server_.held_octets_ > limits().held_octets) return refuse(503);
        if (header_seen_ && !std::exchange(continued_, true) &&
            http::equals_ignoring_case(text((*parser_).get()[beast::field::expect]),
                                       "100-continue"))
            write_interim();
        read();
    }

    void written(const error_code& error) {
        if (state_ == State::ended) return;
        if (error) return end(error.message());
        if (is_stream()) return streams();
        if (closing_) return drain();
        become(State::reading);
        renew();
        parse();
    }
    void drain() {
        become(State::draining);
        shut_down();
        read();
    }

    const Parser::value_type& request() const { return parser_->get(); }

private:
    bool is_begun() const override {
        return header_seen_ || !buffer_.empty() || parser_->got_some();
    }
    void renew() {
        parser_.emplace();
        parser_->eager(true);
        parser_->header_limit(static_cast<std::uint32_t>(limits().message.field_octets +
                                                         limits().message.target_octets));
        parser_->body_limit(limits().message.body_octets);
        header_seen_ = continued_ = false;
        raw_.clear();
    }

    // Known once the header section is there: the body need not be read.
    int objection() const {
        const auto& message = parser_->get();
        if (message.target().size() > limits().message.target_octets) return 414;
        const auto expect = text(message[beast::field::expect]);
        if (!expect.empty() && !http::equals_ignoring_case(expect, "100-continue")) return 417;
        // RFC 9112 §3.2: one Host, in every request of HTTP/1.1.
        if (message.version() >= 11 && message.count(beast::field::host) != 1) return 400;
        return 0;
    }

    void on_request() {
        auto& message = parser_->get();
        http::Request request;
        request.flow = flow_;
        request.cipher_suite = cipher_suite_;
        request.method = text(message.method_string());
        request.target = text(message.target());
        for (const auto& field : message)
            request.fields.add(std::string(text(field.name_string())),
                               std::string(text(field.value())));
        request.body = std::move(message.body());
        closing_ = !parser_->keep_alive();
        is_head_ = request.method == "HEAD";
        upgrades_ = message.count(beast::field::upgrade) != 0;
        record(trace::Direction::received, raw_);
        hold(buffer_.size());
        become(State::answering);
        const auto self = std::static_pointer_cast<Requests>(shared_from_this());
        server_.handlers_.on_request(std::move(request), [self](http::Response response) {
            if (self->state_ == State::answering) self->answer(std::move(response));
        });
        // Whoever waits may leave; where a WebSocket may begin, what comes is not ours to read.
        if (state_ == State::answering && !upgrades_ && buffer_.size() < kChunk) read();
    }

    void refuse(int status) override {
        if (!raw_.empty() || !buffer_.empty()) record(trace::Direction::received, raw_ + buffer_);
        buffer_.clear();
        hold(0);
        closing_ = true;
        is_head_ = false;
        if (status == 505) {
            http::Response response = http::Response::of(505);
            response.reason = "HTTP Version Not Supported";
            return answer(std::move(response));
        }
        answer(http::Response::of(status));
    }

    void answer(http::Response response) {
        if (response.becomes != Becomes::next_request) return answer_with_stream(response);
        become(State::writing);
        response.fields.set("Date", server_.date());
        if (closing_) response.fields.set("Connection", "close");
        auto bytes = http::to_bytes(response);
        if (is_head_) bytes.resize(bytes.find("\r\n\r\n") + 4);
        record(trace::Direction::sent, bytes);
        write(bytes);
    }

    void answer_with_stream(http::Response& response) {
        const bool web_socket = response.becomes == Becomes::web_socket;
        // Chunks are HTTP/1.1's, and a WebSocket is not for one who did not ask.
        const bool possible = request().version() >= 11 && web_socket == upgrades_ && !is_head_;
        if (!possible || server_.streams_ >= limits().streams) {
            if (server_.handlers_.on_gone) server_.handlers_.on_gone(flow_, "no stream");
            return answer(http::Response::of(possible ? 503 : 400));
        }
        become(State::writing);
        ++server_.streams_;
        becomes_ = response.becomes;
        closing_ = true;  // this is its last answer
        if (web_socket) return make_web_socket(std::move(response));
        response.fields.set("Date", server_.date());
        response.fields.set("Transfer-Encoding", "chunked");
        const auto bytes = http::to_bytes(response);
        record(trace::Direction::sent, bytes);
        write(bytes);
    }

    // RFC 9110 §10.1.1. Small enough for the socket's buffer; the body follows anyhow.
    void write_interim() { interim(kContinue); }

    std::optional<Parser> parser_;
    std::string buffer_, raw_;
    bool header_seen_ = false, continued_ = false, closing_ = false, is_head_ = false;
    bool upgrades_ = false;
};

template <class Stream>
class HttpServer::RequestsOn final : public Requests {
public:
    template <class... Arguments>
    RequestsOn(HttpServer& server, const Flow& flow, Arguments&&... stream)
        : Requests(server, flow), stream_(std::forward<Arguments>(stream)...) {}

    void start() override {
        error_code ignored;
        socket().set_option(tcp::no_delay(true), ignored);
        if constexpr (kSecure) {
            ++server_.handshakes_;
            stream_.async_handshake(
                boost::asio::ssl::stream_base::server, [self = self()](const error_code& error) {
                    --self->server_.handshakes_;
                    if (self->state_ == State::ended) return;
                    if (error) return self->end(error.message());
                    const auto* cipher = SSL_get_current_cipher(self->stream_.native_handle());
                    if (cipher != nullptr) self->cipher_suite_ = SSL_CIPHER_get_protocol_id(cipher);
                    self->opened();
                });
        } else {
            opened();
        }
    }

private:
    static constexpr bool kSecure = std::is_same_v<Stream, TlsStream>;

    std::shared_ptr<RequestsOn> self() {
        return std::static_pointer_cast<RequestsOn>(shared_from_this());
    }
    tcp::socket& socket() {
        if constexpr (kSecure)
            return web_socket_ ? web_socket_->next_layer().next_layer() : stream_.next_layer();
        else
            return web_socket_ ? web_socket_->next_layer() : stream_;
    }

    void read() override {
        if (web_socket_) return read_message();
        if (std::exchange(reading_, true)) return;
        // Who only waits needs little room: there may be very many of them.
        octets_.resize(state_ == State::reading ? kChunk : kSmallChunk);
        if (state_ != State::reading) octets_.shrink_to_fit();
        stream_.async_read_some(
            boost::asio::buffer(octets_), [self = self()](const error_code& error, std::size_t n) {
                self->reading_ = false;
                if (self->state_ == State::ended) return;
                error ? self->on_read_failed(error) : self->on_read({self->octets_.data(), n});
            });
    }
    void write(std::string_view bytes) override {
        output_ = bytes;
        boost::asio::async_write(
            stream_,
            boost::asio::buffer(output_),
            [self = self()](const error_code& error, std::size_t) { self->written(error); });
    }
    void interim(std::string_view bytes) override {
        error_code ignored;
        boost::asio::write(stream_, boost::asio::buffer(bytes), ignored);
    }
    void shut_down() override {
        error_code ignored;
        socket().shutdown(tcp::socket::shutdown_send, ignored);
    }
    void close_socket() override {
        error_code ignored;
        socket().close(ignored);
    }

    // ---- a stream of events

    void push_one(const std::string& bytes) override {
        const auto done = [self = self()](const error_code& error, std::size_t) {
            self->pushed(static_cast<bool>(error), error.message());
        };
        if (web_socket_) {
            web_socket_->text(true);
            web_socket_->async_write(boost::asio::buffer(bytes), done);
        } else {
            output_ = chunk_of(bytes);
            boost::asio::async_write(stream_, boost::asio::buffer(output_), done);
        }
    }
    void ping() override {
        if (!web_socket_) return push(std::string(kComment));
        if (std::exchange(pinging_, true)) return;
        web_socket_->async_ping({}, [self = self()](const error_code&) { self->pinging_ = false; });
    }
    void end_stream() override {
        if (web_socket_) {
            become(State::draining);
            return web_socket_->async_close(
                websocket::close_code::normal,
                [self = self()](const error_code&) { self->end("closed"); });
        }
        output_ = kLastChunk;
        become(State::draining);
        boost::asio::async_write(stream_,
                                 boost::asio::buffer(output_),
                                 [self = self()](const error_code& error, std::size_t) {
                                     if (self->state_ == State::ended) return;
                                     error ? self->end(error.message()) : self->drain();
                                 });
    }

    // ---- a WebSocket

    void make_web_socket(http::Response response) override {
        web_socket_.emplace(std::move(stream_));
        web_socket_->set_option(websocket::stream_base::decorator(
            [this, fields = std::move(response.fields)](websocket::response_type& answer) {
                for (const auto& [name, value] : fields) answer.set(name, value);
                std::ostringstream text;
                text << answer.base();
                record(trace::Direction::sent, text.str());
            }));
        // Deadlines are this host's own.
        web_socket_->set_option(websocket::stream_base::timeout{
            websocket::stream_base::none(), websocket::stream_base::none(), false});
        web_socket_->read_message_max(limits().heard_octets);
        web_socket_->auto_fragment(false);
        web_socket_->control_callback(
            [this](websocket::frame_type, boost::beast::string_view) { heard(); });
        web_socket_->async_accept(request(), [self = self()](const error_code& error) {
            if (self->state_ == State::ended) return;
            error ? self->end(error.message()) : self->streams();
        });
    }
    void read_message() {
        web_socket_->async_read(message_, [self = self()](const error_code& error, std::size_t) {
            if (self->state_ == State::ended) return;
            if (error == websocket::error::closed) return self->end("closed by the client");
            if (error) return self->end(error.message());
            self->heard();
            std::string message(static_cast<const char*>(self->message_.data().data()),
                                self->message_.size());
            self->message_.consume(self->message_.size());
            if (self->server_.handlers_.on_heard)
                self->server_.handlers_.on_heard(self->flow_, std::move(message));
            if (self->state_ != State::ended) self->read();
        });
    }
    bool is_open() const override { return !web_socket_ || web_socket_->is_open(); }

    Stream stream_;
    std::optional<websocket::stream<Stream>> web_socket_;
    boost::beast::flat_buffer message_;
    std::string octets_, output_;
    bool reading_ = false, pinging_ = false;
};

std::shared_ptr<HttpServer::Connection> HttpServer::make_connection(const Flow& flow,
                                                                    tcp::socket socket,
                                                                    TlsContext* tls) {
    if (tls == nullptr)
        return std::make_shared<RequestsOn<tcp::socket>>(*this, flow, std::move(socket));
    return std::make_shared<RequestsOn<TlsStream>>(*this, flow, std::move(socket), tls->ssl);
}

}  // namespace imslab::host
