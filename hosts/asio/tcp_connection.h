// SIP over TCP itself (RFC 3261 §18): read and written when the socket is ready, so that one read
// buffer serves all connections.
#pragma once

#include "hosts/asio/connection.h"

namespace imslab::host {

class Streams::TcpConnection final : public Streams::Connection {
public:
    TcpConnection(Streams& streams,
                  boost::asio::ip::tcp::socket socket,
                  Flow flow,
                  bool accepted);

    void start_connecting() override;

private:
    void shake_hands() override;
    void read() override;
    void flush() override;
    void finish() override;
    void close_socket() override;

    std::shared_ptr<TcpConnection> self() {
        return std::static_pointer_cast<TcpConnection>(shared_from_this());
    }
    void use_socket();
    void on_readable();
    void wait_writable();

    boost::asio::ip::tcp::socket socket_;
    bool waits_to_read_ = false;
};

}  // namespace imslab::host
