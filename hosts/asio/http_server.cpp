// Beast parses; requests of one connection are answered one after the other (RFC 9112 §9.3.2).
#include "hosts/asio/http_server.h"

#include <array>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <ctime>
#include <optional>
#include <utility>

#include "hosts/asio/sockaddr.h"
#include "hosts/asio/tls_context.h"

namespace imslab::host {

namespace {

namespace beast = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using TlsStream = boost::asio::ssl::stream<tcp::socket>;

constexpr std::size_t kChunk = 16'384;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// What a request that cannot be read is answered (RFC 9110 §15.5, §15.6).
int refusal_of(const error_code& error) {
    if (error == beast::error::header_limit) return 431;
    if (error == beast::error::body_limit) return 413;
    if (error == beast::error::bad_version) return 505;
    if (error == beast::error::bad_transfer_encoding) return 501;
    return 400;
}

std::string in_http(std::int64_t second) {
    const auto time = static_cast<std::time_t>(second);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 40> text{};
    const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), size};
}

}  // namespace

struct HttpServer::Listener {
    tcp::acceptor acceptor;
    Transport transport;
    Address local;
    boost::asio::steady_timer pause;
};

class HttpServer::Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(HttpServer& server, Flow flow)
        : server_(server), flow_(std::move(flow)), since_(Clock::now()) {
        renew();
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    virtual ~Connection() = default;

    const Flow& flow() const { return flow_; }
    virtual void start() = 0;
    void end() {
        if (std::exchange(state_, State::ended) == State::ended) return;
        hold(0);
        const auto self = shared_from_this();
        close_socket();
        server_.forget(*this);
    }
    bool is_shaking_hands() const { return state_ == State::handshaking; }
    void sweep(Clock::time_point now) {
        const auto& limits = server_.limits_;
        const auto silence = now - since_;
        if (state_ == State::handshaking && silence > limits.handshake) return end();
        if (state_ == State::draining && silence > limits.linger) return end();
        if (state_ == State::writing && silence > limits.unfinished) return end();
        if (state_ != State::reading) return;
        // RFC 9110 §15.5.9: nothing of a request has come, or not the rest of it.
        if (is_begun() && silence > limits.unfinished) return refuse(408);
        if (!is_begun() && silence > limits.idle) return end();
    }

protected:
    enum class State : std::uint8_t { handshaking, reading, answering, writing, draining, ended };
    using Parser = beast::request_parser<beast::string_body>;

    virtual void read() = 0;                         // on_read() follows
    virtual void write(std::string_view bytes) = 0;  // written() follows
    virtual void shut_down() = 0;                    // nothing more is written
    virtual void close_socket() = 0;

    void opened() { become(State::reading), read(); }
    void become(State state) {
        state_ = state;
        since_ = Clock::now();
    }

    void on_read(std::string_view octets) {
        if (state_ == State::draining) return read();
        if (!is_begun()) since_ = Clock::now();
        buffer_.append(octets);
        parse();
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
            server_.limits_.message.field_octets + server_.limits_.message.target_octets + kChunk)
            return refuse(431);
        if (server_.held_octets_ > server_.limits_.held_octets) return refuse(503);
        if (header_seen_ && !std::exchange(continued_, true) &&
            http::equals_ignoring_case(text((*parser_).get()[beast::field::expect]),
                                       "100-continue"))
            write_interim();
        read();
    }

    void written(const error_code& error) {
        if (state_ == State::ended) return;
        if (error) return end();
        if (closing_) {
            become(State::draining);
            shut_down();
            return read();
        }
        become(State::reading);
        renew();
        parse();
    }

    HttpServer& server_;
    const Flow flow_;
    std::uint16_t cipher_suite_ = 0;
    State state_ = State::handshaking;

private:
    static std::string_view text(boost::beast::string_view view) {
        return {view.data(), view.size()};
    }
    bool is_begun() const { return header_seen_ || !buffer_.empty() || parser_->got_some(); }
    void renew() {
        parser_.emplace();
        parser_->eager(true);
        parser_->header_limit(static_cast<std::uint32_t>(server_.limits_.message.field_octets +
                                                         server_.limits_.message.target_octets));
        parser_->body_limit(server_.limits_.message.body_octets);
        header_seen_ = continued_ = false;
        raw_.clear();
    }
    void hold(std::size_t octets) {
        server_.hold(octets, held_);
        held_ = octets;
    }

    // Known once the header section is there: the body need not be read.
    int objection() const {
        const auto& message = parser_->get();
        if (message.target().size() > server_.limits_.message.target_octets) return 414;
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
        record(trace::Direction::received, raw_);
        hold(0);
        become(State::answering);
        server_.handlers_.on_request(std::move(request),
                                     [self = shared_from_this()](http::Response response) {
                                         if (self->state_ == State::answering)
                                             self->answer(std::move(response));
                                     });
    }

    void refuse(int status) {
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
        become(State::writing);
        response.fields.set("Date", server_.date());
        if (closing_) response.fields.set("Connection", "close");
        auto bytes = http::to_bytes(response);
        if (is_head_) bytes.resize(bytes.find("\r\n\r\n") + 4);
        record(trace::Direction::sent, bytes);
        write(bytes);
    }

    // RFC 9110 §10.1.1. Small enough for the socket's buffer; the body follows anyhow.
    void write_interim() { interim(kContinue); }
    virtual void interim(std::string_view bytes) = 0;

    void record(trace::Direction direction, std::string_view bytes) {
        if (server_.handlers_.on_message) server_.handlers_.on_message(direction, flow_, bytes);
    }

    std::optional<Parser> parser_;
    std::string buffer_, raw_;
    bool header_seen_ = false, continued_ = false, closing_ = false, is_head_ = false;
    std::size_t held_ = 0;
    Clock::time_point since_;
};

