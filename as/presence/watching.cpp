// RFC 3856 §6: subscriptions to the presence of a user, and what their watchers are told.
#include <algorithm>
#include <charconv>
#include <functional>

#include "as/application_server.h"
#include "as/presence/filtering.h"
#include "as/presence/pidf_diff.h"
#include "as/presence/presence_enabler.h"
#include "as/presence/transformation.h"
#include "sip/headers.h"

namespace imslab::presence {

using sip::HeaderId;

namespace {

Watcher& watcher_of(const sip::Subscription& subscription) {
    return static_cast<Watcher&>(*subscription.context);
}

// RFC 5263 §4.3: patches for who names them and does not like the whole better.
bool prefers_patches(const sip::Message& request) {
    double patches = 0, whole = 0;
    for (const auto value : request.values(HeaderId::accept)) {
        const auto semicolon = std::min(value.find(';'), value.size());
        const auto type = sip::trim(value.substr(0, semicolon));
        double quality = 1;
        if (semicolon < value.size()) {
            const auto text = sip::Params(value.substr(semicolon + 1)).get("q").value_or("1");
            std::from_chars(text.data(), text.data() + text.size(), quality);
        }
        if (sip::equals_ignoring_case(type, kPidfDiffType)) patches = quality;
        if (sip::equals_ignoring_case(type, kPidfType)) whole = quality;
    }
    return patches > 0 && patches >= whole;
}

}  // namespace

// RFC 4660 §5.2, §5.2.2: the filters that are in place once a SUBSCRIBE is granted.
Result<SubscribedFilters, sip::Message> PresenceEnabler::filters_of(
    const sip::Message& subscribe,
    const std::string& presentity,
    std::string_view package,
    SubscribedFilters before) const {
    const auto& host = services_.config().host;
    auto set = filters_in(subscribe, package, host);
    if (!set) return failure(std::move(set.error()));
    if (auto changed = before.change(*set, presentity); !changed)
        return failure(filters_refused(subscribe, changed.error(), host));
    return before;
}

// RFC 3856 §6.6, RFC 5025 §3.2.1.
void PresenceEnabler::on_subscribe(sip::ServerId id,
                                   const as::ServiceRequest& request,
                                   const std::string& presentity) {
    const auto& message = request.message;
    const bool takes_patches = prefers_patches(message);
    if (message.has(HeaderId::accept) && !sip::accepts(message, kPidfType) && !takes_patches) {
        auto refusal = sip::Message::response_to(message, 406);
        refusal.append(HeaderId::accept, kPidfTypes);
        return respond(id, std::move(refusal));
    }
    auto filters = filters_of(message, presentity, "presence");
    if (!filters) return respond(id, std::move(filters.error()));
    auto name = requester(request);
    if (name.empty()) name = kAnonymous;
    auto watcher = std::make_unique<Watcher>();
    watcher->handling = permissions_of(name, presentity).handling;
    watcher->since = services_.now();
    watcher->takes_patches = takes_patches;
    watcher->filters = *std::move(filters);
    const auto handling = watcher->handling;
    if (handling == SubHandling::block) return respond(id, sip::Message::response_to(message, 403));
    const auto how = handling == SubHandling::confirm ? sip::SubscriptionEvent::awaits_consent
                                                      : sip::SubscriptionEvent::accepted;
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
    auto permissions = permissions_of(subscription.subscriber, presentity);
    if (watcher.handling == SubHandling::polite_block) permissions.handling = watcher.handling;
    auto view = view_of(document_seen(presentity, permissions));
    if (const auto* filter = watcher.filters.filter_for(presentity, settings_.domains))
        view = *filtered(watcher, *filter, view, true);
    watcher.told = view.hash;
    watcher.has = nullptr;
    if (view.document == nullptr) return {};
    if (!watcher.takes_patches) return {std::string(kPidfType), std::move(view.text)};
    // RFC 5263 §4.4: the whole at first, and at each refresh
    watcher.has = view.document;
    return {std::string(kPidfDiffType), pidf_full(*watcher.has, ++watcher.version)};
}

PresenceDocument PresenceEnabler::document_seen(const std::string& presentity,
                                                const Permissions& permissions) {
    if (permissions.handling == SubHandling::polite_block) return unavailable(presentity);
    return transform(raw_document(presentity), permissions);
}

PresenceEnabler::View PresenceEnabler::view_of(std::optional<PresenceDocument> document) {
    View view;
    if (!document) return view;
    view.document = std::make_shared<const PresenceDocument>(*std::move(document));
    view.text = view.document->text();
    view.hash = std::hash<std::string>{}(view.text);
    return view;
}

// RFC 4660 §5.3, §5.3.1: the rules first, what the watcher wants of it afterwards. §5.3.2: nullopt
// if nothing has happened that he wants to be told of.
std::optional<PresenceEnabler::View> PresenceEnabler::filtered(Watcher& watcher,
                                                               const Filter& filter,
                                                               const View& seen,
                                                               bool is_whole) {
    const bool on_trigger = !filter.triggers.empty();
    if (on_trigger && !is_whole && watcher.unfiltered != nullptr &&
        !fires(filter, *watcher.unfiltered, *seen.document))
        return std::nullopt;
    watcher.unfiltered = on_trigger ? seen.document : nullptr;
    auto view = filter.what ? view_of(selected(*seen.document, filter)) : seen;
    view.is_due = on_trigger;
    return view;
}

// The rules of now hold for a refresh, too. RFC 4660 §5.2.2: without a body the filters stay.
Result<void, sip::Message> PresenceEnabler::on_watcher_refreshes(sip::Subscription& subscription,
                                                                 const sip::Message& request) {
    auto& watcher = watcher_of(subscription);
    const auto permissions = permissions_of(subscription.subscriber, subscription.resource);
    if (permissions.handling == SubHandling::block)
        return failure(sip::Message::response_to(request, 403));
    if (!request.body().empty()) {
        auto filters = filters_of(request, subscription.resource, "presence", watcher.filters);
        if (!filters) return failure(std::move(filters.error()));
        watcher.filters = *std::move(filters);
    }
    if (request.has(HeaderId::accept)) watcher.takes_patches = prefers_patches(request);
    return {};
}

// Each is told what he may see, if that has changed. Those who may see the same get one document.
void PresenceEnabler::tell_watchers(const std::string& presentity) {
    std::vector<std::pair<Permissions, View>> all;
    const auto seen_with = [&](const Permissions& permissions) -> const View& {
        for (const auto& [known, view] : all) {
            if (known == permissions) return view;
        }
        return all.emplace_back(permissions, view_of(document_seen(presentity, permissions)))
            .second;
    };
    for (const auto id : watchers_.watchers_of(presentity)) {
        auto* subscription = watchers_.find(id);
        if (subscription == nullptr) continue;
        const auto permissions = permissions_of(subscription->subscriber, presentity);
        if (obey(*subscription, permissions.handling)) continue;
        auto& watcher = watcher_of(*subscription);
        if (watcher.handling == SubHandling::confirm) continue;
        const auto* view = &seen_with(permissions);
        std::optional<View> own;
        if (const auto* filter = watcher.filters.filter_for(presentity, settings_.domains)) {
            own = filtered(watcher, *filter, *view, false);
            if (!own) continue;
            view = &*own;
        }
        if (view->hash == watcher.told && !view->is_due) continue;
        watcher.told = view->hash;
        tell_watcher(*subscription, *view);
    }
}

void PresenceEnabler::tell_watcher(sip::Subscription& subscription, const View& view) {
    auto& watcher = watcher_of(subscription);
    if (view.document == nullptr) {
        watcher.has = nullptr;
        watchers_.tell(subscription.id, sip::EventDocument{});
    } else if (!watcher.takes_patches) {
        watchers_.tell(subscription.id, sip::EventDocument{std::string(kPidfType), view.text});
    } else if (watcher.has == nullptr || !watchers_.may_tell_now(subscription)) {
        watchers_.tell(subscription.id);  // the whole, when it is time
    } else {
        auto text = pidf_diff(*watcher.has, *view.document, ++watcher.version);
        watcher.has = view.document;
        watchers_.tell(subscription.id,
                       sip::EventDocument{std::string(kPidfDiffType), std::move(text)});
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
    // with the last one goes what was kept for them alone
    const auto& presentity = subscription.resource;
    if (watchers_.watchers_of(presentity).size() == 1 &&
        publications_.documents_of(presentity).empty())
        raw_.erase(presentity);
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
