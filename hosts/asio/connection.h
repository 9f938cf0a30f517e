// One TCP connection of SIP: frames what comes, queues what goes, keeps its deadlines.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>

#include "hosts/asio/streams.h"

namespace imslab::host {

class Streams::Connection : public std::enable_shared_from_this<Connection> {
public:
    using Clock = std::chrono::steady_clock;

    Connection(Streams& streams, boost::asio::ip::tcp::socket socket, Flow flow, bool accepted);

    const Flow& flow() const { return flow_; }
    void start_accepted();
    void start_connecting();
    void write(std::string_view bytes);
    void close_when_written();
    // Ends it now and says so once.
    void end(const std::string& reason);
    void sweep(Clock::time_point now);

private:
    enum class State : std::uint8_t { connecting, open, draining, ended };

    void opened();
    void wait_readable();
    void on_readable();
    bool on_octets(std::string_view octets);
    void hold(std::size_t octets);
    void wait_writable();
    void on_writable();
    bool flush();
    void finish_writing();

    Streams& streams_;
    boost::asio::ip::tcp::socket socket_;
    const Flow flow_;
    const bool accepted_;
    State state_ = State::connecting;
    sip::StreamFramer framer_;
    std::deque<std::string> queue_;
    std::size_t queued_ = 0;       // octets in the queue
    std::size_t front_taken_ = 0;  // of the first entry, already written
    std::size_t held_ = 0;         // octets of an unfinished message
    bool waiting_writable_ = false, blocked_ = false, closing_ = false, spoke_ = false;
    Clock::time_point since_;       // of the state, or of the unfinished message's first octet
    Clock::time_point last_heard_;  // or written
};

}  // namespace imslab::host
