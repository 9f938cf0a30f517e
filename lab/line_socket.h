// Lines over a Unix socket, both ways, between `imslab up` and the `imslab run` that plays on it.
#pragma once

#include <optional>
#include <string>

#include "core/result.h"
#include "lab/process.h"

namespace imslab::lab {

class LineSocket {
public:
    LineSocket() = default;
    explicit LineSocket(Descriptor connected) : socket_(std::move(connected)) {}

    static Result<LineSocket, std::string> connect(const std::string& path);
    // Only the user who listens may connect.
    static Result<Descriptor, std::string> listen(const std::string& path);

    bool write(const std::string& line);
    // The next line, if it comes by the deadline; nothing also after the other end has closed.
    std::optional<std::string> read(Deadline deadline);
    // The next line if it is there already.
    std::optional<std::string> read_now();
    bool open() const { return static_cast<bool>(socket_) && !ended_; }
    int descriptor() const { return socket_.get(); }

private:
    std::optional<std::string> buffered();
    void take();  // what is there

    Descriptor socket_;
    std::string received_;
    bool ended_ = false;
};

}  // namespace imslab::lab
