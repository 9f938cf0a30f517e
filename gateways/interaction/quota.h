// How often somebody may ask: so many requests a minute, a minute's worth at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.h"

namespace imslab::interaction {

class Quota {
public:
    // Takes one of `who`'s requests; else after how many seconds there is one again.
    std::optional<unsigned> take(std::string_view who, unsigned per_minute, Time now) {
        if (used_.size() >= kMostUsers) forget_rested(now);
        const auto whole = std::chrono::duration_cast<Duration>(std::chrono::minutes(1));
        const auto one = whole / std::max(per_minute, 1U);
        auto [found, is_new] = used_.try_emplace(std::string(who), now);
        // The time by which everything that was taken has come back.
        auto& rested = found->second;
        rested = std::max(rested, now);
        if (rested + one > now + whole)
            return 1U + static_cast<unsigned>(std::chrono::duration_cast<std::chrono::seconds>(
                                                  rested + one - now - whole)
                                                  .count());
        rested += one;
        return std::nullopt;
    }

private:
    static constexpr std::size_t kMostUsers = 100'000;
    void forget_rested(Time now) {
        std::erase_if(used_, [now](const auto& one) { return one.second <= now; });
    }
    std::map<std::string, Time, std::less<>> used_;
};

}  // namespace imslab::interaction
