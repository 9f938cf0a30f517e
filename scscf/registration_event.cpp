// The notifier of the reg event package: TS 24.229 §5.4.2.1.1 (who may subscribe), §5.4.2.1.2 (what
// is told when); RFC 3680, RFC 6665 §4.2.
#include "scscf/registration_event.h"

#include <algorithm>

#include "scscf/procedures.h"
#include "scscf/registration_document.h"
#include "sip/headers.h"
#include "sip/next_hop.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

constexpr const char* kClause = "TS 24.229 §5.4.2.1.1";
constexpr std::uint32_t kDefaultExpires = 3761;  // RFC 3680 §4.4
constexpr std::string_view kContentType = "application/reginfo+xml";

std::string_view package_of(const sip::Message& message) {
    const auto event = message.get(HeaderId::event).value_or("");
    return sip::trim(event.substr(0, event.find(';')));
}

std::string event_id_of(const sip::Message& message) {
    const auto event = message.get(HeaderId::event).value_or("");
    const auto at = event.find(';');
    if (at == std::string_view::npos) return {};
    return std::string(sip::Params(event.substr(at + 1)).get("id").value_or(""));
}

bool has_host(std::string_view value, std::string_view host) {
    const auto uri = sip::uri_of(value);
    const auto parsed = sip::Uri::parse(uri ? *uri : value);
    return parsed && !host.empty() && sip::equals_ignoring_case(parsed->host, host);
}

}  // namespace

bool is_registration_event(const sip::Message& request) {
    return request.method() == sip::Method::subscribe &&
           sip::equals_ignoring_case(package_of(request), "reg");
}

// TS 24.229 §5.4.2.1.1: the user's own identities that are not barred, the entities of his Path,
// the application servers of his profile.
std::optional<std::string> Scscf::Impl::authorised_subscriber(const sip::Message& request,
                                                              const ImplicitSet& set) const {
    for (const auto value : request.values(HeaderId::p_asserted_identity)) {
        const auto uri = sip::uri_of(value);
        if (!uri) continue;
        const auto canonical = sip::canonical_identity(*uri).value_or(std::string(*uri));
        if (const auto* own = set.find(canonical); own != nullptr && !own->barred) return canonical;
        const auto parsed = sip::Uri::parse(*uri);
        const auto host = parsed ? parsed->host : std::string_view{};
        for (const auto& binding : set.bindings) {
            if (!binding.path) continue;
            std::string_view path = *binding.path;
            while (!path.empty()) {
                const auto end = std::min(path.find(','), path.size());
                if (has_host(path.substr(0, end), host)) return std::string(*uri);
                path.remove_prefix(std::min(end + 1, path.size()));
            }
        }
        for (const auto& identity : set.identities) {
            if (!identity.services) continue;
            const auto& criteria = identity.services->criteria;
            for (std::size_t i = 0; i < criteria.size(); ++i) {
                if (has_host(criteria[i].application_server.server_name, host))
                    return std::string(*uri);
            }
        }
    }
    return std::nullopt;
}

std::optional<std::uint32_t> Scscf::Impl::granted_subscription(sip::ServerId id,
                                                               const sip::Message& request) {
    const auto seconds = [](Duration duration) {
        return static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::seconds>(duration).count());
    };
    auto wanted = sip::expires(request).value_or(kDefaultExpires);
    if (wanted != 0 && wanted < seconds(config.min_expires)) {
        auto response = sip::Message::response_to(request, 423);
        sip::set_to_tag(response, entropy.token(8));
        response.append(HeaderId::min_expires, std::to_string(seconds(config.min_expires)));
        proxy.respond(id, std::move(response));
        return std::nullopt;
    }
    return std::min(wanted, seconds(config.max_expires));
}

// A SUBSCRIBE outside a dialog for somebody who is registered here.
void Scscf::Impl::on_registration_subscribe(sip::ServerId id,
                                            const sip::Message& request,
                                            const std::string& identity) {
    const auto* set = registrar.find(identity);
    if (set == nullptr || set->bindings.empty()) return proxy.respond(id, 480);
    auto subscriber = authorised_subscriber(request, *set);
    if (!subscriber) {
        log(LogLevel::info,
            sip::call_id(request),
            kClause,
            "who asks for the registration state of " + identity + " may not have it");
        return proxy.respond(id, 403);
    }
    const auto granted = granted_subscription(id, request);
    if (!granted) return;
    auto response = subscription_response(request, *granted);
    sip::set_to_tag(response, entropy.token(8));
    auto dialog = sip::Dialog::as_uas(request, response);
    if (!dialog) return proxy.respond(id, 400, "SUBSCRIBE makes no dialog");
    RegistrationSubscription subscription{
        *std::move(dialog), identity, *std::move(subscriber), event_id_of(request)};
    subscription.expires = now + std::chrono::seconds(*granted);
    auto& kept = subscriptions.add(std::move(subscription));
    proxy.respond(id, std::move(response));
    happen_to(kept, *granted == 0 ? SubscriptionEvent::fetched : SubscriptionEvent::subscribed);
    const auto dialog_id = kept.dialog.id();
    notify(dialog_id, *set, nullptr, "timeout");
}

