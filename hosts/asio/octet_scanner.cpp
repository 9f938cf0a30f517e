// clamd(8): "zINSTREAM\0", then each chunk behind its size in four octets, then a size of nothing.
#include "hosts/asio/octet_scanner.h"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <utility>

namespace imslab::host {

namespace {

using boost::asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::size_t kMostAnswer = 4096;

std::string framed(const std::string& octets) {
    std::string text("zINSTREAM\0", 10);
    const auto size = [&](std::size_t value) {
        for (const unsigned shift : {24U, 16U, 8U, 0U}) text += static_cast<char>(value >> shift);
    };
    if (!octets.empty()) {
        size(octets.size());
        text += octets;
    }
    size(0);
    return text;
}

class Scan : public std::enable_shared_from_this<Scan> {
public:
    Scan(boost::asio::io_context& io, std::string octets, std::function<void(ScanLine)> done)
        : socket_(io), timer_(io), request_(framed(octets)), done_(std::move(done)) {}

    void start(const std::string& path, std::chrono::milliseconds patience) {
        timer_.expires_after(patience);
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error) self->end({{}, "clamd did not answer in time"});
        });
        socket_.async_connect(stream_protocol::endpoint(path),
                              [self = shared_from_this()](const error_code& error) {
                                  if (error) return self->end({{}, "clamd: " + error.message()});
                                  self->write();
                              });
    }

private:
    void write() {
        boost::asio::async_write(socket_,
                                 boost::asio::buffer(request_),
                                 [self = shared_from_this()](const error_code& error, std::size_t) {
                                     // Who has enough answers before everything is written.
                                     if (error && error != boost::asio::error::broken_pipe)
                                         return self->end({{}, "clamd: " + error.message()});
                                     self->read();
                                 });
    }
    void read() {
        boost::asio::async_read_until(
            socket_,
            boost::asio::dynamic_buffer(answer_, kMostAnswer),
            '\0',
            [self = shared_from_this()](const error_code& error, std::size_t size) {
                if (error) return self->end({{}, "clamd: " + error.message()});
                self->end({self->answer_.substr(0, size - 1), {}});
            });
    }
    void end(ScanLine line) {
        if (!done_) return;
        timer_.cancel();
        error_code ignored;
        socket_.close(ignored);
        std::exchange(done_, nullptr)(std::move(line));
    }

    stream_protocol::socket socket_;
    boost::asio::steady_timer timer_;
    std::string request_, answer_;
    std::function<void(ScanLine)> done_;
};

}  // namespace

void scan_octets(boost::asio::io_context& io,
                 const std::string& socket,
                 std::string octets,
                 std::chrono::milliseconds patience,
                 std::function<void(ScanLine)> done) {
    std::make_shared<Scan>(io, std::move(octets), std::move(done))->start(socket, patience);
}

}  // namespace imslab::host
