// SIP over UDP (RFC 3261 §18): one socket on one address, drained without blocking.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "hosts/asio/happenings.h"

namespace imslab::host {

class DatagramSocket {
public:
    static Result<std::unique_ptr<DatagramSocket>, std::string> bind(boost::asio::io_context& io,
                                                                     const Address& address,
                                                                     Happenings& happenings);

    const Address& local() const { return local_; }
    // What could not be sent comes back as SendFailed.
    void send(const Flow& flow, std::string_view bytes);
    void close();

private:
    DatagramSocket(boost::asio::io_context& io, int socket, Happenings& happenings);
    void wait();
    void on_readable();
    void read_errors();

    boost::asio::posix::stream_descriptor descriptor_;
    int socket_;
    Happenings& happenings_;
    Address local_;
    std::vector<char> buffer_;
};

}  // namespace imslab::host
