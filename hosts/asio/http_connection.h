// One connection to the HTTP server: requests one after the other, answered in their order (RFC
// 9112 §9.3.2), until an answer makes a stream of it. How octets travel is said by
// http_connection.cpp.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "hosts/asio/http_server.h"

namespace imslab::host {

class HttpServer::Connection : public std::enable_shared_from_this<Connection> {
public:
    using Clock = std::chrono::steady_clock;

    Connection(HttpServer& server, Flow flow);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    virtual ~Connection() = default;

    const Flow& flow() const { return flow_; }
    virtual void start() = 0;
    // Whoever waits for an answer, or reads a stream, is told that it is over.
    void end(const std::string& reason);
    bool is_shaking_hands() const { return state_ == State::handshaking; }
    bool is_stream() const { return becomes_ != http::Response::Becomes::next_request; }
    void sweep(Clock::time_point now);

    // ---- of a stream: an event or a message more; it ends when what was pushed is written.
    void push(std::string bytes);
    void finish();

protected:
    enum class State : std::uint8_t {
        handshaking,
        reading,
        answering,
        writing,
        streaming,
        draining,
        ended
    };

    // ---- what the kind of connection does
    virtual void read() = 0;                              // until something has come
    virtual void push_one(const std::string& bytes) = 0;  // pushed() follows
    virtual void ping() = 0;
    virtual void end_stream() = 0;  // everything is pushed
    virtual void close_socket() = 0;
    virtual bool is_open() const { return true; }
    virtual void refuse(int status) = 0;
    virtual bool is_begun() const = 0;  // something of a request has come

    // ---- what it tells
    void become(State state) {
        state_ = state;
        since_ = Clock::now();
    }
    void pushed(bool failed, const std::string& why);
    void streams();  // the head is out
    void heard() { last_heard_ = Clock::now(); }
    void hold(std::size_t octets);
    void record(trace::Direction direction, std::string_view bytes) {
        if (server_.handlers_.on_message) server_.handlers_.on_message(direction, flow_, bytes);
    }
    const HttpLimits& limits() const { return server_.limits_; }

    HttpServer& server_;
    const Flow flow_;
    std::uint16_t cipher_suite_ = 0;
    State state_ = State::handshaking;
    http::Response::Becomes becomes_ = http::Response::Becomes::next_request;
    Clock::time_point since_;  // of the state, or of the first octet of what is read or written

private:
    void flush();

    std::deque<std::string> queue_;
    std::size_t queued_ = 0, held_ = 0;
    bool pushing_ = false, finishing_ = false;
    Clock::time_point last_heard_, last_pushed_;
};

}  // namespace imslab::host
