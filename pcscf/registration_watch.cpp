// TS 24.229 §5.2.3 (the P-CSCF subscribes, and keeps the subscription alive), §5.2.5.2 (it obeys
// when the network ends a registration); RFC 3680, RFC 6665.
#include "pcscf/registration_watch.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "core/deadline.h"
#include "pcscf/charging.h"
#include "pcscf/element.h"
#include "sip/next_hop.h"
#include "sip/uri.h"

namespace imslab::pcscf {

namespace {

using sip::HeaderId;

constexpr std::string_view kClause = "TS 24.229 §5.2.3";
constexpr std::string_view kWholeLife = "600000";  // longer than any registration
constexpr std::size_t kMostOctets = 1 << 20;

// §5.2.3: as a UE refreshes its registration.
Duration until_refresh(std::uint32_t granted_seconds) {
    constexpr std::uint32_t kLong = 1200, kBefore = 600;
    return std::chrono::seconds(granted_seconds > kLong ? granted_seconds - kBefore
                                                        : granted_seconds / 2);
}

std::string_view package_of(const sip::Message& message) {
    const auto event = message.get(HeaderId::event).value_or("");
    return sip::trim(event.substr(0, event.find(';')));
}

std::string_view local_name(const char* name) {
    const std::string_view whole(name);
    return whole.substr(whole.rfind(':') + 1);
}

}  // namespace

std::optional<std::vector<EndedRegistration>> ended_in(std::string_view document) {
    pugi::xml_document xml;
    if (document.size() > kMostOctets || !xml.load_buffer(document.data(), document.size()))
        return std::nullopt;
    const auto root = xml.document_element();
    if (local_name(root.name()) != "reginfo") return std::nullopt;
    std::vector<EndedRegistration> ended;
    for (const auto registration : root.children()) {
        if (local_name(registration.name()) != "registration") continue;
        const std::string aor = registration.attribute("aor").value();
        bool any = false;
        for (const auto contact : registration.children()) {
            if (local_name(contact.name()) != "contact") continue;
            any = true;
            if (std::string_view(contact.attribute("state").value()) != "terminated") continue;
            for (const auto uri : contact.children()) {
                if (local_name(uri.name()) == "uri")
                    ended.push_back({aor, std::string(sip::trim(uri.child_value()))});
            }
        }
        if (!any && std::string_view(registration.attribute("state").value()) == "terminated")
            ended.push_back({aor, {}});
    }
    return ended;
}

// ---- what is kept

RegistrationWatch* RegistrationWatches::find(std::string_view call_id) {
    const auto found = by_call_id_.find(call_id);
    return found == by_call_id_.end() ? nullptr : &found->second;
}

RegistrationWatch& RegistrationWatches::add(std::string call_id, RegistrationWatch watch) {
    by_identity_.insert(watch.identity);
    return by_call_id_.emplace(std::move(call_id), std::move(watch)).first->second;
}

void RegistrationWatches::erase(std::string_view call_id) {
    const auto found = by_call_id_.find(call_id);
    if (found == by_call_id_.end()) return;
    by_identity_.erase(found->second.identity);
    by_time_.erase({found->second.refresh_at, found->first});
    by_call_id_.erase(found);
}

void RegistrationWatches::refresh_at(std::string_view call_id, Time when) {
    const auto found = by_call_id_.find(call_id);
    if (found == by_call_id_.end()) return;
    by_time_.erase({found->second.refresh_at, found->first});
    found->second.refresh_at = when;
    by_time_.emplace(when, found->first);
}

std::optional<std::string> RegistrationWatches::due(Time now) const {
    if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
    return by_time_.begin()->second;
}

std::optional<Time> RegistrationWatches::next_deadline() const { return earliest(by_time_); }

nlohmann::ordered_json RegistrationWatches::state() const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& [call_id, watch] : by_call_id_) {
        nlohmann::ordered_json one;
        one["identity"] = watch.identity;
        one["state"] = watch.dialog ? "active" : "pending";
        all.push_back(std::move(one));
    }
    return all;
}

// ---- the procedures

