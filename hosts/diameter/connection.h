// One of freeDiameter's TCP connections, as the event loop reads and writes it. Who the peer is,
// what it can do, whether it lives and when it leaves (CER, DWR, DPR) stays freeDiameter's
// business: it finds these messages in a pipe where it would read the socket, and what it writes
// passes through here, so that a message stays whole on the wire. The applications' commands are
// taken by the loop's own thread, as many as have come at once.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/node.h"
#include "hosts/trace/trace.h"

namespace imslab::host {

struct Application;
class DiameterEndpoint;

class Connection : public std::enable_shared_from_this<Connection> {
public:
    // nullptr: that is no connected TCP socket, or this process may not open more.
    static std::shared_ptr<Connection> adopt(boost::asio::io_context& io,
                                             int socket,
                                             DiameterEndpoint& endpoint);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    // ---- freeDiameter's threads
    // As recv(): blocks until there is something for freeDiameter; 0: the connection has ended.
    ssize_t read_for_library(void* into, std::size_t size);
    bool write_from_library(std::string_view message);

    // ---- the loop's thread
    void watch();
    void read();                               // whatever has come, without waiting
    void flush();                              // whatever was asked and answered since
    void ask(AskId id, std::string& request);  // its hop-by-hop identifier is filled in
    void answer(std::string_view message);

    int descriptor() const { return socket_; }
    bool has_ended() const { return ended_; }
    // The capabilities were exchanged (RFC 6733 §5.3) and nobody has said farewell (§5.4).
    bool is_open() const { return open_ && !left_; }
    bool has_left() const { return left_; }
    const std::string& identity() const { return identity_; }

private:
    Connection(
        boost::asio::io_context& io, int socket, int read_end, int write_end, DiameterEndpoint&);
    std::size_t take_messages(std::string_view octets);
    void on_message(std::string_view message);
    void on_base_message(std::string_view message);
    void on_answer(const Application& application, std::string_view message);
    bool give_to_library(std::string_view message);
    void wait_for_input();
    void wait_for_room();
    bool write_out();  // with the mutex held; false: the connection is broken
    void end(const char* why);

    DiameterEndpoint& endpoint_;
    boost::asio::io_context& io_;
    boost::asio::posix::stream_descriptor stream_;
    const int socket_;         // a descriptor of our own for freeDiameter's socket
    const int pipe_read_end_;  // freeDiameter's
    int pipe_write_end_;
    std::size_t unread_ = 0;  // what freeDiameter has not read of a message it has begun
    const Flow flow_;

    std::vector<char> input_;
    std::size_t filled_ = 0;
    std::string identity_;                            // of the peer, once its CER or CEA has come
    std::unordered_map<std::uint32_t, AskId> asked_;  // by hop-by-hop identifier
    std::uint32_t next_hop_by_hop_;

    std::mutex mutex_;  // of what is to be written
    std::string output_;
    bool waits_for_room_ = false;
    std::atomic<bool> open_ = false, left_ = false, ended_ = false;
};

}  // namespace imslab::host
