// RFC 4975 §7.1.1, §7.3.1.
#include "msrp/incoming_message.h"

#include <algorithm>

namespace imslab::msrp {

IncomingMessage::Refusal IncomingMessage::begin(const Head& head) {
    const auto range = head.range.value_or(ByteRange{});
    if (range.start == 0) return {400, "Byte-Range starts at 0, octets are counted from 1"};
    if (range.end && *range.end + 1 < range.start) return {400, "Byte-Range ends before it starts"};
    if (range.end && range.total && *range.end > *range.total)
        return {400, "Byte-Range ends behind its total"};
    if (range.total && range.start > *range.total + 1)
        return {400, "Byte-Range starts behind its total"};
    if (range.total && total_ && *range.total != *total_)
        return {400, "Byte-Range has another total than the chunk before"};
    if (range.total.value_or(0) > most_ || range.start > most_ || range.end.value_or(0) > most_)
        return {413, "No more than " + std::to_string(most_) + " octets are taken"};
    if (range.total) total_ = range.total;
    start_ = at_ = range.start - 1;
    end_ = range.end;
    if (!end_) end_ = total_;
    return {};
}

IncomingMessage::Refusal IncomingMessage::body(std::uint64_t octets) {
    at_ += octets;
    if (end_ && at_ > *end_) return {400, "More octets than the Byte-Range has"};
    if (at_ > most_) return {413, "No more than " + std::to_string(most_) + " octets are taken"};
    return {};
}

IncomingMessage::Refusal IncomingMessage::end(Continuation continuation) {
    mark(start_, at_);
    if (continuation == Continuation::aborted) aborted_ = true;
    if (continuation != Continuation::complete) return {};
    last_seen_ = true;
    // The last chunk says how long the message is.
    if (total_ && at_ < *total_) return {400, "The last chunk ends before the total"};
    total_ = at_;
    return {};
}

void IncomingMessage::mark(std::uint64_t from, std::uint64_t to) {
    if (from >= to) return;
    auto next = parts_.upper_bound(from);
    if (next != parts_.begin()) {
        const auto before = std::prev(next);
        if (before->second >= from) {
            from = before->first;
            to = std::max(to, before->second);
            next = parts_.erase(before);
        }
    }
    while (next != parts_.end() && next->first <= to) {
        to = std::max(to, next->second);
        next = parts_.erase(next);
    }
    parts_.emplace(from, to);
}

bool IncomingMessage::is_complete() const {
    if (aborted_ || !last_seen_ || !total_) return false;
    if (*total_ == 0) return true;
    return parts_.size() == 1 && parts_.begin()->first == 0 && parts_.begin()->second >= *total_;
}

std::uint64_t IncomingMessage::received() const {
    std::uint64_t octets = 0;
    for (const auto& [from, to] : parts_) octets += to - from;
    return octets;
}

}  // namespace imslab::msrp
