// RFC 3680, RFC 6665: what is kept of a subscription.
#include <nlohmann/json.hpp>

#include "scscf/registration_event.h"

namespace imslab::scscf {

std::string_view to_string(SubscriptionState state) {
    switch (state) {
        case SubscriptionState::none:
            return "none";
        case SubscriptionState::active:
            return "active";
        case SubscriptionState::terminated:
            return "terminated";
    }
    return {};
}

std::string_view to_string(SubscriptionEvent event) {
    switch (event) {
        case SubscriptionEvent::subscribed:
            return "subscribed";
        case SubscriptionEvent::refreshed:
            return "refreshed";
        case SubscriptionEvent::fetched:
            return "fetched";
        case SubscriptionEvent::expired:
            return "expired";
        case SubscriptionEvent::registration_ended:
            return "registration_ended";
        case SubscriptionEvent::subscriber_gone:
            return "subscriber_gone";
    }
    return {};
}

RegistrationSubscription* RegistrationSubscriptions::find(const sip::DialogId& id) {
    const auto found = all_.find(id);
    return found == all_.end() ? nullptr : &found->second;
}

RegistrationSubscription& RegistrationSubscriptions::add(RegistrationSubscription subscription) {
    const auto id = subscription.dialog.id();
    erase(id);
    by_identity_.emplace(subscription.identity, id);
    by_time_.emplace(std::pair{subscription.expires, id}, true);
    return all_.emplace(id, std::move(subscription)).first->second;
}

void RegistrationSubscriptions::set_expires(RegistrationSubscription& subscription, Time expires) {
    by_time_.erase({subscription.expires, subscription.dialog.id()});
    subscription.expires = expires;
    by_time_.emplace(std::pair{expires, subscription.dialog.id()}, true);
}

void RegistrationSubscriptions::erase(const sip::DialogId& id) {
    const auto found = all_.find(id);
    if (found == all_.end()) return;
    by_time_.erase({found->second.expires, id});
    const auto [begin, end] = by_identity_.equal_range(found->second.identity);
    for (auto it = begin; it != end; ++it) {
        if (it->second == id) {
            by_identity_.erase(it);
            break;
        }
    }
    all_.erase(found);
}

std::vector<sip::DialogId> RegistrationSubscriptions::watchers_of(std::string_view identity) const {
    std::vector<sip::DialogId> ids;
    const auto [begin, end] = by_identity_.equal_range(identity);
    for (auto it = begin; it != end; ++it) ids.push_back(it->second);
    return ids;
}

std::optional<sip::DialogId> RegistrationSubscriptions::first_expired(Time now) const {
    if (by_time_.empty() || by_time_.begin()->first.first > now) return std::nullopt;
    return by_time_.begin()->first.second;
}

std::optional<Time> RegistrationSubscriptions::next_deadline() const {
    if (by_time_.empty()) return std::nullopt;
    return by_time_.begin()->first.first;
}

nlohmann::ordered_json RegistrationSubscriptions::state(Time now) const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& [id, subscription] : all_) {
        nlohmann::ordered_json one;
        one["identity"] = subscription.identity;
        one["subscriber"] = subscription.subscriber;
        one["state"] = to_string(subscription.state);
        one["version"] = subscription.version;
        one["last_notify"] = subscription.in_flight ? "under way" : "delivered";
        one["expires_seconds"] =
            std::chrono::duration_cast<std::chrono::seconds>(subscription.expires - now).count();
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace imslab::scscf
