// Registration as the P-CSCF takes part in it: TS 24.229 §5.2.2.1 (what it adds to a REGISTER and
// keeps of a 200), §5.2.2.2 (IMS AKA: what it takes out of a 401).
#include <algorithm>
#include <chrono>

#include "core/transports.h"
#include "pcscf/charging.h"
#include "pcscf/element.h"
#include "pcscf/identity.h"
#include "pcscf/trust_domain.h"
#include "sip/next_hop.h"
#include "sip/uri.h"

namespace imslab::pcscf {

namespace {

constexpr std::string_view kClause = "TS 24.229 §5.2.2.1";
constexpr std::uint32_t kDefaultExpirySeconds =
    3600;  // RFC 3261 §10.2.1.1: the registrar names none

// TS 24.229 §5.2.2.2: the keys are for the P-CSCF alone.
void remove_keys(sip::Message& response) {
    std::vector<std::string> values;
    for (const auto& field : response.fields()) {
        if (field.id != sip::HeaderId::www_authenticate) continue;
        values.push_back(sip::without_auth_params(response.value(field), {"ck", "ik"}));
    }
    if (values.empty()) return;
    response.remove(sip::HeaderId::www_authenticate);
    for (const auto& value : values) response.append(sip::HeaderId::www_authenticate, value);
}

std::string address_of_record(const sip::Message& request) {
    const auto to = sip::uri_of(request.get(sip::HeaderId::to)).value_or(std::string_view{});
    return sip::canonical_identity(to).value_or(std::string(to));
}

struct Granted {
    std::string contact;
    std::uint32_t expires_seconds;
};

// The bindings that the registrar lists in its 200 (RFC 3261 §10.3 step 8).
std::vector<Granted> granted_by(const sip::Message& response) {
    std::vector<Granted> granted;
    for (const std::string_view value : response.values(sip::HeaderId::contact)) {
        const auto contact = sip::NameAddr::parse(value);
        if (!contact || contact->is_star) continue;
        granted.push_back({std::string(contact->uri),
                           sip::contact_expires(response, *contact, kDefaultExpirySeconds)});
    }
    return granted;
}

const Granted* find(const std::vector<Granted>& granted, std::string_view contact) {
    const auto found = std::find_if(granted.begin(), granted.end(), [&](const Granted& each) {
        return sip::equal(each.contact, contact);
    });
    return found == granted.end() || found->expires_seconds == 0 ? nullptr : &*found;
}

}  // namespace

void Pcscf::Impl::on_register(sip::ServerId id, sip::Message request, const Flow& flow) {
    const auto home = sip::Uri::parse(request.uri());
    // A home network is a name; an address would let a UE choose where the core's messages go.
    const bool is_name = home && home->is_sip() && !IpAddress::parse(home->host);
    auto entries = is_name ? sip::ways_to(request.uri(), request, config.hosts, config.mw)
                           : std::vector<sip::Way>{};
    if (entries.empty() || own.is_own(request.uri())) {
        return refuse(
            id,
            request,
            404,
            kClause,
            "no entry point is known for the home network of " + std::string(request.uri()));
    }
    const std::string aor = address_of_record(request);
    if (bindings.size() >= config.max_bindings && bindings.of_aor(aor).empty()) {
        return refuse(id, request, 503, kClause, "as many contacts are registered as there may be");
    }
    if (const auto claimed = remove_what_a_ue_may_not_say(request); !claimed.empty()) {
        log(LogLevel::warning,
            request,
            "TS 24.229 §4.4",
            "the UE may not say " + std::string(claimed) + ": removed");
    }
    remove_security_agreement(request);
    request.remove(sip::HeaderId::route);
    request.remove(sip::HeaderId::record_route);
    request.remove(sip::HeaderId::p_preferred_identity);
    mark_protection(request, flow);
    // TS 24.229 §5.2.2.1: requests for this UE shall come by here.
    request.append(sip::HeaderId::path, own.path());
    if (!request.has_token(sip::HeaderId::require, "path"))
        request.append(sip::HeaderId::require, "path");
    request.set(sip::HeaderId::p_visited_network_id, sip::quote(config.visited_network));
    set_charging_vector(request, new_charging_vector(entropy, config));

    Passing& registration = passing[id];
    registration.procedure = Passing::Procedure::registration;
    registration.method = sip::Method::register_;
    registration.ue = flow;
    proxy.forward(id, sip::Branch::along(std::move(request), std::move(entries)));
}

// TS 24.229 §5.2.2.1: an I-CSCF that redirects, or cannot for the moment, is left for another one.
bool Pcscf::Impl::is_for_another_icscf(const sip::Message& response) {
    return response.status() / 100 == 3 || response.status() == 480;
}

void Pcscf::Impl::on_register_response(sip::ServerId id, sip::Message& response) {
    if (response.status() == 401) remove_keys(response);
    if (response.status() == 403) end_session_of(id);
    const sip::Message* request = proxy.request_of(id);
    const Flow* flow = proxy.flow_of(id);
    if (response.status() / 100 == 2 && request != nullptr && flow != nullptr) {
        save_bindings(*request, response, ue_flow(*flow, *request), passing.at(id).watched);
    }
    remove_what_stays_in_the_core(response);
}

// TS 33.203 Annex O.3.1.1: the TLS session of a user who could not prove who he is ends, unless
// somebody else is registered by it.
void Pcscf::Impl::end_session_of(sip::ServerId id) {
    const auto found = passing.find(id);
    if (found == passing.end() || !is_secure(found->second.ue.transport)) return;
    const Flow& flow = found->second.ue;
    found->second.ends_session = bindings.of_connection(flow.connection).empty();
}

void Pcscf::Impl::save_bindings(const sip::Message& request,
                                const sip::Message& response,
                                const UeFlow& ue,
                                std::optional<Registration>& watched) {
    Registration registration;
    registration.aor = address_of_record(request);
    registration.ue = ue;
    // TS 24.229 §5.2.2.4: from now on this TLS session is his.
    if (is_secure(ue.flow.transport)) registration.private_identity = private_identity_in(request);
    // TS 24.229 §5.2.2.1: the identities the UE may use, the default one first; the way its
    // requests go.
    registration.identities = uris_of(response, sip::HeaderId::p_associated_uri);
    if (registration.identities.empty()) registration.identities.push_back(registration.aor);
    registration.service_route = uris_of(response, sip::HeaderId::service_route);
    registration.charging_addresses = received_charging_addresses(response);

    const auto granted = granted_by(response);
    for (const std::string_view value : request.values(sip::HeaderId::contact)) {
        const auto contact = sip::NameAddr::parse(value);
        const Granted* grant = contact && !contact->is_star ? find(granted, contact->uri) : nullptr;
        if (grant == nullptr) continue;
        registration.contact = contact->uri;
        registration.expires = proxy.now() + std::chrono::seconds(grant->expires_seconds);
        if (!bindings.save(registration)) {
            log(LogLevel::error,
                request,
                kClause,
                "no room to keep the registration of " + registration.contact);
            continue;
        }
        log(LogLevel::info,
            request,
            kClause,
            registration.aor + " is registered at " + registration.contact + " for " +
                std::to_string(grant->expires_seconds) + " s");
    }
    if (config.reg_event && !registration.contact.empty()) watched = registration;
    // What the registrar no longer lists is gone: deregistered, or replaced by a newer contact.
    for (const BindingId bound : bindings.of_aor(registration.aor)) {
        if (find(granted, bindings.contact(bound)) != nullptr) continue;
        log(LogLevel::info,
            request,
            "TS 24.229 §5.2.5.1",
            registration.aor + " is no longer registered at " +
                std::string(bindings.contact(bound)));
        bindings.remove(bound);
    }
}

}  // namespace imslab::pcscf
