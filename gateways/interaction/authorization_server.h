// A small OAuth 2.0 authorization server (RFC 6749) whose users are the subscribers: authorization
// code with PKCE (RFC 7636) for users, client credentials for applications, refresh, revocation
// (RFC 7009). Who a user is has been found out before.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "as/enabler.h"
#include "gateways/interaction/application.h"
#include "gateways/interaction/grants.h"
#include "gateways/interaction/parameters.h"
#include "http/message.h"

namespace imslab::interaction {

class AuthorizationServer {
public:
    struct Settings {
        Applications applications;
        Grants::Lifetimes lifetimes;
        std::size_t max_secrets = 500'000, max_consents = 100'000;
        Duration consent_lifetime = std::chrono::minutes(10);
    };
    using Identities = std::vector<std::string>;

    AuthorizationServer(as::Services& services, Settings settings);

    // ---- the authorization endpoint
    // What is wrong with a request so that nobody is even asked who he is: an application or a
    // place to go back to that is not registered (§4.1.2.1), or what its application may not do.
    std::optional<http::Response> refusal(const http::Request& request) const;
    // The page on which a user decides; then what he has decided.
    http::Response ask_for_consent(const http::Request& request, const Identities& user);
    http::Response decided(const http::Request& request, const Identities& user);

    // ---- the other endpoints
    http::Response token(const http::Request& request);
    http::Response revoke(const http::Request& request);

    // ---- what a token is good for
    const Grant* grant_of(std::string_view access_token) const;
    const Application* application(std::string_view id) const;

    void on_time(Time now);
    std::optional<Time> next_deadline() const;
    std::size_t grants() const { return grants_.size(); }
    std::size_t access_tokens() const { return grants_.access_tokens(); }

private:
    // A request that a user has been shown, for him alone.
    struct Consent {
        std::string application, redirect_uri, state, challenge;
        Scopes scopes;
        Identities user;
        Time until{};
    };
    // The client, or the error to answer.
    struct Client {
        const Application* application = nullptr;
        std::optional<http::Response> refusal;
    };

    Client client_of(const http::Request& request, const Parameters& parameters) const;
    http::Response by_code(const Application& client, const Parameters& parameters);
    http::Response by_refresh(const Application& client, const Parameters& parameters);
    http::Response by_client_credentials(const Application& client, const Parameters& parameters);
    http::Response tokens(GrantId grant, bool refreshable);

    as::Services& services_;
    const Settings settings_;
    Grants grants_;
    std::map<std::string, Consent, std::less<>> consents_;  // by the hash of its ticket
    std::set<std::pair<Time, std::string>> consents_by_end_;
};

}  // namespace imslab::interaction
