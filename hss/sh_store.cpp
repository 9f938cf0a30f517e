// What the stores have in common on Sh.
#include "hss/sh_store.h"

#include <algorithm>

#include "core/invariant.h"

namespace imslab::hss {

const ShIdentity* ShUser::identity(std::string_view key_wanted) const {
    const auto found = std::find_if(identities.begin(), identities.end(), [&](const auto& one) {
        return one.key == key_wanted;
    });
    return found != identities.end() ? &*found : nullptr;
}

const ShSet& ShUser::set(Id id) const {
    const auto found =
        std::find_if(sets.begin(), sets.end(), [&](const auto& one) { return one.id == id; });
    IMSLAB_INVARIANT(found != sets.end());
    return *found;
}

// TS 29.328 §6.1.2.1: 0 creates; the next number after the stored one replaces or removes.
RepositoryUpdated update_outcome(const UpdateRepository& change,
                                 const std::optional<std::uint32_t>& number_stored) {
    using enum RepositoryUpdated::Outcome;
    const auto number = change.data.sequence_number;
    if (!number_stored) {
        if (number != 0) return {out_of_sync, 0};
        return {change.data.service_data ? RepositoryUpdated::Outcome::stored : nothing_to_remove,
                number};
    }
    if (number != sh::next_sequence_number(*number_stored)) return {out_of_sync, *number_stored};
    return {change.data.service_data ? RepositoryUpdated::Outcome::stored : removed, number};
}

std::string alias_owner(std::string_view subscription, std::string_view group) {
    return "alias " + std::string(subscription) + " " + std::string(group);
}

}  // namespace imslab::hss
