// Subscriptions to the registration state of a user (the reg event package, RFC 3680; TS 24.229
// §5.4.2.1): the S-CSCF is the notifier for the UE, its P-CSCF and application servers.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/time.h"
#include "core/transitions.h"
#include "sip/dialog.h"

namespace imslab::scscf {

enum class SubscriptionState : std::uint8_t { none, active, terminated };
enum class SubscriptionEvent : std::uint8_t {
    subscribed,
    refreshed,
    fetched,  // Expires: 0
    expired,
    registration_ended,
    subscriber_gone,  // 481 or silence to a NOTIFY
};
std::string_view to_string(SubscriptionState state);
std::string_view to_string(SubscriptionEvent event);

inline constexpr Transitions kSubscriptionTransitions{std::array{
    Transition<SubscriptionState, SubscriptionEvent>{
        SubscriptionState::none, SubscriptionEvent::subscribed, SubscriptionState::active},
    Transition<SubscriptionState, SubscriptionEvent>{
        SubscriptionState::none, SubscriptionEvent::fetched, SubscriptionState::terminated},
    Transition<SubscriptionState, SubscriptionEvent>{
        SubscriptionState::active, SubscriptionEvent::refreshed, SubscriptionState::active},
    Transition<SubscriptionState, SubscriptionEvent>{
        SubscriptionState::active, SubscriptionEvent::fetched, SubscriptionState::terminated},
    Transition<SubscriptionState, SubscriptionEvent>{
        SubscriptionState::active, SubscriptionEvent::expired, SubscriptionState::terminated},
    Transition<SubscriptionState, SubscriptionEvent>{SubscriptionState::active,
                                                     SubscriptionEvent::registration_ended,
                                                     SubscriptionState::terminated},
    Transition<SubscriptionState, SubscriptionEvent>{SubscriptionState::active,
                                                     SubscriptionEvent::subscriber_gone,
                                                     SubscriptionState::terminated},
}};

struct RegistrationSubscription {
    sip::Dialog dialog;
    std::string identity;    // whose registration
    std::string subscriber;  // as asserted
    std::string event_id;    // the id parameter of Event; empty: none
    Time expires{};
    std::uint32_t version = 0;
    SubscriptionState state = SubscriptionState::none;
    // One NOTIFY at a time; what happens meanwhile is told by a full document.
    bool in_flight = false;
    bool behind = false;
};

class RegistrationSubscriptions {
public:
    RegistrationSubscription* find(const sip::DialogId& id);
    RegistrationSubscription& add(RegistrationSubscription subscription);
    void set_expires(RegistrationSubscription& subscription, Time expires);
    void erase(const sip::DialogId& id);
    // The dialogs of those who watch that identity, in the order they came.
    std::vector<sip::DialogId> watchers_of(std::string_view identity) const;
    std::optional<sip::DialogId> first_expired(Time now) const;
    std::optional<Time> next_deadline() const;

    bool empty() const { return all_.empty(); }
    std::size_t size() const { return all_.size(); }
    nlohmann::ordered_json state(Time now) const;

private:
    std::map<sip::DialogId, RegistrationSubscription> all_;
    std::multimap<std::string, sip::DialogId, std::less<>> by_identity_;
    std::map<std::pair<Time, sip::DialogId>, bool> by_time_;
};

}  // namespace imslab::scscf
