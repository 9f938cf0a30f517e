// Each operation runs an event loop of its own until it is done or its time is up.
#include "lab/stream_port.h"

#include <openssl/ssl.h>
#include <poll.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "core/transports.h"
#include "sip/message.h"

namespace imslab::lab {

namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;

tcp::endpoint endpoint_of(const Address& address) {
    return {asio::ip::make_address(address.ip.to_string()), address.port};
}

// What the streams of all kinds are made on; outlives them.
class Base : public StreamPort {
public:
    // The other end may have closed it since the last command.
    bool is_open() override {
        pollfd watched{descriptor(), POLLRDHUP, 0};
        if (open_ && poll(&watched, 1, 0) > 0) open_ = false;
        return open_;
    }

protected:
    // `start` begins one operation and is given what to call at its end.
    template <class Start>
    error_code await(Deadline deadline, Start start) {
        std::optional<error_code> ended;
        start([&ended](const error_code& error, auto&&...) { ended = error; });
        io_.restart();
        while (!ended && std::chrono::steady_clock::now() < deadline) io_.run_one_until(deadline);
        if (ended) return *ended;
        // What was begun must not outlive this call.
        close();
        io_.restart();
        while (!ended && io_.run_one() != 0) {
        }
        return asio::error::timed_out;
    }
    virtual void close() = 0;
    virtual int descriptor() = 0;

    asio::io_context io_{1};
    asio::ssl::context tls_{asio::ssl::context::tls_client};
    bool open_ = false;
};

Result<void, std::string> connect_tcp(tcp::socket& socket,
                                      const IpAddress& from,
                                      const Address& to,
                                      auto await) {
    error_code error;
    const auto remote = endpoint_of(to);
    socket.open(remote.protocol(), error);
    if (!error) socket.bind(endpoint_of({from, 0}), error);
    if (!error)
        error = await([&](auto done) { socket.async_connect(remote, std::move(done)); });
    if (error) return failure("cannot connect to " + to.to_string() + ": " + error.message());
    return {};
}

// RFC 5922 §7: the certificate leads to an authority that is trusted, and bears the name of who was
// meant.
Result<void, std::string> shake_hands(TlsStream& stream,
                                      asio::ssl::context& context,
                                      const StreamWish& wish,
                                      auto await) {
    error_code error;
    stream.set_verify_mode(asio::ssl::verify_peer, error);
    if (!wish.authority_file.empty()) {
        if (SSL_CTX_load_verify_file(context.native_handle(), wish.authority_file.c_str()) != 1)
            return failure("cannot use the authority's certificate " + wish.authority_file);
    }
    SSL_set_tlsext_host_name(stream.native_handle(), wish.host.c_str());
    SSL_set1_host(stream.native_handle(), wish.host.c_str());
    error = await(
        [&](auto done) { stream.async_handshake(asio::ssl::stream_base::client, std::move(done)); });
    if (!error) return {};
    const long verdict = SSL_get_verify_result(stream.native_handle());
    return failure(verdict == X509_V_OK
                       ? "the TLS handshake failed: " + error.message()
                       : std::string("the certificate of ") + wish.host + " is not trusted: " +
                             X509_verify_cert_error_string(verdict));
}

template <class Stream>
tcp::socket& socket_of(Stream& stream) {
    if constexpr (std::is_same_v<Stream, tcp::socket>)
        return stream;
    else
        return stream.next_layer();
}

// TCP and TLS: messages framed by Content-Length.
template <class Stream>
class Octets final : public Base {
public:
    Octets() : stream_(make()) {}
    ~Octets() override { close(); }

    Result<void, std::string> open(const IpAddress& from,
                                   const Address& to,
                                   const StreamWish& wish,
                                   Deadline deadline) {
        const auto in_time = [&](auto start) { return await(deadline, start); };
        auto done = connect_tcp(socket_of(stream_), from, to, in_time);
        if constexpr (std::is_same_v<Stream, TlsStream>) {
            if (done) done = shake_hands(stream_, tls_, wish, in_time);
        }
        open_ = bool(done);
        return done;
    }
    bool send(std::string_view message, Deadline deadline) override {
        if (!open_) return false;
        const auto error = await(deadline, [&](auto done) {
            asio::async_write(stream_, asio::buffer(message), std::move(done));
        });
        return open_ = !error;
    }
    std::optional<std::string> receive(Deadline deadline) override {
        for (;;) {
            auto message = framer_.next();
            if (!message) open_ = false;
            if (!open_) return std::nullopt;
            if (*message) return std::move(**message);
            std::size_t size = 0;
            const auto error = await(deadline, [&](auto done) {
                stream_.async_read_some(asio::buffer(octets_),
                                        [&size, done](const error_code& ended, std::size_t read) {
                                            size = read;
                                            done(ended);
                                        });
            });
            if (error) {
                open_ = false;
                return std::nullopt;
            }
            framer_.push({octets_.data(), size});
        }
    }

private:
    Stream make() {
        if constexpr (std::is_same_v<Stream, tcp::socket>)
            return tcp::socket(io_);
        else
            return TlsStream(io_, tls_);
    }
    int descriptor() override { return socket_of(stream_).native_handle(); }
    void close() override {
        error_code ignored;
        socket_of(stream_).close(ignored);
        open_ = false;
    }

