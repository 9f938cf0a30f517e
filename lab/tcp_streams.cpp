// Puts TCP segments in order (RFC 9293 §3.4): sequence numbers wrap, segments repeat and overlap.
#include "lab/tcp_streams.h"

#include <algorithm>

namespace imslab::lab {
namespace {

constexpr std::size_t kMaxHeld = 256 * 1024;  // then what is missing was not captured
constexpr std::size_t kMaxConnections = 65'536;

}  // namespace

std::string TcpStreams::push(const Segment& segment) {
    const auto key = std::make_pair(segment.source, segment.destination);
    if (directions_.size() >= kMaxConnections && directions_.count(key) == 0) return {};
    Direction& direction = directions_[key];
    if (segment.syn) {
        // the same SYN once more, after what followed it
        if (direction.known && direction.first == segment.sequence + 1) return {};
        direction = Direction{};
        direction.known = direction.gap = true;
        direction.first = direction.next = segment.sequence + 1;
        return {};
    }
    if (segment.payload.empty()) return {};
    if (!direction.known) {
        direction.known = true;
        direction.next = segment.sequence;
    }
    // sent again it may be cut elsewhere: the longer one holds the other
    auto& early = direction.early[segment.sequence];
    if (segment.payload.size() > early.size()) {
        direction.held += segment.payload.size() - early.size();
        early = segment.payload;
    }
    std::string ready;
    for (bool progress = true; progress;) {
        progress = false;
        for (auto held = direction.early.begin(); held != direction.early.end();) {
            const auto behind = static_cast<std::int32_t>(direction.next - held->first);
            if (behind < 0) {
                ++held;
                continue;
            }
            const auto repeated = static_cast<std::size_t>(behind);
            if (repeated < held->second.size()) {
                ready += held->second.substr(repeated);
                direction.next += static_cast<std::uint32_t>(held->second.size() - repeated);
                progress = true;
            }
            direction.held -= held->second.size();
            held = direction.early.erase(held);
        }
        if (!progress && direction.held > kMaxHeld) {
            const auto nearest = std::min_element(
                direction.early.begin(), direction.early.end(), [&](const auto& a, const auto& b) {
                    return a.first - direction.next < b.first - direction.next;
                });
            direction.next = nearest->first;
            direction.gap = true;
            progress = true;
        }
    }
    return ready;
}

bool TcpStreams::take_gap(const Segment& segment) {
    const auto found = directions_.find({segment.source, segment.destination});
    return found != directions_.end() && std::exchange(found->second.gap, false);
}

}  // namespace imslab::lab
