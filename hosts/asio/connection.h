// One connection of SIP, whatever lies between it and TCP: keeps its state and its deadlines, queues
// what goes, bounds what is held. A kind of connection says how octets travel: tcp_connection.h,
// tls_connection.h, web_socket_connection.h.
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

    Connection(Streams& streams, Flow flow, bool accepted);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    virtual ~Connection() = default;

    const Flow& flow() const { return flow_; }
    void start_accepted();
    // Only kinds that a node opens itself.
    virtual void start_connecting() {}
    virtual std::string peer_certificate() { return {}; }
    void write(std::string bytes);
    void read_on(bool wanted);
    void close_when_written();
    // Ends it now and says so once.
    void end(const std::string& reason);
    void sweep(Clock::time_point now);

protected:
    enum class State : std::uint8_t { connecting, handshaking, open, draining, ended };

    // ---- what the kind of connection does
    // Before the first octet of SIP; opened() follows. A kind without a handshake opens at once.
    virtual void shake_hands() = 0;
    // Reads from now on, until the end.
    virtual void read() = 0;
    // Takes the queue's front as far as the peer does; taken() follows.
    virtual void flush() = 0;
    // Everything is written: the peer is told, and may finish what it is writing itself.
    virtual void finish() = 0;
    virtual void close_socket() = 0;
    // Nothing was heard for so long.
    virtual void on_silence(Clock::duration) {}

    // ---- what the kind of connection tells
    void start_handshake();
    void opened();
    void heard() { last_heard_ = Clock::now(); }
    // False: the connection has ended, or nothing more of it is to be read now.
    bool on_octets(std::string_view octets);
    bool on_message(std::string message);
    void hold(std::size_t octets);
    // So many octets of the queue's front were written.
    void taken(std::size_t octets);

    const StreamLimits& limits() const { return streams_.limits_; }
    Streams& streams_;
    const Flow flow_;
    State state_ = State::connecting;
    std::deque<std::string> queue_;
    std::size_t front_taken_ = 0;  // of the first entry, already written
    bool writing_ = false;         // until the peer takes more
    bool reads_ = true;            // what comes is wanted
    std::size_t held_ = 0;         // octets of an unfinished message
    Clock::time_point since_;      // of the state, or of the unfinished message's first octet

private:
    void finish_writing();

    const bool accepted_, octets_;
    sip::StreamFramer framer_;
    std::size_t queued_ = 0;  // octets in the queue
    bool blocked_ = false, closing_ = false, spoke_ = false;
    Clock::time_point last_heard_;  // or written
};

}  // namespace imslab::host
