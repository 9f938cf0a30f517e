// Requests of the served user (TS 24.229 §5.4.3.2): he must be registered and not barred; then on
// to the home of the one he wants.
#include "scscf/procedures.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::scscf {

namespace {

using sip::HeaderId;

constexpr const char* kClause = "TS 24.229 §5.4.3.2";

}  // namespace

void Scscf::Impl::originate(sip::ServerId id, sip::Message request, bool for_server) {
    // Step 1: the served user is whom P-Served-User names, else whom the P-CSCF asserts.
    std::string served;
    const RegisteredIdentity* identity = nullptr;
    auto candidates = request.values(HeaderId::p_served_user);
    if (candidates.empty()) candidates = request.values(HeaderId::p_asserted_identity);
    for (const auto value : candidates) {
        const auto uri = sip::uri_of(value);
        auto canonical = uri ? sip::canonical_identity(*uri) : std::nullopt;
        if (!canonical) continue;
        const auto* set = registrar.find(*canonical);
        if (set != nullptr || served.empty()) served = *std::move(canonical);
        if (set == nullptr) continue;
        identity = set->find(served);
        break;
    }
    // An application server may speak for a user who is not registered, or for a service.
    if (identity == nullptr && for_server && !served.empty()) {
        tasks.spawn(
            serve_unregistered(id, std::move(request), std::move(served), Role::originating));
        return;
    }
    if (identity == nullptr && !served.empty()) {
        tasks.spawn(restore_caller(id, std::move(request), std::move(served)));
        return;
    }
    if (identity == nullptr || identity->barred) {
        log(LogLevel::info,
            sip::call_id(request),
            kClause,
            identity == nullptr ? "the served user is not registered" : served + " is barred");
        proxy.respond(id, 403);
        return;
    }
    auto& passage = begin_passage(id, request, Role::originating, served);
    passage.pass.session_case = cx::SessionCase::originating_registered;
    passage.pass.services = identity->services;
    enter(id, std::move(request), passage);
}

void Scscf::Impl::enter_originating(sip::Message& request, Passage& passage) {
    request.remove(HeaderId::p_served_user);
    if (const auto* set = registrar.find(passage.served)) set_asserted_number(request, *set);
    // The network that the request originates in; an ICID if the P-CSCF gave none.
    sip::ChargingVector vector;
    if (const auto value = request.get(HeaderId::p_charging_vector)) {
        vector = sip::ChargingVector::parse(*value).value_or(sip::ChargingVector{});
    }
    if (vector.icid.empty()) vector.icid = entropy.token(16);
    passage.orig_ioi = vector.orig_ioi;
    vector.orig_ioi = config.ioi;
    request.set(HeaderId::p_charging_vector, vector.to_string());

    if (request.uri().starts_with("tel:")) {
        if (const auto routed = routed_number(request.uri()); !routed.empty())
            request.set_uri(routed);
    }
    if (passage.makes_dialog) request.prepend(HeaderId::record_route, "<" + own_uri("mo") + ";lr>");
}

// RFC 6116, RFC 3824: the SIP URI of a number; empty: none is known.
std::string Scscf::Impl::routed_number(std::string_view tel_uri) const {
    const auto canonical = sip::canonical_identity(tel_uri);
    if (!canonical) return {};
    const auto number = canonical->substr(std::string_view("tel:").size());
    const auto found = config.numbers.find(number.substr(0, number.find(';')));
    return found == config.numbers.end() ? std::string() : found->second;
}

}  // namespace imslab::scscf
