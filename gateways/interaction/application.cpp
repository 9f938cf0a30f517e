// RFC 6749 §2.3.1, §3.3.
#include "gateways/interaction/application.h"

#include <algorithm>

#include "sip/digest.h"

namespace imslab::interaction {

std::string_view scope::meaning_of(std::string_view scope) {
    if (scope == kThirdPartyCall) return "have your phone and somebody else's called and joined";
    return "something that this gateway does not know";
}

std::string to_string(const Scopes& scopes) {
    std::string text;
    for (const auto& one : scopes) text.append(text.empty() ? "" : " ").append(one);
    return text;
}

Scopes scopes_in(std::string_view text) {
    Scopes scopes;
    while (!text.empty()) {
        const auto one = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        if (!one.empty()) scopes.emplace(one);
    }
    return scopes;
}

bool Application::knows_secret(std::string_view secret) const {
    return is_confidential() &&
           sip::equal_in_constant_time(sip::hex_digest(sip::HashAlgorithm::sha256, secret),
                                       secret_sha256);
}

}  // namespace imslab::interaction
