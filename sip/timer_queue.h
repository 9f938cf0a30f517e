// Deadlines of many transactions. A timer of RFC 3261 §17 lasts one of few durations, and time only
// goes forward: one first-in-first-out queue per duration keeps them sorted, so that setting a
// timer costs an append, and forgetting one costs nothing (its ticket is no longer the
// transaction's).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "core/time.h"

namespace imslab::sip {

class TimerQueue {
public:
    using Ticket = std::uint64_t;  // 0: no timer

    struct Entry {
        Time deadline;
        Ticket ticket;
        std::uint32_t slot;
        std::uint8_t kind;
    };

    Ticket arm(Duration after, Time now, std::uint32_t slot, std::uint8_t kind) {
        const Ticket ticket = ++last_ticket_;
        queue_of(after).push_back({now + after, ticket, slot, kind});
        return ticket;
    }

    // The earliest deadline that `live(entry)` says still counts.
    template <class Live>
    std::optional<Time> next(const Live& live) {
        const auto* queue = earliest(live);
        if (queue == nullptr) return std::nullopt;
        return queue->front().deadline;
    }

    // Takes out the earliest live timer that is due; those of one instant come in the order in
    // which they were set.
    template <class Live>
    std::optional<Entry> pop_due(Time now, const Live& live) {
        auto* queue = earliest(live);
        if (queue == nullptr || queue->front().deadline > now) return std::nullopt;
        const Entry entry = queue->front();
        queue->pop_front();
        return entry;
    }

private:
    using Queue = std::deque<Entry>;

    Queue& queue_of(Duration duration) {
        for (std::size_t i = 0; i < durations_.size(); ++i) {
            if (durations_[i] == duration) return queues_[i];
        }
        durations_.push_back(duration);
        return queues_.emplace_back();
    }

    template <class Live>
    Queue* earliest(const Live& live) {
        Queue* first = nullptr;
        for (auto& queue : queues_) {
            while (!queue.empty() && !live(queue.front())) queue.pop_front();
            if (queue.empty()) continue;
            if (first == nullptr || before(queue.front(), first->front())) first = &queue;
        }
        return first;
    }

    static bool before(const Entry& a, const Entry& b) {
        return a.deadline != b.deadline ? a.deadline < b.deadline : a.ticket < b.ticket;
    }

    std::vector<Duration> durations_;
    std::deque<Queue> queues_;
    Ticket last_ticket_ = 0;
};

}  // namespace imslab::sip
