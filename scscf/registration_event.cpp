// The notifier of the reg event package: TS 24.229 §5.4.2.1.1 (who may subscribe), §5.4.2.1.2 (what
// is told when); RFC 3680. How a notifier works is in sip/notifier.h.
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
constexpr const char* kContentType = "application/reginfo+xml";

// What the SUBSCRIBE was charged by.
struct SubscriptionCharging final : sip::SubscriptionContext {
    explicit SubscriptionCharging(sip::ChargingVector received) : vector(std::move(received)) {}
    sip::ChargingVector vector;
};

sip::ChargingVector charging_vector_of(const sip::Message& request) {
    const auto value = request.get(HeaderId::p_charging_vector);
    return value ? sip::ChargingVector::parse(*value).value_or(sip::ChargingVector{})
                 : sip::ChargingVector{};
}

bool has_host(std::string_view value, std::string_view host) {
    const auto uri = sip::uri_of(value);
    const auto parsed = sip::Uri::parse(uri ? *uri : value);
    return parsed && !host.empty() && sip::equals_ignoring_case(parsed->host, host);
}

}  // namespace

bool is_registration_event(const sip::Message& request) {
    return request.method() == sip::Method::subscribe &&
           sip::equals_ignoring_case(sip::event_package(request), "reg");
}

// RFC 3680 §4.4: 3761 s unless the SUBSCRIBE says otherwise.
sip::Notifier::Settings Scscf::Impl::subscription_settings() const {
    const auto seconds = [](Duration duration) {
        return static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::seconds>(duration).count());
    };
    sip::Notifier::Settings settings;
    settings.package = "reg";
    settings.contact = "<" + own_uri("reg") + ">";
    settings.default_expires = 3761;
    settings.min_expires = seconds(config.min_expires);
    settings.max_expires = seconds(config.max_expires);
    return settings;
}

sip::Notifier::Element Scscf::Impl::notifying_element() {
    return {proxy,
            entropy,
            [this](std::string_view uri) {
                return sip::flow_to(uri, config.hosts, config.address);
            },
            [this](std::string_view call_id, std::string text) {
                log(LogLevel::info, call_id, kClause, std::move(text));
            }};
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
    subscriptions.subscribe(id,
                            request,
                            identity,
                            *std::move(subscriber),
                            sip::SubscriptionEvent::accepted,
                            std::make_unique<SubscriptionCharging>(charging_vector_of(request)));
}

// TS 24.229 §5.4.2.1.1: one ICID for the subscription. The answer to a SUBSCRIBE gives back the
// network it came from and names the one that answers; a NOTIFY comes from here.
void Scscf::Impl::add_fields(const sip::Subscription& subscription, sip::Message& message) {
    const auto* charging = static_cast<const SubscriptionCharging*>(subscription.context.get());
    if (charging == nullptr || charging->vector.icid.empty()) return;
    auto vector = charging->vector;
    if (message.is_request())
        vector.orig_ioi = config.ioi;
    else
        vector.term_ioi = config.ioi;
    message.set(HeaderId::p_charging_vector, vector.to_string());
}

// A refresh is charged by what it says itself; by what was said before, if it says nothing.
Result<void, sip::Message> Scscf::Impl::on_refresh(sip::Subscription& subscription,
                                                   const sip::Message& request) {
    auto vector = charging_vector_of(request);
    if (!vector.icid.empty())
        subscription.context = std::make_unique<SubscriptionCharging>(std::move(vector));
    return {};
}

// RFC 3680 §4.5: the whole state, for whoever may have it.
sip::EventDocument Scscf::Impl::whole_state(sip::Subscription& subscription) {
    const auto* set = registrar.find(subscription.resource);
    if (set == nullptr) return {};
    return {kContentType, full_registration_document(*set, subscription.version, now)};
}

// TS 24.229 §5.4.2.1.2: those who watch are told what changed; with the registration the
// subscription ends.
void Scscf::Impl::tell_subscribers(const ImplicitSet& set, const RegistrationChange& change) {
    if (subscriptions.empty()) return;
    for (const auto& identity : set.identities) {
        for (const auto id : subscriptions.watchers_of(identity.uri)) {
            const auto* subscription = subscriptions.find(id);
            if (subscription == nullptr) continue;
            sip::EventDocument changed{
                kContentType,
                partial_registration_document(set, change, subscription->version, now)};
            if (change.is_end()) {
                subscriptions.end(id, "noresource", std::move(changed));
            } else {
                subscriptions.tell(id, std::move(changed));
            }
        }
    }
}

// The identities of the set may have changed.
void Scscf::Impl::tell_whole_state(const ImplicitSet& set) {
    if (subscriptions.empty()) return;
    for (const auto& identity : set.identities) subscriptions.tell_watchers(identity.uri);
}

}  // namespace imslab::scscf
