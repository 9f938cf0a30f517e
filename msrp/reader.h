// Takes the messages of a connection apart as its octets come (RFC 4975 §7.1, §9): the head is held
// until it is whole, a body passes piece by piece, its end is found in time linear in its size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "msrp/message.h"

namespace imslab::msrp {

// What is read, in order: a head, pieces of its body, its end.
class Sink {
public:
    virtual ~Sink() = default;
    virtual void on_head(Head head) = 0;
    virtual void on_body(std::string_view piece) = 0;  // never empty; valid during the call
    virtual void on_end(Continuation continuation) = 0;
};

struct ReaderLimits {
    std::size_t head_octets = 16'384;
    std::size_t headers = 64;
};

class Reader {
public:
    explicit Reader(ReaderLimits limits = {}) : limits_(limits) {}

    // How many of the octets it has taken: all, unless it was paused. One sentence if this is no
    // MSRP: nothing more can be read of the connection.
    Result<std::size_t, std::string> push(std::string_view octets, Sink& sink);
    // Of a sink that has seen the end of a message: no more of this push.
    void pause() { paused_ = true; }
    // Octets of an unfinished message are held, or its body is awaited.
    bool in_message() const { return in_body_ || !held_.empty(); }

private:
    Result<std::size_t, std::string> read_head(std::string_view octets, Sink& sink);
    Result<std::size_t, std::string> read_body(std::string_view octets, Sink& sink);

    ReaderLimits limits_;
    std::string held_;         // of a head, or of what may be an end-line
    std::size_t scanned_ = 0;  // of held_, without the end of a head
    bool in_body_ = false, paused_ = false;
    std::string end_;  // "\r\n-------" and the transaction, in a body
};

}  // namespace imslab::msrp
