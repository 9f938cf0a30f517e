// RFC 6733 §8.8: <DiameterIdentity>;<high 32 bits>;<low 32 bits>, of a number that only grows.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace imslab::host {

// The number begins at the time of the start, in units of 2^-32 s: whoever was started a moment ago
// has used none that is as high, however soon he comes back.
class SessionIds {
public:
    SessionIds(std::string identity, std::chrono::system_clock::time_point started)
        : identity_(std::move(identity)) {
        const auto since =
            std::chrono::duration_cast<std::chrono::nanoseconds>(started.time_since_epoch())
                .count();
        const auto nanoseconds = static_cast<std::uint64_t>(since);
        last_ = nanoseconds / kSecond << 32U | (nanoseconds % kSecond << 32U) / kSecond;
    }

    std::string next() {
        ++last_;
        return identity_ + ";" + std::to_string(last_ >> 32U) + ";" +
               std::to_string(last_ & 0xFFFF'FFFFU);
    }

private:
    static constexpr std::uint64_t kSecond = 1'000'000'000;
    const std::string identity_;
    std::uint64_t last_ = 0;
};

}  // namespace imslab::host