    Stream stream_;
    sip::StreamFramer framer_{sip::Limits{}};
    std::array<char, 8192> octets_{};
};

// WebSocket over either: one message is one message.
template <class Below>
class Messages final : public Base {
public:
    Messages() : stream_(make()) {}
    ~Messages() override { close(); }

    Result<void, std::string> open(const IpAddress& from,
                                   const Address& to,
                                   const StreamWish& wish,
                                   Deadline deadline) {
        const auto in_time = [&](auto start) { return await(deadline, start); };
        auto done = connect_tcp(socket_of(stream_.next_layer()), from, to, in_time);
        if constexpr (std::is_same_v<Below, TlsStream>) {
            if (done) done = shake_hands(stream_.next_layer(), tls_, wish, in_time);
        }
        if (done) done = upgrade(to, wish, in_time);
        open_ = bool(done);
        return done;
    }
    bool send(std::string_view message, Deadline deadline) override {
        if (!open_) return false;
        stream_.text(true);
        const auto error = await(deadline, [&](auto done) {
            stream_.async_write(asio::buffer(message), std::move(done));
        });
        return open_ = !error;
    }
    std::optional<std::string> receive(Deadline deadline) override {
        if (!open_) return std::nullopt;
        boost::beast::flat_buffer buffer;
        const auto error =
            await(deadline, [&](auto done) { stream_.async_read(buffer, std::move(done)); });
        if (error) {
            open_ = false;
            return std::nullopt;
        }
        return std::string(static_cast<const char*>(buffer.data().data()), buffer.size());
    }

private:
    websocket::stream<Below> make() {
        if constexpr (std::is_same_v<Below, tcp::socket>)
            return websocket::stream<Below>(io_);
        else
            return websocket::stream<Below>(io_, tls_);
    }
    // RFC 7118 §4.1
    Result<void, std::string> upgrade(const Address& to, const StreamWish& wish, auto in_time) {
        stream_.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
            request.set(boost::beast::http::field::sec_websocket_protocol, wish.subprotocol);
        }));
        websocket::response_type answer;
        const auto host = wish.host + ":" + std::to_string(to.port);
        const auto error = in_time([&](auto done) {
            stream_.async_handshake(answer, host, "/", std::move(done));
        });
        const auto chosen = answer[boost::beast::http::field::sec_websocket_protocol];
        if (!error && chosen == wish.subprotocol) return {};
        if (!error)
            return failure("the WebSocket handshake chose the subprotocol '" + std::string(chosen) +
                           "'");
        if (answer.result_int() == 101 || answer.result_int() == 0)
            return failure("the WebSocket handshake failed: " + error.message());
        auto why = answer.body();
        while (!why.empty() && why.back() == '\n') why.pop_back();
        return failure("the WebSocket handshake was answered " +
                       std::to_string(answer.result_int()) + (why.empty() ? "" : ": " + why));
    }
    int descriptor() override { return socket_of(stream_.next_layer()).native_handle(); }
    void close() override {
        error_code ignored;
        socket_of(stream_.next_layer()).close(ignored);
        open_ = false;
    }

    websocket::stream<Below> stream_;
};

template <class Port>
Result<std::unique_ptr<StreamPort>, std::string> opened(const IpAddress& from,
                                                        const Address& to,
                                                        const StreamWish& wish,
                                                        Deadline deadline) {
    auto port = std::make_unique<Port>();
    const auto done = port->open(from, to, wish, deadline);
    if (!done) return failure(done.error());
    return std::unique_ptr<StreamPort>(std::move(port));
}

}  // namespace

Result<std::unique_ptr<StreamPort>, std::string> StreamPort::connect(Transport transport,
                                                                     const IpAddress& from,
                                                                     const Address& to,
                                                                     const StreamWish& wish,
                                                                     Deadline deadline) {
    switch (transport) {
        case Transport::tls:
            return opened<Octets<TlsStream>>(from, to, wish, deadline);
        case Transport::ws:
            return opened<Messages<tcp::socket>>(from, to, wish, deadline);
        case Transport::wss:
            return opened<Messages<TlsStream>>(from, to, wish, deadline);
        case Transport::udp:
        case Transport::tcp:
            break;
    }
    return opened<Octets<tcp::socket>>(from, to, wish, deadline);
}

}  // namespace imslab::lab
