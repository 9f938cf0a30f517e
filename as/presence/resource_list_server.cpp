// RFC 4662 §4: list subscriptions; TS 24.141 §5.3.4: the resource list server in an IMS.
#include "as/presence/resource_list_server.h"

#include <nlohmann/json.hpp>

#include "as/presence/resource_list_enabler.h"
#include "sip/headers.h"

namespace imslab::presence {

using sip::HeaderId;

namespace {

constexpr std::string_view kRlmi = "application/rlmi+xml";
constexpr std::string_view kMultipart = "multipart/related";

}  // namespace

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
        return respond(
            id, message, 406, HeaderId::accept, "application/rlmi+xml, multipart/related");
    const auto subscriber = subscriber_of(request);
    if (subscriber != list->owner) return respond(id, message, 403);
    const auto members = lists_.members_of(*list);
    if (!members) {
        services_.log(LogLevel::warning, sip::call_id(message), "RFC 4826 §4.1", members.error());
        return respond(id, message, 404);
    }
    auto watch = std::make_unique<ListWatch>();
    if (auto taken = take_filters(*watch, message, *uri); !taken)
        return services_.proxy().respond(id, std::move(taken.error()));
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
        pass_filters_on(*subscription);
        watch_members(*subscription);
        notifier_.tell(id);
    }
}

std::unique_ptr<as::Enabler> make_resource_list_server(as::Services& services,
                                                       std::string name,
                                                       ResourceListSettings settings) {
    return std::make_unique<ResourceListServer>(services, std::move(name), settings);
}

}  // namespace imslab::presence
