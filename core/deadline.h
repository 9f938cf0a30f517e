// When to wake up, where there are several reasons to.
#pragma once

#include <algorithm>
#include <optional>

#include "core/time.h"

namespace imslab {

inline std::optional<Time> earlier(std::optional<Time> a, std::optional<Time> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

// Of a map from the time when something is due.
template <class ByTime>
std::optional<Time> earliest(const ByTime& by_time) {
    if (by_time.empty()) return std::nullopt;
    return by_time.begin()->first;
}

}  // namespace imslab
