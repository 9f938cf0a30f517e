// TS 33.220 §4.5, Annexes B and H; TS 24.109 §5.2.
#include "sip/bootstrapped_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "core/invariant.h"
#include "sip/digest.h"
#include "sip/params.h"

namespace imslab::gba {

namespace {

constexpr std::uint8_t kNafKey = 0x01;  // FC, Annex B.3
constexpr std::size_t kKeyOctets = 32, kLongestName = 255;
constexpr std::string_view kRealmBeforeName = "3GPP-bootstrapping@";

const std::uint8_t* octets_of(std::string_view text) {
    return reinterpret_cast<const std::uint8_t*>(text.data());
}

bool is_in_domain_names(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
}

std::string in_lower_case(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

}  // namespace

std::string derived_key(std::string_view key,
                        std::uint8_t fc,
                        std::initializer_list<std::string_view> parameters) {
    std::string input(1, static_cast<char>(fc));
    for (const auto parameter : parameters) {
        IMSLAB_INVARIANT(parameter.size() <= 0xffff);
        input += parameter;
        input += static_cast<char>(parameter.size() >> 8U);
        input += static_cast<char>(parameter.size() & 0xffU);
    }
    std::string result(kKeyOctets, '\0');
    unsigned size = 0;
    HMAC(EVP_sha256(),
         key.data(),
         static_cast<int>(key.size()),
         octets_of(input),
         input.size(),
         reinterpret_cast<std::uint8_t*>(result.data()),
         &size);
    IMSLAB_INVARIANT(size == kKeyOctets);
    return result;
}

std::string NafId::to_octets() const {
    return name + std::string(protocol.begin(), protocol.end());
}

std::optional<NafId> NafId::from_octets(std::string_view octets) {
    NafId result;
    if (octets.size() <= result.protocol.size()) return std::nullopt;
    const auto name = octets.substr(0, octets.size() - result.protocol.size());
    if (name.size() > kLongestName || !std::all_of(name.begin(), name.end(), is_in_domain_names))
        return std::nullopt;
    result.name = name;
    std::copy(octets.begin() + static_cast<std::ptrdiff_t>(name.size()),
              octets.end(),
              result.protocol.begin());
    return result;
}

std::string transaction_identifier(std::string_view rand, std::string_view bsf) {
    return sip::base64({octets_of(rand), rand.size()}) + "@" + std::string(bsf);
}

std::string_view bsf_of(std::string_view transaction_identifier) {
    const auto at = transaction_identifier.rfind('@');
    if (at == std::string_view::npos) return {};
    const auto rand = sip::from_base64(transaction_identifier.substr(0, at));
    return rand && rand->size() == 16 ? transaction_identifier.substr(at + 1) : std::string_view();
}

std::string naf_key(std::string_view ks,
                    std::string_view rand,
                    std::string_view private_identity,
                    const NafId& naf) {
    const auto id = naf.to_octets();
    return derived_key(ks, kNafKey, {"gba-me", rand, private_identity, id});
}

std::string password_of(std::string_view naf_key) {
    return sip::base64({octets_of(naf_key), naf_key.size()});
}

std::string realm_of(std::string_view naf) {
    return std::string(kRealmBeforeName) + in_lower_case(naf);
}

std::string_view naf_of_realm(std::string_view realm) {
    if (!sip::equals_ignoring_case(realm.substr(0, kRealmBeforeName.size()), kRealmBeforeName))
        return {};
    return realm.substr(kRealmBeforeName.size());
}

// RFC 9110 §10.1.5: products, each perhaps with a version, and comments; the examples of TS 24.109
// have semicolons between them.
bool can_bootstrap(std::string_view user_agent) {
    constexpr std::string_view kBetween = " \t;,";
    while (!user_agent.empty()) {
        const auto end = std::min(user_agent.find_first_of(kBetween), user_agent.size());
        const auto product = user_agent.substr(0, user_agent.substr(0, end).find('/'));
        if (sip::equals_ignoring_case(product, kProduct)) return true;
        user_agent.remove_prefix(std::min(end + 1, user_agent.size()));
    }
    return false;
}

}  // namespace imslab::gba
