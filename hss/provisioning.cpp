// Provisioning: what an IMS subscription must hold together (TS 23.228 §4.3.3.4), and what is
// derived from it.
#include "hss/provisioning.h"

#include <algorithm>
#include <set>

namespace imslab::hss {
namespace {

bool is_known(const Subscription& subscription, const std::string& private_identity) {
    return std::any_of(subscription.private_identities.begin(),
                       subscription.private_identities.end(),
                       [&](const auto& one) { return one.identity == private_identity; });
}

bool is_service(cx::IdentityType type) {
    return type == cx::IdentityType::distinct_psi || type == cx::IdentityType::wildcarded_psi;
}

}  // namespace

std::optional<std::string> contradiction_in(const Subscription& subscription) {
    const auto of = [&] { return " in subscription " + subscription.name; };
    if (subscription.name.empty()) return "a subscription has no name";
    std::set<std::string> privates, publics, msisdns;
    for (const auto& number : subscription.msisdns) {
        if (!msisdns.insert(number).second) return "MSISDN " + number + " stands twice" + of();
    }
    for (const auto& one : subscription.private_identities) {
        if (!privates.insert(one.identity).second)
            return "private identity " + one.identity + " stands twice" + of();
        if (one.scheme == AuthScheme::aka && !one.aka)
            return "private identity " + one.identity + " has no AKA key" + of();
        if (one.scheme == AuthScheme::digest && !one.digest)
            return "private identity " + one.identity + " has no digest" + of();
    }
    for (const auto& set : subscription.sets) {
        for (const auto& name : set.private_identities) {
            if (!is_known(subscription, name)) return "private identity " + name + " is not" + of();
        }
        bool any = false;
        for (const auto& profile : set.service_profiles) {
            for (const auto& identity : profile.public_identities) {
                any = true;
                if (publics.insert(canonical_identity(identity.identity)).second) continue;
                return "public identity " + identity.identity + " stands twice" + of();
            }
        }
        if (!any) return "an implicit registration set has no public identity" + of();
    }
    return std::nullopt;
}

std::string SetRow::default_identity() const {
    const auto found = std::find_if(public_identities.begin(),
                                    public_identities.end(),
                                    [](const auto& one) { return !one.identity.barred; });
    return found != public_identities.end() ? found->identity.identity
                                            : public_identities.front().identity.identity;
}

SetRow row_of(const ImplicitRegistrationSet& set, const Subscription& subscription) {
    SetRow row;
    row.private_identities = set.private_identities;
    if (row.private_identities.empty()) {
        for (const auto& one : subscription.private_identities)
            row.private_identities.push_back(one.identity);
    }
    for (const auto& profile : set.service_profiles) {
        bool service = false;
        for (const auto& identity : profile.public_identities) {
            row.public_identities.push_back({canonical_identity(identity.identity), identity});
            service = service || is_service(identity.type);
        }
        // A service is there whether or not anybody has registered it.
        row.originating_unregistered =
            row.originating_unregistered || service || serves_unregistered(profile, true);
        row.terminating_unregistered =
            row.terminating_unregistered || service || serves_unregistered(profile, false);
    }
    row.service_profiles = cx::write_service_profiles(set.service_profiles);
    row.application_server = set.application_server;
    return row;
}

std::string switch_of_dsai(std::string_view server_name, std::string_view tag) {
    return "dsai " + std::string(server_name) + " " + std::string(tag);
}

std::string switch_of_psi(const std::string& key) { return "psi " + key; }

std::string masked(const std::string& service_profiles,
                   const std::vector<DsaiTag>& tags,
                   const std::set<std::string>& switched_off) {
    const auto masks = [&](const cx::InitialFilterCriteria& criteria) {
        return std::any_of(tags.begin(), tags.end(), [&](const DsaiTag& one) {
            const bool meant =
                one.priorities.empty() ||
                std::find(one.priorities.begin(), one.priorities.end(), criteria.priority) !=
                    one.priorities.end();
            return meant && criteria.application_server.server_name == one.server_name &&
                   switched_off.contains(switch_of_dsai(one.server_name, one.tag));
        });
    };
    if (tags.empty() || switched_off.empty()) return service_profiles;
    auto read = cx::read_user_data(cx::user_data_from("", service_profiles));
    if (!read) return service_profiles;
    for (auto& profile : read->service_profiles) std::erase_if(profile.filter_criteria, masks);
    return cx::write_service_profiles(read->service_profiles);
}

SetStatus inherited(const Status& before, const SetRow& set) {
    for (const auto& one : set.public_identities) {
        const auto found = before.sets.find(one.key);
        if (found != before.sets.end()) return found->second;
    }
    return {};
}

}  // namespace imslab::hss
