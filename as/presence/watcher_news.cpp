// RFC 3857: the watcher information package for presence. A user learns who watches him, of those
// whom his filter selects (RFC 4660 §5.3).
#include "as/presence/filtering.h"
#include "as/presence/presence_enabler.h"

namespace imslab::presence {

namespace {

constexpr std::string_view kWatcherPackage = "presence.winfo";
constexpr const char* kWatcherInfo = "application/watcherinfo+xml";
constexpr XmlLimits kAllWatchers{.octets = 64'000'000, .nodes = 1'000'000};

// What is kept with a subscription to watcher information.
struct OwnWatchers final : sip::SubscriptionContext {
    SubscribedFilters filters;
    std::string unfiltered;  // with triggers: what there was when the user was told last
    bool told_nothing = false;
};

OwnWatchers& own_watchers(const sip::Subscription& subscription) {
    return static_cast<OwnWatchers&>(*subscription.context);
}

// In the default namespace, as it is written without a filter.
void drop_prefix(pugi::xml_node node) {
    const std::string_view name = node.name();
    if (name.starts_with("wi:")) node.set_name(std::string(name.substr(3)).c_str());
    for (auto child : node.children()) drop_prefix(child);
}

// nullopt: nothing has happened that the user wants to be told of.
std::optional<sip::EventDocument> news_for(OwnWatchers& own,
                                           const Filter& filter,
                                           const std::string& text,
                                           bool is_whole) {
    pugi::xml_document now;
    if (!read_strictly(text, now, kAllWatchers)) return sip::EventDocument{};
    if (!filter.triggers.empty() && !is_whole && !own.unfiltered.empty()) {
        pugi::xml_document before;
        if (read_strictly(own.unfiltered, before, kAllWatchers) &&
            !fires(filter.triggers, before, now))
            return std::nullopt;
    }
    own.unfiltered = filter.triggers.empty() ? std::string() : text;
    if (!filter.what) return sip::EventDocument{kWatcherInfo, text};
    if (!keep_selected(now, *filter.what)) {
        const bool again = std::exchange(own.told_nothing, true);
        if (again && !is_whole && filter.triggers.empty()) return std::nullopt;
        return sip::EventDocument{};
    }
    own.told_nothing = false;
    auto root = now.document_element();
    drop_prefix(root);
    root.prepend_attribute("xmlns").set_value("urn:ietf:params:xml:ns:watcherinfo");
    return sip::EventDocument{kWatcherInfo,
                              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + text_of(root)};
}

}  // namespace

// RFC 3857 §4.6: the user himself, and nobody else.
void PresenceEnabler::on_subscribe_to_watchers(sip::ServerId id,
                                               const as::ServiceRequest& request,
                                               const std::string& presentity) {
    const auto subscriber = requester(request);
    if (subscriber != presentity)
        return respond(id, sip::Message::response_to(request.message, 403));
    auto filters = filters_of(request.message, presentity, kWatcherPackage);
    if (!filters) return respond(id, std::move(filters.error()));
    auto own = std::make_unique<OwnWatchers>();
    own->filters = *std::move(filters);
    users_.subscribe(id,
                     request.message,
                     presentity,
                     subscriber,
                     sip::SubscriptionEvent::accepted,
                     std::move(own));
}

Result<void, sip::Message> PresenceEnabler::on_user_refreshes(sip::Subscription& subscription,
                                                              const sip::Message& request) {
    if (request.body().empty()) return {};
    auto& own = own_watchers(subscription);
    auto filters = filters_of(request, subscription.resource, kWatcherPackage, own.filters);
    if (!filters) return failure(std::move(filters.error()));
    own.filters = *std::move(filters);
    return {};
}

sip::EventDocument PresenceEnabler::watchers_of(sip::Subscription& subscription) {
    const auto& user = subscription.resource;
    auto text = watcher_information(
        user, "presence", subscription.version, true, records_.of(user), services_.now());
    auto& own = own_watchers(subscription);
    if (const auto* filter = own.filters.filter_for(user, settings_.domains))
        return news_for(own, *filter, text, true).value_or(sip::EventDocument{});
    return {kWatcherInfo, std::move(text)};
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
        auto* subscription = users_.find(id);
        if (subscription == nullptr) continue;
        auto& own = own_watchers(*subscription);
        const auto* filter = own.filters.filter_for(presentity, settings_.domains);
        // a trigger is about all watchers, those who have just gone included
        auto text =
            watcher_information(presentity,
                                "presence",
                                subscription->version,
                                filter != nullptr,
                                filter != nullptr ? with_those_gone(presentity, changed) : changed,
                                services_.now());
        if (filter == nullptr) {
            users_.tell(id, sip::EventDocument{kWatcherInfo, std::move(text)});
        } else if (auto news = news_for(own, *filter, text, false)) {
            users_.tell(id, std::move(news));
        }
    }
}

std::vector<WatcherRecord> PresenceEnabler::with_those_gone(
    const std::string& presentity, const std::vector<WatcherRecord>& changed) const {
    auto all = records_.of(presentity);
    for (const auto& one : changed) {
        if (one.status == WatcherStatus::terminated) all.push_back(one);
    }
    return all;
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
