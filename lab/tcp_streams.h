// The octets of captured TCP connections in order, whatever was captured twice or out of order.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "lab/frames.h"

namespace imslab::lab {

class TcpStreams {
public:
    // What this segment lets the receiver read on, in order; empty if something before it is
    // missing.
    std::string push(const Segment& segment);
    // Framing starts anew: a connection was opened since the last call, or octets were skipped
    // because they are not in the capture.
    bool take_gap(const Segment& segment);

private:
    struct Direction {
        bool known = false, gap = false;
        std::uint32_t next = 0;
        std::optional<std::uint32_t> first;          // after the SYN
        std::map<std::uint32_t, std::string> early;  // by distance from `next` when they came
        std::size_t held = 0;
    };
    std::map<std::pair<Address, Address>, Direction> directions_;
};

}  // namespace imslab::lab
