// A subscription as its notifier keeps it (RFC 6665 §4.2): the dialog, whose state it is about, how
// far it has come. Which states there are is declared here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/time.h"
#include "core/transitions.h"
#include "sip/dialog.h"

namespace imslab::sip {

// RFC 6665 §4.2.2; `none` is its init and resp_wait.
enum class SubscriptionState : std::uint8_t { none, pending, active, terminated };
enum class SubscriptionEvent : std::uint8_t {
    accepted,
    awaits_consent,  // accepted, but whether the state may be seen is not decided yet
    consented,
    refreshed,
    fetched,  // Expires: 0
    expired,
    ended,            // by the notifier: what was watched is no more, or may not be seen any more
    subscriber_gone,  // a failure of a NOTIFY, or silence
};
std::string_view to_string(SubscriptionState state);
std::string_view to_string(SubscriptionEvent event);

using SubscriptionTransition = Transition<SubscriptionState, SubscriptionEvent>;

inline constexpr Transitions kSubscriptionTransitions{std::array{
    SubscriptionTransition{SubscriptionState::none,
                            SubscriptionEvent::accepted,
                            SubscriptionState::active},
    SubscriptionTransition{SubscriptionState::none,
                            SubscriptionEvent::awaits_consent,
                            SubscriptionState::pending},
    SubscriptionTransition{SubscriptionState::pending,
                            SubscriptionEvent::consented,
                            SubscriptionState::active},
    SubscriptionTransition{SubscriptionState::pending,
                            SubscriptionEvent::refreshed,
                            SubscriptionState::pending},
    SubscriptionTransition{SubscriptionState::active,
                            SubscriptionEvent::refreshed,
                            SubscriptionState::active},
    SubscriptionTransition{SubscriptionState::pending,
                            SubscriptionEvent::fetched,
                            SubscriptionState::terminated},
    SubscriptionTransition{SubscriptionState::active,
                            SubscriptionEvent::fetched,
                            SubscriptionState::terminated},
    SubscriptionTransition{SubscriptionState::pending,
                            SubscriptionEvent::expired,
                            SubscriptionState::terminated},
    SubscriptionTransition{SubscriptionState::active,
                            SubscriptionEvent::expired,
                            SubscriptionState::terminated},
    SubscriptionTransition{SubscriptionState::pending,
                            SubscriptionEvent::ended,
                            SubscriptionState::terminated},
    SubscriptionTransition{SubscriptionState::active,
                            SubscriptionEvent::ended,
                            SubscriptionState::terminated},
    SubscriptionTransition{SubscriptionState::pending,
                            SubscriptionEvent::subscriber_gone,
                            SubscriptionState::terminated},
    SubscriptionTransition{SubscriptionState::active,
                            SubscriptionEvent::subscriber_gone,
                            SubscriptionState::terminated},
}};

using SubscriptionId = std::uint64_t;

// What an event package keeps with a subscription.
struct SubscriptionContext {
    virtual ~SubscriptionContext() = default;
};

// The NOTIFY that ends a subscription (RFC 6665 §4.1.3).
struct LastNotify {
    std::string content_type, body, reason;
    std::uint32_t retry_after_seconds = 0;
};

struct Subscription {
    SubscriptionId id = 0;
    Dialog dialog;
    std::string resource;    // whose state
    std::string subscriber;  // as asserted
    std::string event_id;    // the id parameter of Event; empty: none
    std::unique_ptr<SubscriptionContext> context;
    Time expires{};
    Time not_before{};        // no NOTIFY earlier than that: its subscriber, or the rate, says so
    Duration min_interval{};  // between two NOTIFYs
    std::uint32_t version = 0;  // how many NOTIFYs have left
    SubscriptionState state = SubscriptionState::none;
    SubscriptionEvent last = SubscriptionEvent::accepted;
    // One NOTIFY at a time; what happens meanwhile is told by a whole document.
    bool in_flight = false;
    bool behind = false;
    std::unique_ptr<LastNotify> last_notify;  // it is over, once the one under way is answered
    bool whole = false;  // the last one did not arrive: nothing can be left out of the next

    bool is_over() const { return state == SubscriptionState::terminated; }
};

}  // namespace imslab::sip
