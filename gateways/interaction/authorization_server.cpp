// RFC 6749 §3, §4.1, §5, RFC 7636 §4.
#include "gateways/interaction/authorization_server.h"

#include <nlohmann/json.hpp>

#include "core/deadline.h"
#include "gateways/interaction/consent_page.h"
#include "gateways/interaction/pkce.h"
#include "http/uri.h"
#include "sip/digest.h"

namespace imslab::interaction {

namespace {

constexpr std::size_t kTicketOctets = 32;

std::string hash_of(std::string_view text) {
    return sip::hex_digest(sip::HashAlgorithm::sha256, text);
}

http::Response page(int status, std::string html) {
    auto response = http::Response::of(status, "text/html; charset=utf-8", std::move(html));
    // Nobody frames it, keeps it, or learns from it where the user came from.
    response.fields.add("Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
                        "base-uri 'none'");
    response.fields.add("X-Frame-Options", "DENY");
    response.fields.add("Referrer-Policy", "no-referrer");
    response.fields.add("Cache-Control", "no-store");
    return response;
}

http::Response json(int status, const nlohmann::ordered_json& body) {
    auto response = http::Response::of(status, "application/json", body.dump());
    response.fields.add("Cache-Control", "no-store");
    response.fields.add("Pragma", "no-cache");
    return response;
}

// RFC 6749 §5.2
http::Response error(std::string_view code, std::string_view description, int status = 400) {
    return json(status, {{"error", code}, {"error_description", description}});
}

http::Response invalid_client() {
    auto response = error("invalid_client", "the application is not known, or not proven", 401);
    response.fields.add("WWW-Authenticate", "Basic realm=\"applications\"");
    return response;
}

// RFC 6749 §4.1.2: 303, so that what was posted to us is not posted there.
http::Response sent_back(const std::string& redirect_uri,
                         const std::vector<std::pair<std::string, std::string>>& parameters) {
    auto response = http::Response::of(303);
    const bool has_query = redirect_uri.find('?') != std::string::npos;
    response.fields.add("Location",
                        redirect_uri + (has_query ? "&" : "?") + form_encoded(parameters));
    response.fields.add("Cache-Control", "no-store");
    response.fields.add("Referrer-Policy", "no-referrer");
    return response;
}

std::optional<Parameters> query_of(const http::Request& request) {
    const auto target = http::target_of(request.target);
    return target ? Parameters::parse(target->query) : std::nullopt;
}

std::optional<Parameters> form_of(const http::Request& request) {
    const auto type = http::media_type(request.fields.get("Content-Type").value_or(""));
    if (type != "application/x-www-form-urlencoded") return std::nullopt;
    return Parameters::parse(request.body);
}

}  // namespace

AuthorizationServer::AuthorizationServer(as::Services& services, Settings settings)
    : services_(services),
      settings_(std::move(settings)),
      grants_(services.entropy(), settings_.lifetimes, settings_.max_secrets) {}

const Application* AuthorizationServer::application(std::string_view id) const {
    const auto found = settings_.applications.find(id);
    return found == settings_.applications.end() ? nullptr : &found->second;
}

const Grant* AuthorizationServer::grant_of(std::string_view access_token) const {
    return grants_.of_access_token(access_token, services_.now());
}

// ---- the authorization endpoint

std::optional<http::Response> AuthorizationServer::refusal(const http::Request& request) const {
    const auto query = query_of(request);
    const auto* client = query ? application(query->get("client_id")) : nullptr;
    // §3.1.2.3, §3.1.2.4: a place that is not registered is not gone to, whatever is wrong.
    if (client == nullptr || !client->redirect_uris.contains(query->get("redirect_uri")))
        return page(400, error_page("The application that sent you here is not registered so."));
    const std::string back(query->get("redirect_uri")), state(query->get("state"));
    const auto wrong = [&](const char* code, const char* description) {
        return sent_back(back,
                         {{"error", code}, {"error_description", description}, {"state", state}});
    };
    if (query->get("response_type") != "code")
        return wrong("unsupported_response_type", "response_type is code here");
    // RFC 7636 §4.4.1; the method plain would tell the verifier to whoever sees this request.
    if (!is_challenge(query->get("code_challenge")) ||
        query->get("code_challenge_method") != "S256")
        return wrong("invalid_request", "a code_challenge by S256 is needed");
    const auto scopes = scopes_in(query->get("scope"));
    for (const auto& one : scopes) {
        if (!client->scopes.contains(one))
            return wrong("invalid_scope", "the application may not ask for that");
    }
    if (scopes.empty()) return wrong("invalid_scope", "nothing is asked for");
    return std::nullopt;
}

http::Response AuthorizationServer::ask_for_consent(const http::Request& request,
                                                    const Identities& user) {
    const auto query = *query_of(request);  // refusal() has looked at it
    const auto& client = *application(query.get("client_id"));
    if (consents_.size() >= settings_.max_consents)
        return page(503, error_page("Too many people are deciding. Come again in a while."));
    Consent consent;
    consent.application = client.id;
    consent.redirect_uri = query.get("redirect_uri");
    consent.state = query.get("state");
    consent.challenge = query.get("code_challenge");
    consent.scopes = scopes_in(query.get("scope"));
    consent.user = user;
    consent.until = services_.now() + settings_.consent_lifetime;
    const auto ticket = services_.entropy().token(kTicketOctets);
    auto html = consent_page(client, consent.scopes, user.front(), ticket);
    consents_by_end_.emplace(consent.until, hash_of(ticket));
    consents_.emplace(hash_of(ticket), std::move(consent));
    return page(200, std::move(html));
}

// A page of somebody else's cannot decide for a user: it does not know his ticket, and a ticket is
// for one decision of one user.
http::Response AuthorizationServer::decided(const http::Request& request, const Identities& user) {
    const auto form = form_of(request);
    const auto found = form ? consents_.find(hash_of(form->get("ticket"))) : consents_.end();
    if (found == consents_.end() || found->second.user != user)
        return page(400, error_page("There is nothing to decide, or not any more."));
    const auto consent = std::move(found->second);
    consents_by_end_.erase({consent.until, found->first});
    consents_.erase(found);
    const bool allowed = form->get("decision") == "allow";
    services_.log(LogLevel::info,
                  {},
                  "RFC 6749 §4.1.1",
                  "audit: " + user.front() + (allowed ? " allows " : " denies ") +
                      consent.application + " " + to_string(consent.scopes));
    if (!allowed)
        return sent_back(consent.redirect_uri,
                         {{"error", "access_denied"}, {"state", consent.state}});
    if (grants_.is_full())
        return sent_back(consent.redirect_uri,
                         {{"error", "temporarily_unavailable"}, {"state", consent.state}});
    const auto grant = grants_.allow({consent.application, consent.user, consent.scopes});
    const auto code =
        grants_.issue_code({grant, consent.redirect_uri, consent.challenge}, services_.now());
    return sent_back(consent.redirect_uri, {{"code", code}, {"state", consent.state}});
}

// ---- the token endpoint

// RFC 6749 §2.3.1, §3.2.1: who has a secret proves it; who has none says who it is.
AuthorizationServer::Client AuthorizationServer::client_of(const http::Request& request,
                                                           const Parameters& parameters) const {
    std::string id(parameters.get("client_id"));
    std::string secret(parameters.get("client_secret"));
    const auto authorization = request.fields.get("Authorization").value_or("");
    constexpr std::string_view kBasic = "Basic ";
    if (authorization.size() > kBasic.size() &&
        http::equals_ignoring_case(authorization.substr(0, kBasic.size()), kBasic)) {
        const auto pair = sip::from_base64(authorization.substr(kBasic.size())).value_or("");
        const auto colon = pair.find(':');
        const auto name = http::percent_decoded(pair.substr(0, colon));
        if (colon == std::string::npos || !name || (!id.empty() && id != *name) || !secret.empty())
            return {nullptr, invalid_client()};
        id = *name;
        secret = http::percent_decoded(pair.substr(colon + 1)).value_or("");
    }
    const auto* client = application(id);
    if (client == nullptr || (client->is_confidential() && !client->knows_secret(secret)) ||
        (!client->is_confidential() && !secret.empty()))
        return {nullptr, invalid_client()};
    return {client, std::nullopt};
}

http::Response AuthorizationServer::token(const http::Request& request) {
    if (request.method != "POST") {
        auto response = error("invalid_request", "the method is POST", 405);
        response.fields.add("Allow", "POST");
        return response;
    }
    const auto form = form_of(request);
    if (!form) return error("invalid_request", "a form is expected, each parameter once");
    const auto client = client_of(request, *form);
    if (client.refusal) return *client.refusal;
    if (grants_.is_full()) return error("temporarily_unavailable", "too many tokens", 503);
    const auto type = form->get("grant_type");
    if (type == "authorization_code") return by_code(*client.application, *form);
    if (type == "refresh_token") return by_refresh(*client.application, *form);
    if (type == "client_credentials") return by_client_credentials(*client.application, *form);
    return error("unsupported_grant_type",
                 "expected authorization_code, refresh_token or client_credentials");
}

// RFC 6749 §4.1.3, RFC 7636 §4.6: the code is the client's, was sent to that place, and whoever
// brings it made the challenge.
http::Response AuthorizationServer::by_code(const Application& client,
                                            const Parameters& parameters) {
    const auto code = grants_.redeem_code(parameters.get("code"), services_.now());
    const auto* grant = code ? grants_.find(code->grant) : nullptr;
    if (grant == nullptr || grant->application != client.id ||
        code->redirect_uri != parameters.get("redirect_uri") ||
        !proves(parameters.get("code_verifier"), code->challenge)) {
        services_.log(LogLevel::warning,
                      {},
                      "RFC 6749 §4.1.3",
                      "audit: " + client.id + " brought a code that is not good");
        if (code) grants_.end(code->grant);
        return error("invalid_grant", "the code is not good, or not so");
    }
    return tokens(code->grant, true);
}

http::Response AuthorizationServer::by_refresh(const Application& client,
                                               const Parameters& parameters) {
    const auto grant =
        grants_.redeem_refresh(parameters.get("refresh_token"), client.id, services_.now());
    if (!grant) return error("invalid_grant", "the refresh token is not good");
    return tokens(*grant, true);
}

// RFC 6749 §4.4: of the application's own right, for the identities that the operator gave it.
http::Response AuthorizationServer::by_client_credentials(const Application& client,
                                                          const Parameters& parameters) {
    if (!client.is_confidential() || client.identities.empty())
        return error("unauthorized_client", "the application has nothing of its own right");
    auto scopes = scopes_in(parameters.get("scope"));
    if (scopes.empty()) scopes = client.scopes;
    for (const auto& one : scopes) {
        if (!client.scopes.contains(one))
            return error("invalid_scope", "the application may not ask for that");
    }
    return tokens(grants_.allow({client.id, client.identities, std::move(scopes)}), false);
}

// RFC 6749 §5.1
http::Response AuthorizationServer::tokens(GrantId id, bool refreshable) {
    const auto now = services_.now();
    const auto& grant = *grants_.find(id);
    nlohmann::ordered_json body;
    body["access_token"] = grants_.issue_token(id, Grants::Kind::access, now);
    body["token_type"] = "Bearer";
    body["expires_in"] =
        std::chrono::duration_cast<std::chrono::seconds>(settings_.lifetimes.access).count();
    if (refreshable) body["refresh_token"] = grants_.issue_token(id, Grants::Kind::refresh, now);
    body["scope"] = to_string(grant.scopes);
    services_.log(LogLevel::info,
                  {},
                  "RFC 6749 §5.1",
                  "audit: " + grant.application + " gets a token for " + grant.identities.front() +
                      ": " + to_string(grant.scopes));
    return json(200, body);
}

// RFC 7009 §2.1, §2.2: what is not there, or another's, is not told from what was revoked.
http::Response AuthorizationServer::revoke(const http::Request& request) {
    const auto form = form_of(request);
    if (request.method != "POST" || !form || form->get("token").empty())
        return error("invalid_request", "a form with a token is expected");
    const auto client = client_of(request, *form);
    if (client.refusal) return *client.refusal;
    if (grants_.revoke(form->get("token"), client.application->id))
        services_.log(LogLevel::info,
                      {},
                      "RFC 7009 §2.1",
                      "audit: " + client.application->id + " gives a grant back");
    return http::Response::of(200);
}

// ---- time

void AuthorizationServer::on_time(Time now) {
    grants_.forget_expired(now);
    while (!consents_by_end_.empty() && consents_by_end_.begin()->first <= now) {
        consents_.erase(consents_by_end_.begin()->second);
        consents_by_end_.erase(consents_by_end_.begin());
    }
}

std::optional<Time> AuthorizationServer::next_deadline() const {
    return earlier(grants_.next_deadline(), earliest(consents_by_end_));
}

}  // namespace imslab::interaction
