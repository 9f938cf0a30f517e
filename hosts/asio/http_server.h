// HTTP/1.1 for a node (RFC 9110, RFC 9112), over TCP and TLS: listens, reads requests with Beast,
// hands them over as values, writes the answers in the order of the requests. An answer may come
// much later, or make a stream of its connection: server-sent events, or a WebSocket (RFC 6455), on
// which the node then sends. Bounds what a careless or hostile client can hold.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/node.h"
#include "core/result.h"
#include "hosts/asio/carrier.h"
#include "hosts/asio/tls_files.h"
#include "hosts/trace/trace.h"
#include "http/message.h"

namespace imslab::host {

struct TlsContext;

struct HttpLimits {
    http::Limits message;
    std::size_t connections = 10'000;
    std::size_t handshakes = 1'000;         // TLS, not finished yet
    std::size_t held_octets = 256U << 20U;  // of unfinished requests, all connections together
    std::chrono::milliseconds handshake{10'000};
    std::chrono::milliseconds unfinished{
        20'000};                              // a request that drips in, an answer nobody reads
    std::chrono::milliseconds idle{60'000};   // between two requests
    std::chrono::milliseconds linger{1'000};  // what a client still sends after its refusal
    std::chrono::milliseconds sweep{500};     // how often the deadlines are looked at
    std::size_t streams = 20'000;             // of the connections, those that may become one
    std::size_t pushed_octets = 256U << 10U;  // that wait until a slow reader has taken them
    std::size_t heard_octets = 16U << 10U;    // of one message by WebSocket
    std::chrono::milliseconds ping{25'000};   // on a stream on which nothing happens
};

class HttpServer final : public Carrier {
public:
    using Answer = std::function<void(http::Response)>;  // on the loop's thread, once
    struct Handlers {
        std::function<void(http::Request, Answer)> on_request;
        std::function<void(LogLevel, std::string)> on_note;
        // Every message as it is on the wire, or inside TLS; empty: nobody records.
        std::function<void(trace::Direction, const Flow&, std::string_view)> on_message;
        // By WebSocket.
        std::function<void(const Flow&, std::string)> on_heard;
        // A client that waited for an answer, or read a stream, is there no more.
        std::function<void(const Flow&, const std::string&)> on_gone;
    };

    HttpServer(boost::asio::io_context& io, HttpLimits limits, Handlers handlers);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer() override;

    // One sentence if the files cannot be used.
    Result<void, std::string> secure_with(const TlsFiles& files);
    // With port 0 one that is free; the address bound is returned. `tls` needs secure_with().
    Result<Address, std::string> listen(const Address& address, Transport transport);
    // ---- on a connection that an answer has made a stream
    void send(const Flow& flow, std::string_view bytes) override;
    void close(const Flow& flow) override;  // once everything is written
    void stop() override;

    std::size_t connections() const { return connections_.size(); }
    std::size_t streams() const { return streams_; }

private:
    class Connection;
    class Requests;
    template <class Stream>
    class RequestsOn;
    struct Listener;

    // http_requests.cpp; `tls`: nullptr, none.
    std::shared_ptr<Connection> make_connection(const Flow& flow,
                                                boost::asio::ip::tcp::socket socket,
                                                TlsContext* tls);

    void accept(Listener& listener);
    void on_accepted(const Listener& listener, boost::asio::ip::tcp::socket socket);
    void forget(const Connection& connection);
    void hold(std::size_t more, std::size_t less) { held_octets_ += more - less; }
    const std::string& date();
    void wait_to_sweep();

    boost::asio::io_context& io_;
    const HttpLimits limits_;
    const Handlers handlers_;
    std::unique_ptr<TlsContext> tls_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::map<std::uint64_t, std::shared_ptr<Connection>> connections_;
    boost::asio::steady_timer sweeper_;
    bool sweeping_ = false;
    std::uint64_t last_connection_ = 0;
    std::size_t held_octets_ = 0, handshakes_ = 0, streams_ = 0;
    std::string date_;
    std::int64_t date_second_ = 0;
};

}  // namespace imslab::host
