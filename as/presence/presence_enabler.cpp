// The presence server as an enabler (RFC 3856, RFC 3903): which procedure a request belongs to.
#include "as/presence/presence_enabler.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "as/application_server.h"
#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::presence {

using sip::HeaderId;

namespace {

sip::Notifier::Settings presence_settings(const PresenceSettings& from, std::string contact) {
    sip::Notifier::Settings settings;
    settings.package = "presence";
    settings.contact = std::move(contact);
    settings.default_expires = from.default_expires;
    settings.min_expires = from.min_expires;
    settings.max_expires = from.max_expires;
    settings.max_subscriptions = from.max_subscriptions;
    settings.min_interval = from.min_interval;
    return settings;
}

sip::Notifier::Settings watcher_settings(const PresenceSettings& from, std::string contact) {
    auto settings = presence_settings(from, std::move(contact));
    settings.package = "presence.winfo";
    settings.min_interval = from.watcher_information_interval;
    return settings;
}

}  // namespace

PresenceEnabler::PresenceEnabler(as::Services& services,
                                 std::string name,
                                 PresenceSettings settings)
    : Enabler(services, std::move(name)),
      settings_(std::move(settings)),
      publications_(settings_.publications),
      presence_package_(*this),
      watcher_package_(*this),
      watchers_(presence_settings(settings_, "<" + services.own_uri(this->name()) + ">"),
                presence_package_,
                element()),
      users_(watcher_settings(settings_, "<" + services.own_uri(this->name()) + ">"),
             watcher_package_,
             element()) {
    if (settings_.domains.empty()) settings_.domains = services.config().domains;
    if (auto* documents = services.documents())
        documents->watch([this](const xdm::DocumentPath& path) { on_document_changed(path); });
}

sip::Notifier::Element PresenceEnabler::element() {
    return {services_.proxy(),
            services_.entropy(),
            [this](std::string_view uri) { return services_.flow_to(uri); },
            [this](std::string_view call_id, std::string text) {
                services_.log(LogLevel::info, call_id, "RFC 3856 §6", std::move(text));
            }};
}

void PresenceEnabler::respond(sip::ServerId id, sip::Message response) {
    if (sip::to_tag(response).value_or("").empty())
        sip::set_to_tag(response, services_.entropy().token(8));
    ++refused_;
    services_.proxy().respond(id, std::move(response));
}

void PresenceEnabler::on_request(sip::ServerId id, as::ServiceRequest request) {
    const auto& message = request.message;
    const auto method = message.method();
    if (method != sip::Method::publish && method != sip::Method::subscribe) {
        // nothing of ours: it passes through (TS 24.229 §5.7.4), unless it is meant for us
        if (!request.original_dialog.empty()) return services_.proxy_on(id, std::move(request.message));
        auto refusal = sip::Message::response_to(message, 405);
        refusal.append(HeaderId::allow, "PUBLISH, SUBSCRIBE");
        return respond(id, std::move(refusal));
    }
    const auto package = sip::event_package(message);
    const bool of_presence = sip::equals_ignoring_case(package, "presence");
    const bool of_watchers = sip::equals_ignoring_case(package, "presence.winfo");
    const auto presentity = presentity_of(request);
    // RFC 3903 §6 step 1
    if (!presentity) return respond(id, sip::Message::response_to(message, 404));
    if (method == sip::Method::publish) {
        if (!of_presence) return respond(id, sip::bad_event(message, "presence"));
        return on_publish(id, request, *presentity);
    }
    if (of_presence) return on_subscribe(id, request, *presentity);
    if (of_watchers) return on_subscribe_to_watchers(id, request, *presentity);
    respond(id, sip::bad_event(message, "presence, presence.winfo"));
}

bool PresenceEnabler::takes(const sip::Message& request) const {
    const auto method = request.method();
    const auto package = sip::event_package(request);
    return settings_.believes_from &&
           (method == sip::Method::publish || method == sip::Method::subscribe) &&
           (sip::equals_ignoring_case(package, "presence") ||
            sip::equals_ignoring_case(package, "presence.winfo"));
}

