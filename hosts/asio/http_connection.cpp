// The bounds of a connection, and what is pushed on one that is a stream.
#include "hosts/asio/http_connection.h"

#include <utility>

namespace imslab::host {

HttpServer::Connection::Connection(HttpServer& server, Flow flow)
    : server_(server),
      flow_(std::move(flow)),
      since_(Clock::now()),
      last_heard_(since_),
      last_pushed_(since_) {}

void HttpServer::Connection::end(const std::string& reason) {
    const auto was = std::exchange(state_, State::ended);
    if (was == State::ended) return;
    hold(0);
    const auto self = shared_from_this();
    close_socket();
    server_.forget(*this);
    if ((was == State::answering || is_stream()) && server_.handlers_.on_gone)
        server_.handlers_.on_gone(flow_, reason);
}

void HttpServer::Connection::hold(std::size_t octets) {
    server_.hold(octets, held_);
    held_ = octets;
}

void HttpServer::Connection::sweep(Clock::time_point now) {
    const auto silence = now - since_;
    switch (state_) {
        case State::handshaking:
            if (silence > limits().handshake) end("no handshake in time");
            return;
        case State::draining:
            if (silence > limits().linger) end("closed");
            return;
        case State::writing:
            if (silence > limits().unfinished) end("an answer that nobody reads");
            return;
        case State::reading:
            // RFC 9110 §15.5.9: nothing of a request has come, or not the rest of it.
            if (is_begun() && silence > limits().unfinished) return refuse(408);
            if (!is_begun() && silence > limits().idle) end("idle");
            return;
        case State::streaming:
            if (pushing_ && silence > limits().unfinished) return end("reads too slowly");
            if (!is_open() && silence > limits().linger) return end("closed");
            // A ping now and then tells whether somebody is still there, and keeps what lies
            // between open.
            if (becomes_ == http::Response::Becomes::web_socket &&
                now - last_heard_ > 3 * limits().ping)
                return end("no answer to a ping");
            if (now - last_pushed_ > limits().ping && !pushing_) {
                last_pushed_ = now;
                ping();
            }
            return;
        case State::answering:
        case State::ended:
            return;
    }
}

// ---- a stream

void HttpServer::Connection::streams() {
    become(State::streaming);
    last_heard_ = last_pushed_ = since_;
    read();
    flush();
}

void HttpServer::Connection::push(std::string bytes) {
    if (!is_stream() || finishing_ || state_ == State::ended) return;
    queued_ += bytes.size();
    queue_.push_back(std::move(bytes));
    // Who reads more slowly than things happen comes again and asks what has happened.
    if (queued_ > limits().pushed_octets) return end("reads too slowly");
    flush();
}

void HttpServer::Connection::finish() {
    if (!is_stream() || std::exchange(finishing_, true)) return;
    flush();
}

void HttpServer::Connection::flush() {
    if (pushing_ || state_ != State::streaming) return;
    if (queue_.empty()) {
        if (finishing_) end_stream();
        return;
    }
    pushing_ = true;
    since_ = Clock::now();
    push_one(queue_.front());
}

void HttpServer::Connection::pushed(bool failed, const std::string& why) {
    pushing_ = false;
    if (state_ == State::ended) return;
    if (failed) return end(why);
    queued_ -= queue_.front().size();
    queue_.pop_front();
    last_pushed_ = Clock::now();
    flush();
}

}  // namespace imslab::host
