// The public user identity that the P-CSCF asserts for the UE it serves (TS 24.229 §5.2.6.3, RFC
// 3325 §5, §6).
#include "pcscf/identity.h"

#include <algorithm>
#include <optional>

#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::pcscf {

namespace {

std::vector<std::string> preferred_identities(const sip::Message& request) {
    std::vector<std::string> preferred;
    for (const std::string_view value : request.values(sip::HeaderId::p_preferred_identity)) {
        const auto uri = sip::uri_of(value);
        if (!uri) continue;
        if (auto identity = sip::canonical_identity(*uri))
            preferred.push_back(std::move(*identity));
    }
    return preferred;
}

}  // namespace

std::vector<std::string> claimed_identities(const sip::Message& request) {
    std::vector<std::string> claimed = preferred_identities(request);
    if (const auto from = sip::uri_of(request.get(sip::HeaderId::from))) {
        if (auto identity = sip::canonical_identity(*from)) claimed.push_back(std::move(*identity));
    }
    return claimed;
}

std::vector<std::string> identities_to_assert(const sip::Message& request,
                                              const std::vector<std::string_view>& registered) {
    std::vector<std::string> asserted;
    for (const auto& preferred : preferred_identities(request)) {
        const auto own =
            std::find_if(registered.begin(), registered.end(), [&](std::string_view identity) {
                return sip::canonical_identity(identity) == preferred;
            });
        if (own == registered.end()) continue;
        if (std::find(asserted.begin(), asserted.end(), *own) == asserted.end())
            asserted.emplace_back(*own);
    }
    if (asserted.empty() && !registered.empty()) asserted.emplace_back(registered.front());
    if (asserted.size() > 2) asserted.resize(2);  // RFC 3325 §9.1: one or two values
    return asserted;
}

void assert_identities(sip::Message& message, const std::vector<std::string>& identities) {
    message.remove(sip::HeaderId::p_preferred_identity);
    message.remove(sip::HeaderId::p_asserted_identity);
    for (const auto& identity : identities) {
        message.append(sip::HeaderId::p_asserted_identity, "<" + identity + ">");
    }
}

}  // namespace imslab::pcscf
