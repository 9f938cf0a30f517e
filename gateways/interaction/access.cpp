// RFC 6750 §2.1, §3, §3.1; RFC 6585 §4.
#include "gateways/interaction/access.h"

namespace imslab::interaction {

namespace {

constexpr std::string_view kBearer = "Bearer ";

// RFC 6750 §3.1: what is wrong with a token, or with what it is for.
http::Response refused(
    int status, std::string_view error, std::string_view scope, const Fault& fault, Form form) {
    auto response = respond(fault, form);
    response.status = status;
    std::string challenge = "Bearer realm=\"interaction\"";
    if (!error.empty()) challenge.append(", error=\"").append(error).append("\"");
    if (error == "insufficient_scope") challenge.append(", scope=\"").append(scope).append("\"");
    response.fields.add("WWW-Authenticate", std::move(challenge));
    return response;
}

// RFC 6750 §2.1: the token of a request that has one.
std::optional<std::string> token_in(const http::Request& request) {
    const auto field = request.fields.get("Authorization").value_or("");
    if (field.size() <= kBearer.size() ||
        !http::equals_ignoring_case(field.substr(0, kBearer.size()), kBearer))
        return std::nullopt;
    return std::string(http::trimmed(field.substr(kBearer.size())));
}

}  // namespace

Task<Access::Admission> Access::admit(std::shared_ptr<const http::Request> request,
                                      std::string scope,
                                      Form form) {
    // RFC 6750 §2: one method, once; a token in a URL ends up in logs, so there it is no token.
    Admission admission;
    if (request->fields.all("Authorization").size() > 1) {
        admission.refusal =
            refused(400, "invalid_request", scope, Fault::invalid_value("Authorization"), form);
        co_return admission;
    }
    if (const auto token = token_in(*request)) co_return by_token(*token, scope, form);
    auto proof = co_await authenticator_.identify(request);
    if (proof.refusal) {
        admission.refusal = std::move(*proof.refusal);
        if (admission.refusal->status == 401)
            admission.refusal->fields.add("WWW-Authenticate", "Bearer realm=\"interaction\"");
        co_return admission;
    }
    if (proof.identities.empty()) {
        admission.refusal = respond(Fault::refused("a user without an identity"), form);
        co_return admission;
    }
    admission.caller.identities = proof.identities;
    admission.refusal =
        over_quota("user " + proof.identities.front(), user_requests_per_minute_, form);
    admission.proof = std::move(proof);
    co_return admission;
}

Access::Admission Access::by_token(std::string_view token, std::string_view scope, Form form) {
    Admission admission;
    const auto* grant = authorization_.grant_of(token);
    const auto* application =
        grant == nullptr ? nullptr : authorization_.application(grant->application);
    if (application == nullptr) {
        services_.log(LogLevel::info, {}, "RFC 6750 §3.1", "audit: a token that is not good");
        admission.refusal =
            refused(401, "invalid_token", scope, Fault::refused("a token that is not good"), form);
        return admission;
    }
    if (!grant->scopes.contains(scope)) {
        admission.refusal = refused(403,
                                    "insufficient_scope",
                                    scope,
                                    Fault::refused("the user has not allowed that"),
                                    form);
        return admission;
    }
    admission.caller.identities = grant->identities;
    admission.caller.application = application->id;
    admission.refusal =
        over_quota("application " + application->id, application->requests_per_minute, form);
    return admission;
}

// RFC 6585 §4.
std::optional<http::Response> Access::over_quota(const std::string& who,
                                                 unsigned per_minute,
                                                 Form form) {
    const auto seconds = quota_.take(who, per_minute, services_.now());
    if (!seconds) return std::nullopt;
    services_.log(LogLevel::info, {}, "RFC 6585 §4", "audit: " + who + " asks too often");
    auto fault = Fault::refused("too many requests");
    fault.status = 429;
    fault.retry_after_seconds = *seconds;
    return respond(fault, form);
}

}  // namespace imslab::interaction
