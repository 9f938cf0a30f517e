// REGISTER at the I-CSCF (TS 24.229 §5.3.1): the user registration status query (TS 29.228 §6.1.1),
// the S-CSCF that the HSS names or the capabilities select, and another one if that fails.
#include <algorithm>

#include "icscf/procedures.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::icscf {

namespace {

using sip::HeaderId;

constexpr const char* kAbnormal = "TS 24.229 §5.3.1.3";

// TS 24.229 §5.3.1.2: without an Authorization the private identity is the public one without
// scheme, port and parameters (TS 23.003 §13.3 has it the other way round).
std::string private_identity_of(const sip::Message& request, const std::string& public_identity) {
    if (const auto value = request.get(HeaderId::authorization)) {
        if (const auto auth = sip::AuthParams::parse(*value)) {
            if (auto username = auth->get("username"); username && !username->empty()) {
                return *std::move(username);
            }
        }
    }
    const auto colon = public_identity.find(':');
    return public_identity.substr(colon == std::string::npos ? 0 : colon + 1);
}

std::string visited_network_of(const sip::Message& request, const std::string& otherwise) {
    const auto value = request.first_value(HeaderId::p_visited_network_id);
    if (!value || value->empty()) return otherwise;
    if (value->front() == '"') {
        const auto end = value->find('"', 1);
        return sip::unquote(value->substr(0, end == std::string_view::npos ? end : end + 1));
    }
    return std::string(sip::trim(value->substr(0, value->find(';'))));
}

bool is_deregistration(const sip::Message& request) {
    const auto contacts = request.values(HeaderId::contact);
    if (contacts.empty()) return false;
    return std::ranges::all_of(contacts, [&](std::string_view value) {
        const auto contact = sip::NameAddr::parse(value);
        return contact && sip::contact_expires(request, *contact, 1) == 0;
    });
}

bool is_emergency(const sip::Message& request) {
    const auto uri = sip::uri_of(request.first_value(HeaderId::contact));
    const auto parsed = uri ? sip::Uri::parse(*uri) : std::nullopt;
    return parsed && parsed->params.has("sos");
}

}  // namespace

// TS 24.229 §5.3.1.3: what the answer of the HSS means for the UE.
int registration_refusal(const diameter::ResultCode& result) {
    if (result == cx::result::user_unknown || result == cx::result::identities_dont_match ||
        result == cx::result::roaming_not_allowed || result == cx::result::authorization_rejected ||
        result == cx::result::identity_not_registered) {
        return 403;
    }
    if (result == cx::result::too_busy || result == cx::result::unable_to_deliver) return 480;
    return 500;
}

cx::UserAuthorizationRequest user_authorization(const Attempt& attempt,
                                                cx::UserAuthorizationType type) {
    cx::UserAuthorizationRequest uar;
    uar.private_identity = attempt.private_identity;
    uar.public_identity = attempt.public_identity;
    uar.visited_network = attempt.visited_network;
    uar.type = type;
    return uar;
}

// TS 24.229 §5.3.1.2: a REGISTER is asked about at the HSS and forwarded to the S-CSCF of the user.
Task<void> Icscf::Impl::register_user(sip::ServerId id, sip::Message request) {
    const auto to = sip::uri_of(request.get(HeaderId::to));
    auto identity = to ? sip::canonical_identity(*to) : std::nullopt;
    if (!identity) {
        proxy.respond(id, 400, "To holds no public identity");
        co_return;
    }
    Attempt attempt;
    attempt.registration = true;
    attempt.public_identity = *identity;
    attempt.private_identity = private_identity_of(request, *identity);
    attempt.visited_network =
        visited_network_of(request, config.domains.empty() ? "" : config.domains.front());
    auto uar =
        user_authorization(attempt,
                           is_deregistration(request) ? cx::UserAuthorizationType::de_registration
                                                      : cx::UserAuthorizationType::registration);
    uar.emergency = is_emergency(request);
    attempts.emplace(id, std::move(attempt));

    std::any question = cx::Request(std::move(uar));
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));
    const auto found = attempts.find(id);
    if (found == attempts.end()) co_return;
    if (!answered) {
        // RFC 3261 §21.5.5: a server that was needed did not answer in time.
        log(LogLevel::warning, request, kAbnormal, "HSS: " + answered.error().reason);
        proxy.respond(id, 504, "HSS does not answer");
        co_return;
    }
    auto* uaa = std::get_if<cx::UserAuthorizationAnswer>(&*answered);
    if (uaa == nullptr) {
        proxy.respond(id, 500, "Unexpected answer of the HSS");
        co_return;
    }
    if (!uaa->result.is_success()) {
        log(LogLevel::info, request, kAbnormal, "UAA " + std::to_string(uaa->result.code));
        proxy.respond(id, registration_refusal(uaa->result));
        co_return;
    }
    if (!uaa->server_name.empty()) {
        forward_to_serving(id, uaa->server_name);
        co_return;
    }
    const auto wanted = uaa->capabilities.value_or(cx::ServerCapabilities{});
    auto selected = select(found->second, wanted);
    if (!selected) {
        log(LogLevel::warning, request, kAbnormal, "no S-CSCF has the mandatory capabilities");
        proxy.respond(id, 600, "No S-CSCF with the capabilities needed");
        co_return;
    }
    forward_to_serving(id, *std::move(selected));
}

// TS 24.229 §5.3.1.2: the Request-URI becomes the S-CSCF's; no Route, no Record-Route.
sip::Message registration_at(sip::Message request, const std::string& server) {
    request.remove(HeaderId::route);
    request.set_uri(server);
    return request;
}

}  // namespace imslab::icscf
