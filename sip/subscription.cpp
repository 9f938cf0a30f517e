// RFC 6665 §4.2.2: the words of a subscription's states.
#include "sip/subscription.h"

namespace imslab::sip {

std::string_view to_string(SubscriptionState state) {
    switch (state) {
        case SubscriptionState::none:
            return "none";
        case SubscriptionState::pending:
            return "pending";
        case SubscriptionState::active:
            return "active";
        case SubscriptionState::terminated:
            return "terminated";
    }
    return {};
}

std::string_view to_string(SubscriptionEvent event) {
    switch (event) {
        case SubscriptionEvent::accepted:
            return "accepted";
        case SubscriptionEvent::awaits_consent:
            return "awaits_consent";
        case SubscriptionEvent::consented:
            return "consented";
        case SubscriptionEvent::refreshed:
            return "refreshed";
        case SubscriptionEvent::fetched:
            return "fetched";
        case SubscriptionEvent::expired:
            return "expired";
        case SubscriptionEvent::ended:
            return "ended";
        case SubscriptionEvent::subscriber_gone:
            return "subscriber_gone";
    }
    return {};
}

}  // namespace imslab::sip
