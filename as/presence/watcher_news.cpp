// RFC 3857: the watcher information package for presence. A user learns who watches him.
#include "as/presence/presence_enabler.h"

namespace imslab::presence {

namespace {

constexpr const char* kWatcherInfo = "application/watcherinfo+xml";

}  // namespace

// RFC 3857 §4.6: the user himself, and nobody else.
void PresenceEnabler::on_subscribe_to_watchers(sip::ServerId id,
                                               const as::ServiceRequest& request,
                                               const std::string& presentity) {
    if (refuse_body(id, request.message)) return;
    const auto subscriber = requester(request);
    if (subscriber != presentity)
        return respond(id, sip::Message::response_to(request.message, 403));
    users_.subscribe(id, request.message, presentity, subscriber);
}

sip::EventDocument PresenceEnabler::watchers_of(sip::Subscription& subscription) {
    return {kWatcherInfo,
            watcher_information(subscription.resource,
                                "presence",
                                subscription.version,
                                true,
                                records_.of(subscription.resource),
                                services_.now())};
}

void PresenceEnabler::record(const sip::Subscription& subscription,
                             WatcherStatus status,
                             std::string_view event) {
    WatcherRecord record;
    record.subscription = subscription.id;
    record.watcher = subscription.subscriber;
    record.status = status;
    record.event = event;
    record.since = static_cast<const Watcher&>(*subscription.context).since;
    record.expires = subscription.expires;
    if (status == WatcherStatus::terminated) {
        records_.remove(subscription.resource, subscription.id);
    } else {
        records_.set(subscription.resource, record);
    }
    tell_user(subscription.resource, {std::move(record)});
}

void PresenceEnabler::tell_user(const std::string& presentity,
                                const std::vector<WatcherRecord>& changed) {
    for (const auto id : users_.watchers_of(presentity)) {
        const auto* subscription = users_.find(id);
        if (subscription == nullptr) continue;
        users_.tell(id,
                    sip::EventDocument{kWatcherInfo,
                                       watcher_information(presentity,
                                                           "presence",
                                                           subscription->version,
                                                           false,
                                                           changed,
                                                           services_.now())});
    }
}

// Who waits is decided upon by the rules as the others are; then nobody needs to know of him.
void PresenceEnabler::decide_on_waiting(const std::string& presentity) {
    for (const auto& watcher : records_.waiting_at(presentity)) {
        const auto handling = permissions_of(watcher, presentity).handling;
        if (handling == SubHandling::confirm) continue;
        auto decided = records_.take_waiting(presentity, watcher);
        for (auto& record : decided) {
            record.status = WatcherStatus::terminated;
            record.event = handling == SubHandling::block ? "rejected" : "approved";
        }
        tell_user(presentity, decided);
    }
}

}  // namespace imslab::presence
