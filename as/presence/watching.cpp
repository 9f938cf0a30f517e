// RFC 3856 §6: subscriptions to the presence of a user, and what their watchers are told.
#include <functional>

#include "as/presence/presence_enabler.h"
#include "as/presence/transformation.h"
#include "sip/headers.h"

namespace imslab::presence {

using sip::HeaderId;

namespace {

constexpr const char* kPidf = "application/pidf+xml";
constexpr const char* kAnonymous = "sip:anonymous@anonymous.invalid";

Watcher& watcher_of(const sip::Subscription& subscription) {
    return static_cast<Watcher&>(*subscription.context);
}

std::string identity_of(const sip::Subscription& subscription) {
    return subscription.subscriber == kAnonymous ? std::string() : subscription.subscriber;
}

}  // namespace

// RFC 3856 §6.6, RFC 5025 §3.2.1.
void PresenceEnabler::on_subscribe(sip::ServerId id,
                                   const as::ServiceRequest& request,
                                   const std::string& presentity) {
    const auto& message = request.message;
    if (message.has(HeaderId::accept) && !sip::accepts(message, kPidf)) {
        auto refusal = sip::Message::response_to(message, 406);
        refusal.append(HeaderId::accept, kPidf);
        return respond(id, std::move(refusal));
    }
    const auto subscriber = requester(request);
    auto watcher = std::make_unique<Watcher>();
    watcher->handling = permissions_of(subscriber, presentity).handling;
    watcher->since = services_.now();
    const auto handling = watcher->handling;
    if (handling == SubHandling::block) return respond(id, sip::Message::response_to(message, 403));
    const auto how = handling == SubHandling::confirm ? sip::SubscriptionEvent::awaits_consent
                                                      : sip::SubscriptionEvent::accepted;
    const auto name = subscriber.empty() ? std::string(kAnonymous) : subscriber;
    auto* subscription =
        watchers_.subscribe(id, message, presentity, name, how, std::move(watcher));
    if (subscription == nullptr) return;
    records_.take_waiting(presentity, name);  // he has come again
    const bool pending = subscription->state == sip::SubscriptionState::pending;
    record(*subscription, pending ? WatcherStatus::pending : WatcherStatus::active, "subscribe");
}

sip::EventDocument PresenceEnabler::document_for(sip::Subscription& subscription) {
    auto& watcher = watcher_of(subscription);
    // RFC 3856 §6.6.2: who waits for consent learns nothing
    if (watcher.handling == SubHandling::confirm || watcher.handling == SubHandling::block)
        return {};
    const auto& presentity = subscription.resource;
    const auto permissions = permissions_of(identity_of(subscription), presentity);
    const auto text = watcher.handling == SubHandling::polite_block
                          ? unavailable(presentity).text()
                          : transform(raw_document(presentity), permissions).text();
    watcher.told = std::hash<std::string>{}(text);
    return {kPidf, text};
}

// The rules of now hold for a refresh, too.
int PresenceEnabler::on_watcher_refreshes(sip::Subscription& subscription, const sip::Message&) {
    const auto permissions = permissions_of(identity_of(subscription), subscription.resource);
    return permissions.handling == SubHandling::block ? 403 : 200;
}

// Each is told what he may see, if that has changed. Those who may see the same get one document.
void PresenceEnabler::tell_watchers(const std::string& presentity) {
    std::vector<std::pair<Permissions, std::string>> seen;
    const auto text_for = [&](const Permissions& permissions) -> const std::string& {
        for (const auto& [known, text] : seen) {
            if (known == permissions) return text;
        }
        const bool polite = permissions.handling == SubHandling::polite_block;
        seen.emplace_back(permissions,
                          polite ? unavailable(presentity).text()
                                 : transform(raw_document(presentity), permissions).text());
        return seen.back().second;
    };
    for (const auto id : watchers_.watchers_of(presentity)) {
        auto* subscription = watchers_.find(id);
        if (subscription == nullptr) continue;
        const auto permissions = permissions_of(identity_of(*subscription), presentity);
        if (obey(*subscription, permissions.handling)) continue;
        auto& watcher = watcher_of(*subscription);
        if (watcher.handling == SubHandling::confirm) continue;
        const auto& text = text_for(permissions);
        const auto hash = std::hash<std::string>{}(text);
        if (hash == watcher.told) continue;
        watcher.told = hash;
        watchers_.tell(id, sip::EventDocument{kPidf, text});
    }
}

// RFC 3857 §4.7.1: where the rules move a subscription. A watcher who would have to be asked about
// anew is sent away so that he asks anew.
bool PresenceEnabler::obey(sip::Subscription& subscription, SubHandling handling) {
    auto& watcher = watcher_of(subscription);
    if (watcher.handling == handling) return false;
    const auto id = subscription.id;
    const bool pending = watcher.handling == SubHandling::confirm;
    watcher.handling = handling;
    if (handling == SubHandling::block || handling == SubHandling::confirm) {
        watcher.ended_by = handling == SubHandling::block ? "rejected" : "deactivated";
        watchers_.end(id, watcher.ended_by);
        return true;
    }
    if (!pending) return false;
    watchers_.consent(id);
    record(subscription, WatcherStatus::active, "approved");
    return true;
}

// RFC 3857 §4.7.1: who leaves before he was let in waits, so that the user learns of him.
void PresenceEnabler::on_watcher_gone(const sip::Subscription& subscription) {
    using sip::SubscriptionEvent;
    const auto last = subscription.last;
    const auto& watcher = watcher_of(subscription);
    if (last == SubscriptionEvent::ended)
        return record(subscription, WatcherStatus::terminated, watcher.ended_by);
    const bool pending = watcher.handling == SubHandling::confirm;
    const bool left = last == SubscriptionEvent::expired || last == SubscriptionEvent::fetched;
    if (pending && left) return record(subscription, WatcherStatus::waiting, "timeout");
    record(subscription,
           WatcherStatus::terminated,
           last == SubscriptionEvent::subscriber_gone ? "noresource" : "timeout");
}

}  // namespace imslab::presence
