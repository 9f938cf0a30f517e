// Which subscription a UE of the topology has, and as whom it registers (TS 23.228 §4.3.3).
#include <algorithm>

#include "lab/ue.h"

namespace imslab::lab {

namespace {

std::string user_part(std::string_view identity) {
    const auto colon = identity.find(':');
    const auto start = colon == std::string_view::npos ? 0 : colon + 1;
    return std::string(identity.substr(start, identity.find_first_of("@;", start) - start));
}

bool may_register(const hss::ImplicitRegistrationSet& set, const std::string& private_identity) {
    const auto& allowed = set.private_identities;
    return allowed.empty() ||
           std::find(allowed.begin(), allowed.end(), private_identity) != allowed.end();
}

// The identities that this private identity may register, in order; barred ones last.
std::vector<std::string> public_identities(const hss::Subscription& subscription,
                                           const std::string& owner) {
    std::vector<std::string> open, barred;
    for (const auto& set : subscription.sets) {
        if (!may_register(set, owner)) continue;
        for (const auto& profile : set.service_profiles) {
            for (const auto& identity : profile.public_identities) {
                if (identity.type != cx::IdentityType::public_user) continue;
                (identity.barred ? barred : open).push_back(identity.identity);
            }
        }
    }
    // From and To of a REGISTER hold a SIP URI: the tel URI of the same user is registered with it
    std::stable_partition(
        open.begin(), open.end(), [](const auto& uri) { return !uri.starts_with("tel:"); });
    open.insert(open.end(), barred.begin(), barred.end());
    return open;
}

UeIdentity identity_from(const hss::Subscription& subscription,
                         const hss::PrivateIdentity& owner,
                         const std::string& home) {
    UeIdentity found;
    found.private_identity = owner.identity;
    found.public_identities = public_identities(subscription, owner.identity);
    const auto at = owner.identity.find('@');
    found.home = at == std::string::npos ? home : owner.identity.substr(at + 1);
    // Who has both answers what is asked: a network without an HSS knows passwords alone.
    found.aka = owner.aka;
    found.digest = owner.digest;
    return found;
}

}  // namespace

Result<UeIdentity, std::string> identity_of(const std::vector<hss::Subscription>& subscriptions,
                                            std::string_view subscriber,
                                            const std::string& home) {
    const hss::Subscription* of = nullptr;
    const hss::PrivateIdentity* owner = nullptr;
    for (const auto& subscription : subscriptions) {
        for (const auto& candidate : subscription.private_identities) {
            if (user_part(candidate.identity) == subscriber || candidate.identity == subscriber) {
                of = &subscription;
                owner = &candidate;
            }
        }
    }
    for (const auto& subscription : subscriptions) {
        if (owner || subscription.private_identities.empty()) break;
        const auto& first = subscription.private_identities.front();
        const auto identities = public_identities(subscription, first.identity);
        const bool named =
            std::any_of(identities.begin(), identities.end(), [&](const auto& identity) {
                return user_part(identity) == subscriber;
            });
        if (!named && subscription.name != subscriber) continue;
        of = &subscription;
        owner = &first;
    }
    if (!owner)
        return failure("no subscriber '" + std::string(subscriber) + "' in the subscriber file");
    auto identity = identity_from(*of, *owner, home);
    if (identity.public_identities.empty())
        return failure("the subscriber '" + std::string(subscriber) + "' has no public identity");
    return identity;
}

}  // namespace imslab::lab
