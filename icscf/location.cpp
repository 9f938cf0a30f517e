// Initial requests at the I-CSCF (TS 24.229 §5.3.2): the user location query (TS 29.228 §6.1.4)
// finds the S-CSCF of the called user, or of the one on whose behalf an application server calls.
#include "icscf/procedures.h"
#include "sip/headers.h"
#include "sip/next_hop.h"
#include "sip/uri.h"

namespace imslab::icscf {

namespace {

using sip::HeaderId;

constexpr const char* kAbnormal = "TS 24.229 §5.3.2.2";

// A SIP URI that stands for a telephone number (RFC 3261 §19.1.6), as a tel URI.
std::optional<std::string> as_tel_uri(std::string_view uri) {
    const auto parsed = sip::Uri::parse(uri);
    if (!parsed || !parsed->is_sip() || parsed->user.empty() || parsed->user.front() != '+')
        return std::nullopt;
    const auto user = parsed->params.get("user");
    if (!user || !sip::equals_ignoring_case(*user, "phone")) return std::nullopt;
    return "tel:" + std::string(parsed->user);
}

// TS 24.229 §5.3.2.1A: for whom an originating request is made: P-Served-User, else the asserted
// identity.
std::optional<std::string> served_user_of(const sip::Message& request) {
    for (const auto id : {HeaderId::p_served_user, HeaderId::p_asserted_identity}) {
        if (const auto uri = sip::uri_of(request.first_value(id)))
            return sip::canonical_identity(*uri);
    }
    return std::nullopt;
}

std::string as_route(std::string_view server, bool originating) {
    std::string route = "<" + std::string(server);
    const auto parsed = sip::Uri::parse(server);
    if (!parsed || !parsed->is_loose_router()) route += ";lr";
    if (originating) route += ";orig";
    return route + ">";
}

}  // namespace

// TS 24.229 §5.3.2.2: what the answer of the HSS means for the caller.
int location_refusal(const diameter::ResultCode& result) {
    if (result == cx::result::user_unknown) return 404;
    if (result == cx::result::identity_not_registered) return 480;
    if (result == cx::result::too_busy || result == cx::result::unable_to_deliver) return 480;
    return 500;
}

Task<void> Icscf::Impl::locate_user(sip::ServerId id, sip::Message request) {
    bool originating = false;
    while (const auto top = sip::uri_of(request.first_value(HeaderId::route))) {
        const auto own = sip::Uri::parse(*top);
        // Our network's name leads to us too: so does an application server that knows no S-CSCF
        // (Ma, TS 24.229 §5.7.3).
        const bool home = own && own->is_sip() && own->user.empty() && is_home_domain(own->host);
        if (!is_own_uri(*top) && !home) break;
        originating = originating || (own && own->params.has("orig"));
        request.remove_first_value(HeaderId::route);
    }
    if (request.has(HeaderId::route)) {  // RFC 3261 §16.4: somebody has chosen the way already
        const auto to = sip::flow_to(sip::next_hop_uri(request), config.hosts, config.address);
        if (!to) {
            proxy.respond(id, 404, "Route leads to an unknown host");
            co_return;
        }
        proxy.forward(id, sip::Branch{std::move(request), *to});
        co_return;
    }
    Attempt attempt;
    attempt.originating = originating;
    if (originating) {
        const auto served = served_user_of(request);
        if (!served) {
            proxy.respond(id, 403, "No identity to originate for");
            co_return;
        }
        attempt.public_identity = *served;
    } else {
        // TS 24.229 §5.3.2.1: a number in a SIP URI of ours is looked for as a tel URI.
        const auto uri = sip::Uri::parse(request.uri());
        if (uri && uri->is_sip() && !is_home_domain(uri->host)) {
            proxy.respond(id, 404, "Not a domain of this network");
            co_return;
        }
        const auto tel = as_tel_uri(request.uri());
        const auto identity = sip::canonical_identity(tel ? std::string_view(*tel) : request.uri());
        if (!uri || !identity || (!uri->is_sip() && uri->scheme != sip::Scheme::tel)) {
            proxy.respond(id, 416);
            co_return;
        }
        attempt.public_identity = *identity;
    }
    cx::LocationInfoRequest lir;
    lir.public_identity = attempt.public_identity;
    lir.originating = originating;
    attempts.emplace(id, std::move(attempt));

    std::any question = cx::Request(std::move(lir));
    auto answered = co_await asks.ask<cx::Answer>(std::move(question));
    const auto found = attempts.find(id);
    if (found == attempts.end() || found->second.searching) co_return;
    if (!answered) {
        log(LogLevel::warning, request, kAbnormal, "HSS: " + answered.error().reason);
        proxy.respond(id, 504, "HSS does not answer");
        co_return;
    }
    auto* lia = std::get_if<cx::LocationInfoAnswer>(&*answered);
    if (lia == nullptr) {
        proxy.respond(id, 500, "Unexpected answer of the HSS");
        co_return;
    }
    if (!lia->result.is_success()) {
        log(LogLevel::info, request, kAbnormal, "LIA " + std::to_string(lia->result.code));
        proxy.respond(id, location_refusal(lia->result));
        co_return;
    }
    found->second.wildcarded_psi = lia->wildcarded_psi;
    if (!lia->server_name.empty()) {
        forward_to_serving(id, lia->server_name);
        co_return;
    }
    // A user who is not registered but has services: any S-CSCF with the capabilities.
    const auto wanted = lia->capabilities.value_or(cx::ServerCapabilities{});
    auto selected = select(found->second, wanted);
    if (!selected) {
        proxy.respond(id, 600, "No S-CSCF with the capabilities needed");
        co_return;
    }
    forward_to_serving(id, *std::move(selected));
}

// TS 24.229 §5.3.2.1: the S-CSCF goes on top of Route; the Request-URI stays, but a number becomes
// a tel URI.
sip::Message initial_request_at(sip::Message request,
                                const std::string& server,
                                const Attempt& attempt) {
    request.remove(HeaderId::route);
    request.prepend(HeaderId::route, as_route(server, attempt.originating));
    if (!attempt.originating) {
        if (const auto tel = as_tel_uri(request.uri())) request.set_uri(*tel);
    }
    if (!attempt.wildcarded_psi.empty()) {  // RFC 5002
        request.set(HeaderId::p_profile_key, "<" + attempt.wildcarded_psi + ">");
    }
    return request;
}

}  // namespace imslab::icscf
