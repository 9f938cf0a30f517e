// RFC 4662 §4: list subscriptions; TS 24.141 §5.3.4: the resource list server in an IMS.
#include "as/presence/resource_list_server.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "as/presence/presence_document.h"
#include "as/presence/rlmi.h"
#include "as/presence/rls_services.h"
#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/next_hop.h"
#include "sip/notifier.h"
#include "sip/subscriber.h"
#include "sip/uri.h"

namespace imslab::presence {

namespace {

using sip::HeaderId;

constexpr std::string_view kRlmi = "application/rlmi+xml";
constexpr std::string_view kMultipart = "multipart/related";
constexpr std::size_t kLargestMember = 64 * 1024;

struct ListWatch final : sip::SubscriptionContext {
    std::vector<ListedResource> resources;
    std::vector<sip::Subscriber::Id> members;  // beside the resources; 0: none any more
};

class ResourceListServer final : public as::Enabler, private sip::EventPackage {
public:
    ResourceListServer(as::Services& services, std::string name, ResourceListSettings settings)
        : Enabler(services, std::move(name)),
          settings_(settings),
          lists_(services.documents()),
          notifier_(notifier_settings(), *this, notifier_element()),
          subscriber_({services.proxy(), services.entropy(), [this](std::string_view uri) {
                           return services_.flow_to(uri);
                       }}) {
        if (auto* documents = services.documents())
            documents->watch([this](const xdm::DocumentPath& path) { on_document_changed(path); });
    }

    void on_request(sip::ServerId id, as::ServiceRequest request) override;
    void on_request_in_dialog(sip::ServerId id, sip::Message request) override;
    bool takes(const sip::Message& request) const override {
        const auto uri = sip::canonical_identity(request.uri());
        return settings_.plain_sip && request.method() == sip::Method::subscribe && uri &&
               const_lists().find(*uri) != nullptr;
    }
    void on_time(Time now) override {
        subscriber_.on_time(now);
        notifier_.on_time(now);
    }
    std::optional<Time> next_deadline() const override {
        return earlier(notifier_.next_deadline(), subscriber_.next_deadline());
    }
    nlohmann::ordered_json state() const override {
        nlohmann::ordered_json state;
        state["lists"] = notifier_.state();
        state["members"] = subscriber_.size();
        return state;
    }

private:
    // ---- sip::EventPackage
    sip::EventDocument whole_state(sip::Subscription& subscription) override {
        return notification(subscription, true);
    }
    // RFC 4662 §4.1, §4.5.
    void add_fields(const sip::Subscription&, sip::Message& message) override {
        message.append(HeaderId::require, "eventlist");
    }
    void on_subscription_ended(const sip::Subscription& subscription) override {
        leave(static_cast<ListWatch&>(*subscription.context).members);
    }

    // The index is made when it is asked for.
    ListServices& const_lists() const { return lists_; }
    sip::Notifier::Settings notifier_settings() const;
    sip::Notifier::Element notifier_element();
    void respond(sip::ServerId id, const sip::Message& request, int status, HeaderId header = {},
                 std::string_view value = {});
    std::string subscriber_of(const as::ServiceRequest& request) const;
    void set_members(ListWatch& watch, const std::vector<ListEntry>& members);
    void watch_members(const sip::Subscription& subscription);
    void leave(const std::vector<sip::Subscriber::Id>& members);
    sip::Subscriber::Id watch_member(const sip::Subscription& subscription,
                                     const std::string& uri);
    void on_member_news(sip::Subscriber::Id member, const sip::Subscriber::News& news);
    sip::EventDocument notification(const sip::Subscription& subscription, bool full);
    void on_document_changed(const xdm::DocumentPath& path);