template <class Stream>
class HttpServer::ConnectionOn final : public Connection {
public:
    template <class... Arguments>
    ConnectionOn(HttpServer& server, Flow flow, Arguments&&... stream)
        : Connection(server, std::move(flow)), stream_(std::forward<Arguments>(stream)...) {}

    void start() override {
        error_code ignored;
        socket().set_option(tcp::no_delay(true), ignored);
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            ++server_.handshakes_;
            stream_.async_handshake(
                boost::asio::ssl::stream_base::server, [self = self()](const error_code& error) {
                    --self->server_.handshakes_;
                    if (self->state_ == State::ended) return;
                    if (error) return self->end();
                    const auto* cipher = SSL_get_current_cipher(self->stream_.native_handle());
                    if (cipher != nullptr) self->cipher_suite_ = SSL_CIPHER_get_protocol_id(cipher);
                    self->opened();
                });
        } else {
            opened();
        }
    }

private:
    std::shared_ptr<ConnectionOn> self() {
        return std::static_pointer_cast<ConnectionOn>(shared_from_this());
    }
    tcp::socket& socket() {
        if constexpr (std::is_same_v<Stream, TlsStream>)
            return stream_.next_layer();
        else
            return stream_;
    }
    void read() override {
        stream_.async_read_some(boost::asio::buffer(octets_),
                                [self = self()](const error_code& error, std::size_t n) {
                                    if (self->state_ == State::ended) return;
                                    error ? self->end() : self->on_read({self->octets_.data(), n});
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

    Stream stream_;
    std::array<char, kChunk> octets_;
    std::string output_;
};

// ---- the server

HttpServer::HttpServer(boost::asio::io_context& io, HttpLimits limits, Handlers handlers)
    : io_(io), limits_(limits), handlers_(std::move(handlers)), sweeper_(io) {}

HttpServer::~HttpServer() = default;

Result<void, std::string> HttpServer::secure_with(const TlsFiles& files) {
    auto context = make_tls_context(files);
    if (!context) return failure(context.error());
    tls_ = std::move(*context);
    return {};
}

Result<Address, std::string> HttpServer::listen(const Address& address, Transport transport) {
    if (transport == Transport::tls && !tls_)
        return failure("https on " + address.to_string() +
                       " needs a certificate: expected tls.certificate and tls.key in the "
                       "configuration");
    auto listener = std::make_unique<Listener>(
        Listener{tcp::acceptor(io_), transport, address, boost::asio::steady_timer(io_)});
    const tcp::endpoint endpoint(to_asio(address.ip), address.port);
    error_code error;
    listener->acceptor.open(endpoint.protocol(), error);
    if (!error) listener->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) listener->acceptor.bind(endpoint, error);
    if (!error) listener->acceptor.listen(1024, error);
    if (error) return failure(why_not_listening(address, "tcp", error.value()));
    const Address local = listener->local = local_address_of(listener->acceptor.native_handle());
    accept(*listener);
    listeners_.push_back(std::move(listener));
    return local;
}

void HttpServer::accept(Listener& listener) {
    listener.acceptor.async_accept([this, &listener](const error_code& error, tcp::socket socket) {
        if (error == boost::asio::error::operation_aborted) return;
        if (!error) {
            on_accepted(listener, std::move(socket));
            return accept(listener);
        }
        // Out of descriptors, or of memory: the client waits in the backlog.
        handlers_.on_note(LogLevel::warning, "cannot accept: " + error.message());
        listener.pause.expires_after(std::chrono::milliseconds(100));
        listener.pause.async_wait([this, &listener](const error_code& stopped) {
            if (!stopped) accept(listener);
        });
    });
}

void HttpServer::on_accepted(const Listener& listener, tcp::socket socket) {
    if (connections_.size() >= limits_.connections || handshakes_ >= limits_.handshakes)
        return handlers_.on_note(
            LogLevel::warning,
            "HTTP connection refused: " + std::to_string(connections_.size()) + " are open");
    const Flow flow{listener.transport,
                    listener.local,
                    remote_address_of(socket.native_handle()),
                    ++last_connection_};
    std::shared_ptr<Connection> connection;
    if (listener.transport == Transport::tls)
        connection =
            std::make_shared<ConnectionOn<TlsStream>>(*this, flow, std::move(socket), tls_->ssl);
    else
        connection = std::make_shared<ConnectionOn<tcp::socket>>(*this, flow, std::move(socket));
    connections_.emplace(flow.connection, connection);
    wait_to_sweep();
    connection->start();
}

void HttpServer::forget(const Connection& connection) {
    connections_.erase(connection.flow().connection);
}

// RFC 9110 §6.6.1
const std::string& HttpServer::date() {
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
    if (second != date_second_) date_ = in_http(date_second_ = second);
    return date_;
}

void HttpServer::wait_to_sweep() {
    if (std::exchange(sweeping_, true)) return;
    sweeper_.expires_after(limits_.sweep);
    sweeper_.async_wait([this](const error_code& stopped) {
        sweeping_ = false;
        if (stopped) return;
        const auto now = Clock::now();
        std::vector<std::shared_ptr<Connection>> all;
        for (const auto& [id, connection] : connections_) all.push_back(connection);
        for (const auto& connection : all) connection->sweep(now);
        if (!connections_.empty()) wait_to_sweep();
    });
}

void HttpServer::stop() {
    error_code ignored;
    for (const auto& listener : listeners_) {
        listener->acceptor.close(ignored);
        listener->pause.cancel();
    }
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [id, connection] : connections_) all.push_back(connection);
    for (const auto& connection : all) connection->end();
    sweeper_.cancel();
}

}  // namespace imslab::host
