// SIP over TCP (RFC 3261 §18): listeners, connections that are reused by remote, and the bounds
// that a careless or hostile peer meets.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "hosts/asio/happenings.h"
#include "sip/message.h"

namespace imslab::host {

struct StreamLimits {
    sip::Limits message;
    std::size_t connections = 10'000;
    std::size_t held_bytes = 64U << 20U;      // unfinished messages of all connections together
    std::size_t queued_bytes = 4U << 20U;     // written but not taken by one peer: closed
    std::size_t blocked_bytes = 256U << 10U;  // Blocked from here on, Writable at a quarter of it
    std::chrono::milliseconds connect{5'000};
    std::chrono::milliseconds first_message{32'000};  // an accepted connection that says nothing
    std::chrono::milliseconds unfinished{32'000};     // a message that drips in
    std::chrono::milliseconds idle{900'000};
    std::chrono::milliseconds linger{1'000};  // what a peer still sends after the last answer
    std::chrono::milliseconds sweep{1'000};   // how often the deadlines are looked at
};

class Streams {
public:
    Streams(boost::asio::io_context& io, StreamLimits limits, Happenings& happenings);
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;
    ~Streams();

    Result<void, std::string> listen(const Address& address);

    // On flow.connection; 0: on a connection to that remote, opened if there is none.
    void send(const Flow& flow, std::string_view bytes);
    // Once what was written has gone out.
    void close(const Flow& flow);
    void stop();

    std::size_t connections() const { return connections_.size(); }
    std::size_t held_bytes() const { return held_bytes_; }

private:
    struct Listener;
    class Connection;
    using Ends = std::pair<Address, Address>;  // local as the node names it, remote

    void accept(Listener& listener);
    std::shared_ptr<Connection> open(const Flow& flow);
    std::shared_ptr<Connection> find(const Flow& flow) const;
    void forget(const Connection& connection);
    void sweep();
    void wait_to_sweep();

    boost::asio::io_context& io_;
    const StreamLimits limits_;
    Happenings& happenings_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
    std::map<Ends, std::uint64_t> by_ends_;
    boost::asio::steady_timer sweeper_;
    bool sweeping_ = false;
    std::uint64_t last_connection_ = 0;
    std::size_t held_bytes_ = 0;
    std::vector<char> buffer_;
};

}  // namespace imslab::host