    ResourceListSettings settings_;
    mutable ListServices lists_;
    sip::Notifier notifier_;
    sip::Subscriber subscriber_;
    std::map<sip::Subscriber::Id, sip::SubscriptionId> owner_of_;
};

sip::Notifier::Settings ResourceListServer::notifier_settings() const {
    sip::Notifier::Settings settings;
    settings.package = "presence";
    settings.contact = "<" + services_.own_uri(name()) + ">";
    settings.min_expires = settings_.min_expires;
    settings.max_expires = settings_.max_expires;
    settings.max_subscriptions = settings_.max_subscriptions;
    settings.min_interval = settings_.min_interval;
    return settings;
}

sip::Notifier::Element ResourceListServer::notifier_element() {
    return {services_.proxy(),
            services_.entropy(),
            [this](std::string_view uri) { return services_.flow_to(uri); },
            [this](std::string_view call_id, std::string text) {
                services_.log(LogLevel::info, call_id, "RFC 4662 §4", std::move(text));
            }};
}

void ResourceListServer::respond(sip::ServerId id,
                                 const sip::Message& request,
                                 int status,
                                 HeaderId header,
                                 std::string_view value) {
    auto response = sip::Message::response_to(request, status);
    if (sip::to_tag(response).value_or("").empty())
        sip::set_to_tag(response, services_.entropy().token(8));
    if (!value.empty()) response.append(header, value);
    services_.proxy().respond(id, std::move(response));
}

std::string ResourceListServer::subscriber_of(const as::ServiceRequest& request) const {
    if (!request.asserted.empty()) return request.asserted;
    if (!settings_.plain_sip || !request.trusted) return {};
    const auto from = sip::uri_of(request.message.first_value(HeaderId::from));
    return from ? sip::canonical_identity(*from).value_or("") : std::string();
}

// ---- the watcher's side

void ResourceListServer::on_request(sip::ServerId id, as::ServiceRequest request) {
    const auto& message = request.message;
    const auto uri = sip::canonical_identity(message.uri());
    const auto* list = uri ? lists_.find(*uri) : nullptr;
    if (message.method() != sip::Method::subscribe || list == nullptr) {
        // no list of ours: it passes through (TS 24.229 §5.7.4)
        if (!request.original_dialog.empty())
            return services_.proxy_on(id, std::move(request.message));
        if (message.method() != sip::Method::subscribe)
            return respond(id, message, 405, HeaderId::allow, "SUBSCRIBE");
        return respond(id, message, 404);
    }
    if (!sip::equals_ignoring_case(sip::event_package(message), "presence") ||
        (!list->packages.empty() && !list->packages.contains("presence")))
        return respond(id, message, 489, HeaderId::allow_events, "presence");
    // RFC 4662 §4.1: who does not know lists would not understand the answer
    if (!message.has_token(HeaderId::supported, "eventlist"))
        return respond(id, message, 421, HeaderId::require, "eventlist");
    if (message.has(HeaderId::accept) &&
        (!sip::accepts(message, kRlmi) || !sip::accepts(message, kMultipart)))
        return respond(id, message, 406, HeaderId::accept, "application/rlmi+xml, multipart/related");
    const auto subscriber = subscriber_of(request);
    if (subscriber != list->owner) return respond(id, message, 403);
    const auto members = lists_.members_of(*list);
    if (!members) {
        services_.log(LogLevel::warning, sip::call_id(message), "RFC 4826 §4.1", members.error());
        return respond(id, message, 404);
    }
    auto watch = std::make_unique<ListWatch>();
    set_members(*watch, *members);
    auto* subscription = notifier_.subscribe(
        id, message, *uri, subscriber, sip::SubscriptionEvent::accepted, std::move(watch));
    if (subscription != nullptr) watch_members(*subscription);
}

void ResourceListServer::on_request_in_dialog(sip::ServerId id, sip::Message request) {
    if (request.method() == sip::Method::notify && subscriber_.on_notify(id, request)) return;
    if (request.method() == sip::Method::subscribe && notifier_.on_subscribe_inside(id, request))
        return;
    if (request.has(HeaderId::route)) return services_.proxy_on(id, std::move(request));
    services_.proxy().respond(id, 481);
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
        next.members.push_back(is_known ? std::exchange(watch.members[index], 0) : 0);
    }
    leave(watch.members);
    watch.resources = std::move(next.resources);
    watch.members = std::move(next.members);
}

// Those who have not been asked yet.
void ResourceListServer::watch_members(const sip::Subscription& subscription) {
    auto& watch = static_cast<ListWatch&>(*subscription.context);
    for (std::size_t i = 0; i < watch.members.size(); ++i) {
        if (watch.members[i] == 0 && watch.resources[i].instance == ListedResource::Instance::none)
            watch.members[i] = watch_member(subscription, watch.resources[i].uri);
    }
}

void ResourceListServer::leave(const std::vector<sip::Subscriber::Id>& members) {
    for (const auto member : members) {
        if (member == 0) continue;
        owner_of_.erase(member);
        subscriber_.unsubscribe(member);
    }
}

// RFC 4662 §4.4, TS 24.229 §5.7.3: on behalf of the watcher, through his own services.
sip::Subscriber::Id ResourceListServer::watch_member(const sip::Subscription& subscription,
                                                     const std::string& uri) {
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
    const auto left = std::chrono::ceil<std::chrono::seconds>(subscription.expires - services_.now());
    request.append(HeaderId::expires, std::to_string(std::max<std::int64_t>(left.count(), 1)));
    if (!services_.flow_to(sip::next_hop_uri(request))) return 0;
    const auto member = subscriber_.subscribe(
        std::move(request), [this](sip::Subscriber::Id id, const sip::Subscriber::News& news) {
            on_member_news(id, news);
        });
    owner_of_[member] = subscription.id;
    return member;
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
    const auto at = std::find(watch.members.begin(), watch.members.end(), member);
    if (at == watch.members.end()) return;
    auto& resource = watch.resources[static_cast<std::size_t>(at - watch.members.begin())];
    resource.instance = news.state == State::active    ? ListedResource::Instance::active
                        : news.state == State::pending ? ListedResource::Instance::pending
                                                       : ListedResource::Instance::terminated;
    resource.reason = news.state == State::terminated ? news.reason : std::string();
    resource.changed = true;
    if (news.notify != nullptr && news.notify->body().size() <= kLargestMember) {
        resource.body = news.notify->body();
        resource.content_type = news.notify->get(HeaderId::content_type).value_or("");
    }
    if (news.state != State::active) resource.body.clear();
    if (news.state == State::terminated) {
        *at = 0;
        // RFC 6665 §4.1.3: to be subscribed to anew
        if (news.reason == "deactivated" || news.reason == "timeout")
            *at = watch_member(*subscription, resource.uri);
    }
    const auto id = subscription->id;
    notifier_.tell(id, notification(*subscription, false));
}

// RFC 4662 §5: all of it, or the members of whom there are news.
sip::EventDocument ResourceListServer::notification(const sip::Subscription& subscription,
                                                    bool full) {
    auto& watch = static_cast<ListWatch&>(*subscription.context);
    auto document = list_notification(subscription.resource,
                                      subscription.version,
                                      full,
                                      watch.resources,
                                      services_.entropy().token(6),
                                      services_.config().host);
    for (auto& resource : watch.resources) resource.changed = false;
    return document;
}

// Who was put on the list, or taken off it: the subscription is told of the list that is now.
void ResourceListServer::on_document_changed(const xdm::DocumentPath& path) {
    lists_.document_changed(path);
    if (path.auid != "rls-services" && path.auid != "resource-lists") return;
    std::vector<sip::SubscriptionId> touched;
    notifier_.for_each([&](const sip::Subscription& subscription) {
        if (subscription.subscriber == path.xui) touched.push_back(subscription.id);
    });
    for (const auto id : touched) {
        auto* subscription = notifier_.find(id);
        const auto* list = lists_.find(subscription->resource);
        const auto members = list == nullptr ? Result<std::vector<ListEntry>, std::string>(
                                                   failure(std::string("the list is gone")))
                                             : lists_.members_of(*list);
        if (!members) {
            notifier_.end(id, "noresource");
            continue;
        }
        set_members(static_cast<ListWatch&>(*subscription->context), *members);
        watch_members(*subscription);
        notifier_.tell(id);
    }
}

}  // namespace

std::unique_ptr<as::Enabler> make_resource_list_server(as::Services& services,
                                                       std::string name,
                                                       ResourceListSettings settings) {
    return std::make_unique<ResourceListServer>(services, std::move(name), settings);
}

}  // namespace imslab::presence
