// TS 33.102 §6.3 (vectors), §6.3.5 (resynchronisation); TS 33.203 Annex N (SIP Digest).
#include "hss/authentication_items.h"

#include <algorithm>

namespace imslab::hss {

namespace {

constexpr std::size_t kRandOctets = 16, kAutsOctets = 14;

template <std::size_t N>
std::string text_of(const std::array<std::uint8_t, N>& octets) {
    return {reinterpret_cast<const char*>(octets.data()), N};
}

}  // namespace

std::optional<AuthScheme> chosen_scheme(std::string_view asked, const PrivateIdentity& identity) {
    const bool asks_aka = asked == cx::scheme::aka || asked == cx::scheme::aka_v2;
    if (asks_aka && identity.aka) return AuthScheme::aka;
    if (asked == cx::scheme::digest && identity.digest) return AuthScheme::digest;
    if (asked == cx::scheme::unknown) return identity.scheme;
    return std::nullopt;
}

cx::AuthVector digest_item(const DigestCredentials& digest) {
    cx::AuthVector item;
    item.item = 1;
    item.auth_scheme = cx::scheme::digest;
    item.realm = digest.realm;
    item.algorithm = digest.algorithm;
    item.qop = "auth";
    item.ha1 = digest.ha1;
    return item;
}

cx::AuthVector aka_item(const aka::Vector& vector, std::uint32_t number, std::string_view asked) {
    cx::AuthVector item;
    item.item = number;
    item.auth_scheme = asked == cx::scheme::aka_v2 ? asked : cx::scheme::aka;
    item.rand_autn = text_of(vector.rand) + text_of(vector.autn);
    item.xres = text_of(vector.xres);
    item.confidentiality_key = text_of(vector.ck);
    item.integrity_key = text_of(vector.ik);
    return item;
}

std::optional<aka::Sqn> resynchronised(const aka::Milenage& milenage,
                                       const std::string& rand_auts) {
    aka::Key128 rand{};
    std::array<std::uint8_t, kAutsOctets> auts{};
    std::copy_n(rand_auts.begin(), kRandOctets, rand.begin());
    std::copy_n(rand_auts.begin() + kRandOctets, kAutsOctets, auts.begin());
    return aka::sqn_from_auts(milenage, rand, auts);
}

aka::Vector fresh_vector(const aka::Milenage& milenage,
                         const AkaCredentials& credentials,
                         aka::Sqn sqn,
                         bool without_nul,
                         Entropy& entropy) {
    aka::Vector vector;
    do {
        aka::Key128 rand{};
        entropy.fill(rand);
        vector = aka::make_vector(milenage, rand, sqn, credentials.amf);
    } while (without_nul &&
             std::find(vector.xres.begin(), vector.xres.end(), 0) != vector.xres.end());
    return vector;
}

}  // namespace imslab::hss