// §5.2.3: once for a user who has registered, in our own name.
void Pcscf::Impl::watch_registration(const Registration& registration) {
    if (!config.reg_event || registration.identities.empty()) return;
    const std::string& identity = registration.identities.front();
    if (watches.is_watched(identity)) return;
    // The entry point of the user's home; of a number that of the identity registered.
    const auto& of_home = identity.starts_with("tel:") ? registration.aor : identity;
    const auto home = sip::Uri::parse(of_home);
    if (!home || !home->is_sip()) return;
    const std::string own_identity = "sip:" + config.host;
    const auto call_id = entropy.token(16);
    RegistrationWatch watch;
    watch.identity = identity;
    watch.local_tag = entropy.token(8);
    auto request = sip::Message::request(sip::Method::subscribe, identity);
    request.append(HeaderId::max_forwards, "70");
    request.append(HeaderId::from, "<" + own_identity + ">;tag=" + watch.local_tag);
    request.append(HeaderId::to, "<" + identity + ">");
    request.append(HeaderId::call_id, call_id);
    request.append(HeaderId::cseq, "1 SUBSCRIBE");
    request.append(HeaderId::contact, "<sip:reg@" + own.host_port(Side::mw) + ">");
    request.append(HeaderId::event, "reg");
    request.append(HeaderId::expires, kWholeLife);
    request.append(HeaderId::accept, "application/reginfo+xml");
    request.append(HeaderId::p_asserted_identity, "<" + own_identity + ">");
    set_charging_vector(request, new_charging_vector(entropy, config));
    auto entries = sip::ways_to("sip:" + std::string(home->host), request, config.hosts, config.mw);
    if (entries.empty()) return;
    watches.add(call_id, std::move(watch));
    const auto sent = request;
    proxy.send_request(
        std::move(request), std::move(entries), [this, sent](const sip::Message* response) {
            on_watch_answered(sent, response);
        });
}

void Pcscf::Impl::on_watch_answered(const sip::Message& request, const sip::Message* response) {
    const std::string call_id(sip::call_id(request));
    auto* watch = watches.find(call_id);
    if (watch == nullptr) return;  // a NOTIFY has ended it already
    if (response == nullptr || response->status() >= 300) {
        log(LogLevel::warning,
            request,
            kClause,
            "the registration state of " + watch->identity + " cannot be had: " +
                (response == nullptr ? "no answer" : std::to_string(response->status())));
        watches.erase(call_id);
        return;
    }
    if (!watch->dialog) watch->dialog = sip::Dialog::as_uac(request, *response);
    watches.refresh_at(call_id,
                       proxy.now() + until_refresh(sip::expires(*response).value_or(600'000)));
}

void Pcscf::Impl::refresh_watches(Time now) {
    while (const auto call_id = watches.due(now)) {
        watches.refresh_at(*call_id, Time::max());
        auto* watch = watches.find(*call_id);
        if (!watch->dialog) continue;
        auto request = watch->dialog->make_request("SUBSCRIBE");
        request.set(HeaderId::contact, "<sip:reg@" + own.host_port(Side::mw) + ">");
        request.set(HeaderId::event, "reg");
        request.set(HeaderId::expires, kWholeLife);
        request.set(HeaderId::p_asserted_identity, "<sip:" + config.host + ">");
        const auto to = sip::flow_to(sip::next_hop_uri(request), config.hosts, config.mw);
        if (!to) continue;
        const auto sent = request;
        proxy.send_request(std::move(request), *to, [this, sent](const sip::Message* response) {
            on_watch_answered(sent, response);
        });
    }
}

// A NOTIFY of a subscription of ours. False: it is for somebody behind us.
bool Pcscf::Impl::on_registration_notify(sip::ServerId id, const sip::Message& request) {
    if (request.method() != sip::Method::notify || !own.is_own(request.uri())) return false;
    if (!sip::equals_ignoring_case(package_of(request), "reg")) return false;
    auto* watch = watches.find(sip::call_id(request));
    if (watch == nullptr || sip::to_tag(request) != watch->local_tag) {
        proxy.respond(id, 481);
        return true;
    }
    if (watch->dialog && !watch->dialog->accept(request)) {
        proxy.respond(id, 500, "CSeq is out of order");
        return true;
    }
    const auto ended =
        request.body().empty() ? std::vector<EndedRegistration>{} : ended_in(request.body());
    if (!ended) {
        refuse(id, request, 400, kClause, "no reginfo document in NOTIFY");
        return true;
    }
    proxy.respond(id, 200);
    for (const auto& one : *ended) forget_ended(request, one.aor, one.contact);
    const auto state = request.get(HeaderId::subscription_state).value_or("");
    if (sip::equals_ignoring_case(sip::trim(state.substr(0, state.find(';'))), "terminated"))
        watches.erase(sip::call_id(request));
    return true;
}

// §5.2.5.2: the network has ended it; nothing of that contact passes any more.
void Pcscf::Impl::forget_ended(const sip::Message& about,
                               const std::string& aor,
                               const std::string& contact) {
    for (const BindingId bound : bindings.of_aor(aor)) {
        if (!contact.empty() && !sip::equal(bindings.contact(bound), contact)) continue;
        log(LogLevel::info,
            about,
            "TS 24.229 §5.2.5.2",
            aor + " is no longer registered at " + std::string(bindings.contact(bound)));
        bindings.remove(bound);
    }
}

}  // namespace imslab::pcscf
