// Authentication: TS 29.228 §6.3; IMS AKA vectors TS 33.102 §6.3, resynchronisation §6.3.5, SIP
// Digest TS 33.203 Annex N.
#include <algorithm>

#include "hss/procedures.h"

namespace imslab::hss {
namespace {

constexpr std::size_t kRandOctets = 16, kAutsOctets = 14;

template <std::size_t N>
std::string text_of(const std::array<std::uint8_t, N>& octets) {
    return {reinterpret_cast<const char*>(octets.data()), N};
}

// What is sent for the scheme that was asked for; nullopt: this user has none of it.
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

// AKAv2 takes the same vector (RFC 4169 §2): the S-CSCF makes another password of it.
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

// The SQN of the USIM, if the AUTS is its own.
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

cx::MultimediaAuthAnswer refused(cx::ResultCode result) {
    cx::MultimediaAuthAnswer maa;
    maa.result = result;
    return maa;
}

}  // namespace

Task<cx::MultimediaAuthAnswer> Hss::Procedures::multimedia_auth(cx::MultimediaAuthRequest mar,
                                                                std::string peer) {
    LoadUser load;
    load.private_identity = mar.private_identity;
    load.public_identity = mar.public_identity;
    load.with_credentials = true;
    StoreRequest question(std::move(load));
    const auto user = co_await ask<User>(std::move(question));
    if (!user) co_return refused(cx::result::unable_to_comply);

    // TS 29.228 §6.3.1 steps 1 to 3: the identities and the scheme.
    if (!user->private_known || !user->public_known) co_return refused(cx::result::user_unknown);
    if (!user->associated) co_return refused(cx::result::identities_dont_match);
    const auto scheme = chosen_scheme(mar.auth_scheme, *user->credentials);
    if (!scheme) co_return refused(cx::result::auth_scheme_not_supported);

    // Step 4: a resynchronisation comes from the S-CSCF that was given the vector.
    const bool resynchronises = *scheme == AuthScheme::aka && !mar.resynchronisation.empty();
    if (resynchronises && mar.server_name != user->server_name)
        co_return refused(cx::result::unable_to_comply);

    Authenticate taking;
    taking.private_id = user->private_id;
    taking.set_id = user->set_id;
    taking.subscription_id = user->subscription_id;
    // Step 5: whoever authenticates a user that is not registered there becomes the user's S-CSCF.
    taking.assign_server =
        user->state != RegistrationState::registered || user->server_name != mar.server_name;
    taking.server_name = mar.server_name;
    taking.server_peer = peer;

    std::optional<aka::Milenage> milenage;
    if (*scheme == AuthScheme::aka) {
        const auto& aka = *user->credentials->aka;
        milenage.emplace(aka.k, aka.opc);
        taking.vectors = std::clamp(mar.vectors, 1U, std::max(config.max_vectors, 1U));
    }
    if (resynchronises) {
        if (const auto sqn = resynchronised(*milenage, mar.resynchronisation)) {
            taking.at_least = *sqn;
        } else {
            outbox.log(LogLevel::warning,
                       mar.private_identity,
                       "TS 33.102 §6.3.5",
                       "AUTS is not the USIM's: SQN stays as it was");
        }
    }
    const auto vectors = taking.vectors;
    StoreRequest change(std::move(taking));
    const auto taken = co_await ask<Authenticated>(std::move(change));
    if (!taken) co_return refused(cx::result::unable_to_comply);

    cx::MultimediaAuthAnswer maa;
    maa.result = cx::result::success;
    maa.private_identity = mar.private_identity;
    maa.public_identity = mar.public_identity;
    if (*scheme == AuthScheme::digest) {
        maa.vectors.push_back(digest_item(*user->credentials->digest));
        co_return maa;
    }
    for (std::uint32_t i = 0; i < vectors; ++i) {
        const auto sqn = retreat_sqn(taken->last_sqn, vectors - 1 - i);
        const auto vector =
            fresh_vector(*milenage, *user->credentials->aka, sqn, config.res_without_nul, entropy);
        maa.vectors.push_back(aka_item(vector, i + 1, mar.auth_scheme));
    }
    co_return maa;
}

}  // namespace imslab::hss
