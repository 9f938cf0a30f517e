// The bound on pending work (RFC 3261 §21.5.4): whoever comes when too many already wait is told at
// once to come again later, so that those who wait need not wait for long.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/node.h"
#include "sip/message.h"

namespace imslab::sip {

// What waits for a node, and what it has refused so that the rest need not wait longer.
struct PendingWork {
    std::size_t pending = 0, max_pending = 0;  // requests
    std::uint64_t refused = 0;
};

class Overload {
public:
    explicit Overload(std::size_t max_pending) : max_pending_(max_pending) {}

    // A server transaction that has been answered neither finally nor provisionally (but 100) is
    // pending: a call that rings waits for its callee, not for us.
    void on_pending() { ++pending_; }
    void on_answered() { --pending_; }

    // With so many pending, may this new request still come in? ACK and CANCEL are not asked about.
    bool admits(const Message& request) const;
    // It may not: counted, and told in the log now and then.
    void on_refused(Outbox& outbox, Time now);
    // It may: the first one after a refusal says so in the log.
    void on_admitted(Outbox& outbox, Time now);

    PendingWork pending_work() const { return {pending_, max_pending_, refused_}; }

private:
    std::size_t max_pending_;
    std::size_t pending_ = 0;
    std::uint64_t refused_ = 0, refused_before_ = 0;  // in all; when the log last told of it
    bool refuses_ = false;
    Time last_refusal_{}, told_{};
};

}  // namespace imslab::sip
