// Who may use a capability: an application with a token that its user has allowed it (RFC 6750), or
// the user himself with what he proves himself by elsewhere (HTTP Digest). Each within his quota.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "as/xdm/authentication.h"
#include "gateways/interaction/authorization_server.h"
#include "gateways/interaction/caller.h"
#include "gateways/interaction/quota.h"
#include "gateways/interaction/representation.h"

namespace imslab::interaction {

class Access {
public:
    struct Admission {
        Caller caller;
        xdm::Identified proof;  // by which the server proves itself, too
        std::optional<http::Response> refusal;
    };

    Access(as::Services& services,
           xdm::Authenticator& authenticator,
           const AuthorizationServer& authorization,
           unsigned user_requests_per_minute)
        : services_(services),
          authenticator_(authenticator),
          authorization_(authorization),
          user_requests_per_minute_(user_requests_per_minute) {}

    Task<Admission> admit(std::shared_ptr<const http::Request> request,
                          std::string scope,
                          Form form);

private:
    Admission by_token(std::string_view token, std::string_view scope, Form form);
    std::optional<http::Response> over_quota(const std::string& who,
                                             unsigned per_minute,
                                             Form form);

    as::Services& services_;
    xdm::Authenticator& authenticator_;
    const AuthorizationServer& authorization_;
    const unsigned user_requests_per_minute_;
    Quota quota_;
};

}  // namespace imslab::interaction