void PresenceEnabler::on_request_in_dialog(sip::ServerId id, sip::Message request) {
    if (request.method() == sip::Method::subscribe &&
        (watchers_.on_subscribe_inside(id, request) || users_.on_subscribe_inside(id, request)))
        return;
    // a dialog that only passes through has its Route on; RFC 6665 §4.5.2: ours is gone
    if (request.has(HeaderId::route)) return services_.proxy_on(id, std::move(request));
    services_.proxy().respond(id, 481);
}

// The user whom it is about: the Request-URI, of a domain that we have.
std::optional<std::string> PresenceEnabler::presentity_of(const as::ServiceRequest& request) const {
    auto identity = sip::canonical_identity(request.message.uri());
    if (!identity) return std::nullopt;
    if (*identity == request.served_user) return identity;
    const auto uri = sip::Uri::parse(*identity);
    if (!uri || !uri->is_sip() || uri->user.empty()) return std::nullopt;
    const bool ours = std::any_of(
        settings_.domains.begin(), settings_.domains.end(), [&](const std::string& domain) {
            return sip::equals_ignoring_case(domain, uri->host);
        });
    if (!ours) return std::nullopt;
    return identity;
}

// Who asks, as far as it is known; empty: somebody who does not say.
std::string PresenceEnabler::requester(const as::ServiceRequest& request) const {
    const auto& message = request.message;
    if (message.has_token(HeaderId::privacy, "id")) return {};  // RFC 3325 §9.3
    if (!request.asserted.empty()) return request.asserted;
    if (!settings_.believes_from || !request.trusted) return {};
    const auto from = sip::uri_of(message.first_value(HeaderId::from));
    return from ? sip::canonical_identity(*from).value_or("") : std::string();
}

void PresenceEnabler::on_registration(const as::ThirdPartyRegistration& registration) {
    changed(registration.identity);
}

// Rules, lists and permanent state are obeyed the moment they change.
void PresenceEnabler::on_document_changed(const xdm::DocumentPath& path) {
    if (path.auid == "pidf-manipulation") return changed(path.xui);
    if (path.auid == "pres-rules" || path.auid == "org.openmobilealliance.pres-rules" ||
        path.auid == "resource-lists")
        rules_changed(path.xui);
}

// A host's clock begins in 1970 (Loop::now).
std::int64_t PresenceEnabler::unix_time() const {
    return std::chrono::duration_cast<std::chrono::seconds>(services_.now().time_since_epoch())
        .count();
}

void PresenceEnabler::on_time(Time now) {
    for (const auto& user : publications_.expire(now)) changed(user);
    while (!rules_due_.empty() && rules_due_.begin()->first <= now) {
        const auto presentity = rules_due_.begin()->second;
        rules_due_.erase(rules_due_.begin());
        tell_watchers(presentity);
        schedule_rules(presentity);
    }
    watchers_.on_time(now);
    users_.on_time(now);
}

std::optional<Time> PresenceEnabler::next_deadline() const {
    return earlier(earlier(publications_.next_deadline(), earliest(rules_due_)),
                   earlier(watchers_.next_deadline(), users_.next_deadline()));
}

nlohmann::ordered_json PresenceEnabler::state() const {
    nlohmann::ordered_json state;
    state["publications"] = publications_.state(services_.now());
    state["watchers"] = watchers_.state();
    state["watcher_information"] = users_.state();
    state["composed"] = raw_.size();
    state["published"] = published_;
    state["refused"] = refused_;
    return state;
}

std::unique_ptr<as::Enabler> make_presence_server(as::Services& services,
                                                  std::string name,
                                                  PresenceSettings settings) {
    return std::make_unique<PresenceEnabler>(services, std::move(name), std::move(settings));
}

}  // namespace imslab::presence
