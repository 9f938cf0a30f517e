// RFC 4662 §4.4, §5: the subscriptions to the members of a list, what comes of them, and what of it
// the watcher is told; RFC 4660 §4: with his filters.
#include <algorithm>

#include "as/presence/presence_document.h"
#include "as/presence/resource_list_enabler.h"
#include "sip/headers.h"
#include "sip/next_hop.h"

namespace imslab::presence {

using sip::HeaderId;

namespace {

constexpr std::size_t kLargestMember = 64 * 1024;

}  // namespace

// ---- filters

Result<void, sip::Message> ResourceListServer::take_filters(ListWatch& watch,
                                                            const sip::Message& subscribe,
                                                            const std::string& list) const {
    const auto& host = services_.config().host;
    const auto set = filters_in(subscribe, "presence", host);
    if (!set) return failure(set.error());
    if (auto changed = watch.filters.change(*set, list); !changed)
        return failure(filters_refused(subscribe, changed.error(), host));
    return {};
}

// RFC 4660 §4.2.
Result<void, sip::Message> ResourceListServer::on_refresh(sip::Subscription& subscription,
                                                          const sip::Message& request) {
    auto& watch = static_cast<ListWatch&>(*subscription.context);
    auto taken = take_filters(watch, request, subscription.resource);
    if (taken) pass_filters_on(subscription);
    return taken;
}

FilterSet ResourceListServer::filters_for(const sip::Subscription& subscription,
                                          const std::string& member) const {
    const auto& watch = static_cast<const ListWatch&>(*subscription.context);
    if (watch.filters.empty()) return {};
    std::vector<std::string> members;
    for (const auto& resource : watch.resources) members.push_back(resource.uri);
    return filters_for_member(
        watch.filters, member, {subscription.resource, members, services_.config().domains});
}

// To the servers of those whose filters are not what they were.
void ResourceListServer::pass_filters_on(const sip::Subscription& subscription) {
    auto& watch = static_cast<ListWatch&>(*subscription.context);
    for (std::size_t i = 0; i < watch.members.size(); ++i) {
        auto& member = watch.members[i];
        if (member.subscription == 0) continue;
        auto filters = filters_for(subscription, watch.resources[i].uri);
        const auto change = difference(member.filters, filters);
        if (change.changes.empty()) continue;
        member.filters = std::move(filters);
        subscriber_.change(member.subscription, std::string(kFilterType), filter_set_text(change));
    }
}

// ---- the members' side

// Of who stays all is kept, who is none any more is left.
void ResourceListServer::set_members(ListWatch& watch, const std::vector<ListEntry>& members) {
    ListWatch next;
    for (const auto& member : members) {
        if (next.resources.size() == settings_.max_members) break;
        const auto known = std::find_if(
            watch.resources.begin(), watch.resources.end(), [&](const ListedResource& one) {
                return one.uri == member.uri;
            });
        const auto index = static_cast<std::size_t>(known - watch.resources.begin());
        const bool is_known = known != watch.resources.end();
        next.resources.push_back(is_known ? *known : ListedResource{});
        next.resources.back().uri = member.uri;
        next.resources.back().display_name = member.display_name;
        next.members.push_back(is_known ? std::exchange(watch.members[index], {})
                                        : ListWatch::Member{});
    }
    leave(watch.members);
    watch.resources = std::move(next.resources);
    watch.members = std::move(next.members);
}

// Those who have not been asked yet.
void ResourceListServer::watch_members(const sip::Subscription& subscription) {
    auto& watch = static_cast<ListWatch&>(*subscription.context);
    for (std::size_t i = 0; i < watch.members.size(); ++i) {
        if (watch.members[i].subscription == 0 &&
            watch.resources[i].instance == ListedResource::Instance::none)
            watch_member(subscription, i);
    }
}

void ResourceListServer::leave(const std::vector<ListWatch::Member>& members) {
    for (const auto& member : members) {
        if (member.subscription == 0) continue;
        owner_of_.erase(member.subscription);
        subscriber_.unsubscribe(member.subscription);
    }
}

// RFC 4662 §4.4, TS 24.229 §5.7.3: on behalf of the watcher, through his own services.
void ResourceListServer::watch_member(const sip::Subscription& subscription, std::size_t index) {
    auto& watch = static_cast<ListWatch&>(*subscription.context);
    const auto uri = watch.resources[index].uri;
    watch.members[index].subscription = 0;
    const auto& watcher = subscription.subscriber;
    auto request = sip::Message::request(sip::Method::subscribe, uri);
    request.append(HeaderId::max_forwards, "70");
    request.append(HeaderId::from, "<" + watcher + ">");
    request.append(HeaderId::to, "<" + uri + ">");
    if (!settings_.plain_sip) {
        request.append(HeaderId::route, services_.route_for_originating(watcher));
        request.append(HeaderId::p_served_user, "<" + watcher + ">;sescase=orig");
        request.append(HeaderId::p_asserted_identity, "<" + watcher + ">");
        sip::ChargingVector vector;
        vector.icid = services_.entropy().token(16);
        vector.orig_ioi = services_.config().domains.front();
        request.append(HeaderId::p_charging_vector, vector.to_string());
    }
    request.append(HeaderId::contact, "<" + services_.own_uri(name()) + ">");
    request.append(HeaderId::event, "presence");
    request.append(HeaderId::accept, kPidfType);
    const auto left =
        std::chrono::ceil<std::chrono::seconds>(subscription.expires - services_.now());
    request.append(HeaderId::expires, std::to_string(std::max<std::int64_t>(left.count(), 1)));
    auto filters = filters_for(subscription, uri);
    if (!filters.changes.empty()) request.set_body(kFilterType, filter_set_text(filters));
    if (services_.ways_to(request).empty()) return;
    const auto member = subscriber_.subscribe(
        std::move(request), [this](sip::Subscriber::Id id, const sip::Subscriber::News& news) {
            on_member_news(id, news);
        });
    owner_of_[member] = subscription.id;
    watch.members[index].subscription = member;
    watch.members[index].filters = std::move(filters);
}

void ResourceListServer::on_member_news(sip::Subscriber::Id member,
                                        const sip::Subscriber::News& news) {
    using State = sip::Subscriber::News::State;
    const auto owner = owner_of_.find(member);
    if (owner == owner_of_.end()) return;
    auto* subscription = notifier_.find(owner->second);
    if (news.state == State::terminated) owner_of_.erase(owner);
    if (subscription == nullptr) return;
    auto& watch = static_cast<ListWatch&>(*subscription->context);
    const auto at =
        std::find_if(watch.members.begin(), watch.members.end(), [&](const ListWatch::Member& one) {
            return one.subscription == member;
        });
    if (at == watch.members.end()) return;
    const auto index = static_cast<std::size_t>(at - watch.members.begin());
    auto& resource = watch.resources[index];
    const auto instance = news.state == State::active    ? ListedResource::Instance::active
                          : news.state == State::pending ? ListedResource::Instance::pending
                                                         : ListedResource::Instance::terminated;
    const bool moved = std::exchange(resource.instance, instance) != instance;
    resource.reason = news.state == State::terminated ? news.reason : std::string();
    if (news.notify != nullptr && news.notify->body().size() <= kLargestMember) {
        at->document = news.notify->body();
        resource.content_type = news.notify->get(HeaderId::content_type).value_or("");
    }
    if (news.state != State::active) at->document.clear();
    if (news.state == State::terminated) {
        at->subscription = 0;
        // RFC 6665 §4.1.3: to be subscribed to anew
        if (news.reason == "deactivated" || news.reason == "timeout")
            watch_member(*subscription, index);
    }
    if (!moved && !is_news(*subscription, index)) return;
    resource.changed = true;
    const auto id = subscription->id;
    notifier_.tell(id, notification(*subscription, false));
}

// RFC 4660 §4.1: what the watcher wants of the list holds for what comes of each member.
bool ResourceListServer::is_news(const sip::Subscription& subscription, std::size_t index) const {
    const auto& watch = static_cast<const ListWatch&>(*subscription.context);
    const auto& member = watch.members[index];
    const auto* filter = watch.filters.filter_for_list(subscription.resource);
    if (filter == nullptr) return true;
    if (!filter->triggers.empty())
        return member.told.empty() || is_worth_telling(*filter, member.told, member.document);
    const auto part = selected_text(watch.resources[index].content_type, member.document, *filter);
    return std::hash<std::string>{}(part) != member.shown;
}

// What is to be told of the members: those that have news, or all.
void ResourceListServer::show_members(const sip::Subscription& subscription, bool full) {
    auto& watch = static_cast<ListWatch&>(*subscription.context);
    const auto* filter = watch.filters.filter_for_list(subscription.resource);
    for (std::size_t i = 0; i < watch.members.size(); ++i) {
        auto& resource = watch.resources[i];
        auto& member = watch.members[i];
        if (!full && !resource.changed) continue;
        resource.body = filter == nullptr
                            ? member.document
                            : selected_text(resource.content_type, member.document, *filter);
        member.shown = filter == nullptr ? 0 : std::hash<std::string>{}(resource.body);
        const bool on_trigger = filter != nullptr && !filter->triggers.empty();
        member.told = on_trigger ? member.document : std::string();
    }
}

// RFC 4662 §5: all of it, or the members of whom there are news.
sip::EventDocument ResourceListServer::notification(const sip::Subscription& subscription,
                                                    bool full) {
    auto& watch = static_cast<ListWatch&>(*subscription.context);
    show_members(subscription, full);
    auto document = list_notification(subscription.resource,
                                      subscription.version,
                                      full,
                                      watch.resources,
                                      services_.entropy().token(6),
                                      services_.config().host);
    for (auto& resource : watch.resources) {
        resource.changed = false;
        resource.body = {};
    }
    return document;
}

}  // namespace imslab::presence
