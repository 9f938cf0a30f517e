// ClamAV's daemon on its socket (clamd(8), INSTREAM): octets out, one line back.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string>

namespace imslab::host {

// "stream: OK" of clamd, or why there is no such line.
struct ScanLine {
    std::string line;   // without its end
    std::string error;  // a sentence; empty: there is a line
};

// A connection for each scan, as clamd has it; `done` is called once, on the loop's thread.
// `socket`: the path of its socket.
void scan_octets(boost::asio::io_context& io,
                 const std::string& socket,
                 std::string octets,
                 std::chrono::milliseconds patience,
                 std::function<void(ScanLine)> done);

}  // namespace imslab::host
