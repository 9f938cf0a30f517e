// Time as a node sees it: a value that comes in with each event. Nothing outside hosts/ reads a
// clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace imslab {

using Duration = std::chrono::microseconds;

// A clock without now(): the host says what time it is, be it real or simulated.
struct NodeClock {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<NodeClock, Duration>;
    static constexpr bool is_steady = true;
};

using Time = NodeClock::time_point;

}  // namespace imslab
