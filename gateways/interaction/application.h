// An application that an operator lets in (RFC 6749 §2): who it is, where users are sent back to,
// what it may ask for, how often.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace imslab::interaction {

// What a user can allow (RFC 6749 §3.3), one for each capability.
namespace scope {
inline constexpr std::string_view kThirdPartyCall = "thirdpartycall";
inline constexpr std::string_view kAll[] = {kThirdPartyCall};
// What it means to a user.
std::string_view meaning_of(std::string_view scope);
}  // namespace scope

using Scopes = std::set<std::string, std::less<>>;

// "a b" (RFC 6749 §3.3).
std::string to_string(const Scopes& scopes);
Scopes scopes_in(std::string_view text);

struct Application {
    std::string id, name;
    std::string secret_sha256;  // hexadecimal; empty: a public client, which can keep no secret
    std::set<std::string, std::less<>> redirect_uris;  // compared as they are, octet by octet
    Scopes scopes;
    std::vector<std::string>
        identities;  // whose it may use of its own right, by client credentials
    std::set<std::string, std::less<>> origins;  // whose pages may ask for it (CORS)
    unsigned requests_per_minute = 600;

    bool is_confidential() const { return !secret_sha256.empty(); }
    bool knows_secret(std::string_view secret) const;
};

using Applications = std::map<std::string, Application, std::less<>>;

}  // namespace imslab::interaction
