// SIP over connections (RFC 3261 §18, §26.2.1; RFC 7118): TCP, TLS, WebSocket, secure WebSocket.
// Listeners, connections that are reused by remote, and the bounds that a careless or hostile peer
// meets.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/result.h"
#include "hosts/asio/happenings.h"
#include "hosts/asio/tls_files.h"
#include "sip/message.h"

namespace imslab::host {

struct TlsContext;

struct StreamLimits {
    sip::Limits message;
    std::size_t connections = 10'000;
    std::size_t handshakes = 1'000;           // TLS and WebSocket, not finished yet
    std::size_t held_bytes = 64U << 20U;      // unfinished messages of all connections together
    std::size_t queued_bytes = 4U << 20U;     // written but not taken by one peer: closed
    std::size_t blocked_bytes = 256U << 10U;  // Blocked from here on, Writable at a quarter of it
    std::chrono::milliseconds connect{5'000};
    std::chrono::milliseconds handshake{10'000};      // TLS and WebSocket together
    std::chrono::milliseconds first_message{32'000};  // an accepted connection that says nothing
    std::chrono::milliseconds unfinished{32'000};     // a message that drips in
    std::chrono::milliseconds idle{900'000};
    std::chrono::milliseconds ping{60'000};  // a WebSocket that is silent for so long
    std::chrono::milliseconds linger{1'000};  // what a peer still sends after the last answer
    std::chrono::milliseconds sweep{1'000};   // how often the deadlines are looked at
};

class Streams {
public:
    Streams(boost::asio::io_context& io, StreamLimits limits, Happenings& happenings);
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;
    ~Streams();

    class Connection;

    // From now on there is TLS. One sentence if the files cannot be used.
    Result<void, std::string> secure_with(const TlsFiles& files);
    // Of this node, and of who is at the other end of a connection: in DER; empty: none.
    std::string certificate() const;
    std::string certificate_of(std::uint64_t connection) const;
    // With port 0 one that is free; the address bound is returned.
    Result<Address, std::string> listen(const Address& address,
                                        Transport transport = Transport::tcp,
                                        bool octets = false);

    // On flow.connection; 0: on a connection to that remote, opened if there is none; nothing to
    // write only opens it. Of SIP only TCP is opened from here: behind TLS and WebSocket are UEs
    // that cannot be connected to.
    void send(const Flow& flow, std::string bytes);
    // False: nothing more is read of that connection for now; true: it goes on.
    void read_on(const Flow& flow, bool wanted);
    // Once what was written has gone out.
    void close(const Flow& flow);
    void stop();

    std::size_t connections() const { return connections_.size(); }
    std::size_t held_bytes() const { return held_bytes_; }
    bool holds_too_much() const { return held_bytes_ > limits_.held_bytes; }

private:
    struct Listener;
    class TcpConnection;
    using Ends = std::pair<Address, Address>;  // local as the node names it, remote

    void accept(Listener& listener);
    void on_accepted(const Listener& listener, boost::asio::ip::tcp::socket socket);
    std::shared_ptr<Connection> connection_on(boost::asio::ip::tcp::socket socket,
                                              const Flow& flow);
    std::shared_ptr<Connection> open(const Flow& flow);
    std::shared_ptr<Connection> find(const Flow& flow) const;
    void forget(const Connection& connection);
    void sweep();
    void wait_to_sweep();

    boost::asio::io_context& io_;
    const StreamLimits limits_;
    Happenings& happenings_;
    std::unique_ptr<TlsContext> tls_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> connections_;
    std::map<Ends, std::uint64_t> by_ends_;
    std::set<Address> octets_at_;  // local addresses where nothing is framed
    boost::asio::steady_timer sweeper_;
    bool sweeping_ = false;
    std::uint64_t last_connection_ = 0;
    std::size_t held_bytes_ = 0;
    std::size_t handshakes_ = 0;
    std::vector<char> buffer_;
};

}  // namespace imslab::host
