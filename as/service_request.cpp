// TS 24.229 §5.7.1.1 (third-party REGISTER), §5.7.1.3A (session case), RFC 5502 §6, RFC 8498 §4.
#include "as/service_request.h"

#include <algorithm>
#include <vector>

#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::as {

namespace {

using cx::SessionCase;
using sip::HeaderId;

std::string canonical(std::optional<std::string_view> name_addr) {
    const auto uri = sip::uri_of(name_addr);
    return uri ? sip::canonical_identity(*uri).value_or(std::string(*uri)) : std::string();
}

SessionCase session_case_of(bool originating, bool registered) {
    if (originating)
        return registered ? SessionCase::originating_registered
                          : SessionCase::originating_unregistered;
    return registered ? SessionCase::terminating_registered : SessionCase::terminating_unregistered;
}

// P-Served-User says it; without one the profile may have said it in our own URI
// ("sip:as.example;sescase=term").
std::optional<SessionCase> read_session_case(const sip::Params& params) {
    if (params.has("orig-cdiv")) return SessionCase::originating_cdiv;
    const auto side = params.get("sescase");
    if (!side) return std::nullopt;
    const bool registered =
        !sip::equals_ignoring_case(params.get("regstate").value_or("reg"), "unreg");
    return session_case_of(sip::equals_ignoring_case(*side, "orig"), registered);
}

struct BodyPart {
    std::string_view type, content;
};

std::vector<BodyPart> parts_of(const sip::Message& message) {
    const auto type = message.get(HeaderId::content_type).value_or("");
    const auto semicolon = std::min(type.find(';'), type.size());
    const auto media = sip::trim(type.substr(0, semicolon));
    if (!sip::equals_ignoring_case(media, "multipart/mixed")) return {{media, message.body()}};
    const auto boundary = semicolon < type.size()
                              ? sip::Params(type.substr(semicolon + 1)).get("boundary")
                              : std::nullopt;
    std::vector<BodyPart> parts;
    if (!boundary) return parts;
    const std::string delimiter = "--" + sip::unquote(*boundary);
    auto rest = message.body();
    for (auto at = rest.find(delimiter); at != std::string_view::npos; at = rest.find(delimiter)) {
        rest.remove_prefix(at + delimiter.size());
        const auto part = rest.substr(0, rest.find("\r\n" + delimiter));
        const auto head = part.find("\r\n\r\n");
        if (head == std::string_view::npos) continue;
        constexpr std::string_view kName = "Content-Type:";
        const auto line = part.find(kName);
        if (line == std::string_view::npos || line > head) continue;
        auto value = part.substr(line + kName.size());
        value = value.substr(0, value.find("\r\n"));
        parts.push_back({sip::trim(value), part.substr(head + 4)});
    }
    return parts;
}

// TS 24.229 §7.6: <ims-3gpp version="1"><service-info>…</service-info></ims-3gpp>.
std::string service_information_in(std::string_view xml) {
    constexpr std::string_view kOpen = "<service-info>";
    const auto open = xml.find(kOpen);
    const auto close = xml.find("</service-info>");
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        return {};
    const auto escaped = xml.substr(open + kOpen.size(), close - open - kOpen.size());
    static constexpr std::pair<std::string_view, char> kEntities[] = {
        {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}};
    std::string text;
    for (std::size_t at = 0; at < escaped.size();) {
        const auto* entity = std::ranges::find_if(
            kEntities, [&](const auto& one) { return escaped.substr(at).starts_with(one.first); });
        const bool known = entity != std::end(kEntities);
        text += known ? entity->second : escaped[at];
        at += known ? entity->first.size() : 1;
    }
    return text;
}

}  // namespace

bool ServiceRequest::is_originating() const {
    return session_case && *session_case != SessionCase::terminating_registered &&
           *session_case != SessionCase::terminating_unregistered;
}

ServiceRequest read_service_request(sip::Message message,
                                    const Flow& flow,
                                    bool trusted,
                                    std::string_view own_route) {
    ServiceRequest request;
    request.flow = flow;
    request.trusted = trusted;
    if (!trusted) {  // nobody outside the core asserts anything
        message.remove(HeaderId::p_asserted_identity);
        message.remove(HeaderId::p_served_user);
    }
    request.asserted = canonical(message.first_value(HeaderId::p_asserted_identity));
    if (const auto value = message.first_value(HeaderId::p_served_user)) {
        request.served_user = canonical(*value);
        if (const auto served = sip::NameAddr::parse(*value))
            request.session_case = read_session_case(served->params);
    }
    const auto route = sip::Uri::parse(own_route);
    if (!request.session_case && route) request.session_case = read_session_case(route->params);
    request.original_dialog = message.first_value(HeaderId::route).value_or("");
    request.message = std::move(message);
    return request;
}

std::optional<ThirdPartyRegistration> read_third_party_registration(const sip::Message& request) {
    if (request.method() != sip::Method::register_) return std::nullopt;
    ThirdPartyRegistration registration;
    registration.identity = canonical(request.get(HeaderId::to));
    if (registration.identity.empty()) return std::nullopt;
    registration.expires_seconds = sip::expires(request).value_or(0);
    registration.serving_cscf =
        sip::uri_of(request.first_value(HeaderId::contact)).value_or(std::string_view{});
    if (const auto value = request.get(HeaderId::p_charging_vector)) {
        if (auto vector = sip::ChargingVector::parse(*value)) {
            registration.icid = std::move(vector->icid);
            registration.orig_ioi = std::move(vector->orig_ioi);
        }
    }
    registration.visited_network = request.get(HeaderId::p_visited_network_id).value_or("");
    registration.access_network = request.get(HeaderId::p_access_network_info).value_or("");
    for (const auto& part : parts_of(request)) {
        if (sip::equals_ignoring_case(part.type, "application/3gpp-ims+xml")) {
            registration.service_information = service_information_in(part.content);
        } else if (sip::equals_ignoring_case(part.type, "message/sip")) {
            auto& into = part.content.starts_with("SIP/2.0 ") ? registration.register_response
                                                              : registration.register_request;
            into = part.content;
        }
    }
    return registration;
}

}  // namespace imslab::as
