// Authentication: TS 29.228 §6.3; IMS AKA vectors TS 33.102 §6.3, resynchronisation §6.3.5, SIP
// Digest TS 33.203 Annex N.
#include <algorithm>

#include "hss/authentication_items.h"
#include "hss/procedures.h"

namespace imslab::hss {
namespace {

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
