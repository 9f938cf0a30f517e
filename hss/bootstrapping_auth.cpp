// Zh: a vector, or what SIP Digest needs, for whoever authenticates a user on Ut or Ub, and who the
// user is there (TS 33.220 §4.4.5, Annex M; TS 29.109 §4.2, Annex A). Nothing of the registration
// changes.
#include <algorithm>

#include "core/xml_escape.h"
#include "diameter/user_profile.h"
#include "hss/authentication_items.h"
#include "hss/procedures.h"

namespace imslab::hss {

namespace {

zh::MultimediaAuthAnswer refused(cx::ResultCode result) {
    zh::MultimediaAuthAnswer maa;
    maa.result = result;
    return maa;
}

// TS 29.109 Annexes A and B: the user's identities, for the unspecific service (0).
std::string security_settings(const std::string& private_identity,
                              const std::vector<std::string>& public_identities) {
    std::string uids;
    for (const auto& identity : public_identities)
        uids += "<uid>" + xml_escaped(identity) + "</uid>";
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><guss id=\"" + xml_escaped(private_identity) +
           "\"><ussList><uss id=\"0\" type=\"0\"><uids>" + uids + "</uids></uss></ussList></guss>";
}

}  // namespace

Task<void> Hss::Procedures::answer_zh(AskId id, zh::Request request) {
    auto maa = co_await bootstrapping_auth(std::move(std::get<zh::MultimediaAuthRequest>(request)));
    count("MAA", maa.result);
    outbox.emit(Reply{id, zh::Answer(std::move(maa))});
}

Task<zh::MultimediaAuthAnswer> Hss::Procedures::bootstrapping_auth(zh::MultimediaAuthRequest mar) {
    LoadUser load;
    load.private_identity = mar.private_identity;
    load.with_credentials = true;
    StoreRequest question(std::move(load));
    const auto user = co_await ask<User>(std::move(question));
    if (!user) co_return refused(cx::result::unable_to_comply);
    if (!user->private_known || !user->credentials) co_return refused(zh::result::identity_unknown);
    LoadSets which;
    which.private_identity = mar.private_identity;
    StoreRequest sets_question(std::move(which));
    const auto sets = co_await ask<Sets>(std::move(sets_question));
    if (!sets || sets->sets.empty()) co_return refused(zh::result::identity_unknown);
    const auto asked =
        mar.auth_scheme.empty() ? cx::scheme::unknown : std::string_view(mar.auth_scheme);
    const auto scheme = chosen_scheme(asked, *user->credentials);
    if (!scheme) co_return refused(cx::result::auth_scheme_not_supported);

    zh::MultimediaAuthAnswer maa;
    maa.private_identity = mar.private_identity;
    std::vector<std::string> identities;
    for (const auto& set : sets->sets) {
        LoadProfile wanted;
        wanted.private_id = set.private_id;
        wanted.set_id = set.set_id;
        wanted.subscription_id = set.subscription_id;
        StoreRequest profile_question(std::move(wanted));
        const auto profile = co_await ask<Profile>(std::move(profile_question));
        if (!profile) co_return refused(cx::result::unable_to_comply);
        const auto data =
            cx::read_user_data(cx::user_data_from(mar.private_identity, profile->service_profiles));
        if (!data) continue;
        for (const auto& service : data->service_profiles) {
            for (const auto& identity : service.public_identities) {
                if (!identity.barred && identity.type == cx::IdentityType::public_user)
                    identities.push_back(identity.identity);
            }
        }
    }
    maa.user_security_settings = security_settings(mar.private_identity, identities);
    maa.result = cx::result::success;
    if (*scheme == AuthScheme::digest) {
        maa.vector = digest_item(*user->credentials->digest);
        co_return maa;
    }
    Authenticate taking;
    taking.private_id = user->private_id;
    taking.set_id = sets->sets.front().set_id;
    taking.subscription_id = sets->sets.front().subscription_id;
    taking.vectors = 1;
    const aka::Milenage milenage(user->credentials->aka->k, user->credentials->aka->opc);
    if (!mar.resynchronisation.empty()) {
        const auto sqn = resynchronised(milenage, mar.resynchronisation);
        if (sqn) taking.at_least = *sqn;
    }
    StoreRequest change(std::move(taking));
    const auto taken = co_await ask<Authenticated>(std::move(change));
    if (!taken) co_return refused(cx::result::unable_to_comply);
    const auto vector = fresh_vector(
        milenage, *user->credentials->aka, taken->last_sqn, config.res_without_nul, entropy);
    maa.vector = aka_item(vector, 1, cx::scheme::aka);
    co_return maa;
}

}  // namespace imslab::hss