sip::Message Scscf::Impl::subscription_response(const sip::Message& request,
                                                std::uint32_t seconds) const {
    auto response = sip::Message::response_to(request, 200);
    for (const auto route : request.values(HeaderId::record_route))
        response.append(HeaderId::record_route, route);
    response.set(HeaderId::contact, "<" + own_uri("reg") + ">");
    response.set(HeaderId::expires, std::to_string(seconds));
    return response;
}

// A SUBSCRIBE inside a dialog of ours: refreshed or ended. False: it is not ours.
bool Scscf::Impl::on_registration_resubscribe(sip::ServerId id, const sip::Message& request) {
    const auto dialog_id = sip::dialog_of_received(request);
    auto* subscription = dialog_id ? subscriptions.find(*dialog_id) : nullptr;
    if (subscription == nullptr) return false;
    if (!subscription->dialog.accept(request)) {
        proxy.respond(id, 500, "CSeq is out of order");
        return true;
    }
    const auto granted = granted_subscription(id, request);
    if (!granted) return true;
    subscription->dialog.refresh_target(request);
    subscriptions.set_expires(*subscription, now + std::chrono::seconds(*granted));
    proxy.respond(id, subscription_response(request, *granted));
    happen_to(*subscription,
              *granted == 0 ? SubscriptionEvent::fetched : SubscriptionEvent::refreshed);
    if (const auto* set = registrar.find(subscription->identity))
        notify(*dialog_id, *set, nullptr, "timeout");
    return true;
}

void Scscf::Impl::happen_to(RegistrationSubscription& subscription, SubscriptionEvent event) {
    const auto next = kSubscriptionTransitions.next(subscription.state, event);
    if (next) subscription.state = *next;
}

// TS 24.229 §5.4.2.1.2: those who watch are told what changed; with the registration the
// subscription ends.
void Scscf::Impl::tell_subscribers(const ImplicitSet& set, const RegistrationChange& change) {
    if (subscriptions.empty()) return;
    for (const auto& identity : set.identities) {
        for (const auto& id : subscriptions.watchers_of(identity.uri)) {
            auto* subscription = subscriptions.find(id);
            if (subscription == nullptr) continue;
            if (change.is_end()) happen_to(*subscription, SubscriptionEvent::registration_ended);
            notify(id, set, &change, "noresource");
        }
    }
}

// The identities of the set may have changed.
void Scscf::Impl::tell_whole_state(const ImplicitSet& set) {
    if (subscriptions.empty()) return;
    for (const auto& identity : set.identities) {
        for (const auto& id : subscriptions.watchers_of(identity.uri))
            notify(id, set, nullptr, "timeout");
    }
}

// No change given: the whole state.
void Scscf::Impl::notify(const sip::DialogId& id,
                         const ImplicitSet& set,
                         const RegistrationChange* change,
                         std::string_view reason) {
    auto* subscription = subscriptions.find(id);
    if (subscription == nullptr) return;
    const bool ends = subscription->state == SubscriptionState::terminated;
    if (subscription->in_flight && !ends) {
        subscription->behind = true;
        return;
    }
    auto request = subscription->dialog.make_request("NOTIFY");
    std::string event = "reg";
    if (!subscription->event_id.empty()) event += ";id=" + subscription->event_id;
    request.set(HeaderId::event, event);
    const auto left = std::chrono::ceil<std::chrono::seconds>(subscription->expires - now).count();
    request.set(HeaderId::subscription_state,
                ends ? "terminated;reason=" + std::string(reason)
                     : "active;expires=" + std::to_string(std::max<std::int64_t>(left, 0)));
    request.set(HeaderId::contact, "<" + own_uri("reg") + ">");
    request.set_body(kContentType,
                     change == nullptr
                         ? full_registration_document(set, subscription->version, now)
                         : partial_registration_document(set, *change, subscription->version, now));
    ++subscription->version;
    const auto to = sip::flow_to(sip::next_hop_uri(request), config.hosts, config.address);
    if (!to) {
        log(LogLevel::warning, id.call_id, kClause, "no way to the subscriber");
        subscriptions.erase(id);
        return;
    }
    subscription->in_flight = true;
    if (ends) subscriptions.erase(id);
    proxy.send_request(std::move(request), *to, [this, id](const sip::Message* final_response) {
        on_notify_answered(id, final_response);
    });
}

// RFC 6665 §4.2.2: a subscriber who does not know of it, or is silent, has none.
void Scscf::Impl::on_notify_answered(const sip::DialogId& id, const sip::Message* response) {
    auto* subscription = subscriptions.find(id);
    if (subscription == nullptr) return;
    subscription->in_flight = false;
    if (response == nullptr || response->status() >= 300) {
        happen_to(*subscription, SubscriptionEvent::subscriber_gone);
        log(LogLevel::info, id.call_id, kClause, "the subscriber is gone");
        subscriptions.erase(id);
        return;
    }
    const auto* set = registrar.find(subscription->identity);
    if (!std::exchange(subscription->behind, false) || set == nullptr) return;
    notify(id, *set, nullptr, "timeout");
}

void Scscf::Impl::expire_subscriptions(Time until) {
    while (const auto id = subscriptions.first_expired(until)) {
        auto* subscription = subscriptions.find(*id);
        happen_to(*subscription, SubscriptionEvent::expired);
        if (const auto* set = registrar.find(subscription->identity))
            notify(*id, *set, nullptr, "timeout");
        subscriptions.erase(*id);
    }
}

}  // namespace imslab::scscf
