// What the store in memory knows for application servers: TS 29.328 §6.1.
#include "hss/memory_tables.h"

namespace imslab::hss {
namespace {

auto order_of(const Watch& watch) {
    return std::tie(watch.owner, watch.server_peer, watch.reference, watch.detail);
}

bool is_same(const Watch& a, const Watch& b) { return order_of(a) == order_of(b); }

}  // namespace

StoreAnswer MemoryStore::Tables::on(const LoadShUser& question) {
    ShUser user;
    Id id = question.subscription_id;
    std::string wildcard;
    if (!question.public_identity.empty()) {
        const auto* place = find_public(question.public_identity, wildcard);
        if (place == nullptr) return user;
        id = place->subscription;
        user.key = wildcard.empty() ? canonical_identity(question.public_identity) : wildcard;
    } else if (!question.msisdn.empty()) {
        const auto found = msisdns.find(question.msisdn);
        if (found == msisdns.end()) return user;
        id = found->second;
    }
    const auto* record = find(id);
    if (record == nullptr) return user;
    user.known = true;
    user.subscription_id = id;
    user.name = record->data.name;
    user.server_name = record->server_name;
    user.charging = record->data.charging;
    user.msisdns = record->data.msisdns;
    user.cs = record->data.cs;
    user.ps = record->data.ps;
    for (const auto& [set_id, set] : record->sets) {
        const bool pending = std::any_of(set.pairs.begin(), set.pairs.end(), [](const auto& pair) {
            return pair.second.authentication_pending;
        });
        user.sets.push_back(
            {set_id, set.state, pending, set.row.service_profiles, set.dsai, set.switched_off});
        for (const auto& one : set.row.public_identities) {
            user.identities.push_back({one.key,
                                       one.identity.identity,
                                       set_id,
                                       one.identity.barred,
                                       one.identity.type,
                                       one.identity.alias_group});
        }
    }
    return user;
}

StoreAnswer MemoryStore::Tables::on(const LoadRepository& question) {
    Repository answer;
    for (const auto& indication : question.service_indications) {
        const auto found = repository.find({question.owner, indication});
        if (found != repository.end()) answer.data.push_back(found->second);
    }
    return answer;
}

StoreAnswer MemoryStore::Tables::on(const UpdateRepository& change) {
    const auto key = std::pair(change.owner, change.data.service_indication);
    const auto found = repository.find(key);
    const auto outcome = update_outcome(
        change,
        found != repository.end() ? std::optional(found->second.sequence_number) : std::nullopt);
    if (outcome.outcome == RepositoryUpdated::Outcome::stored) repository[key] = change.data;
    if (outcome.outcome == RepositoryUpdated::Outcome::removed) repository.erase(key);
    return outcome;
}

StoreAnswer MemoryStore::Tables::on(const SwitchService& change) {
    auto* set = find_set(change.subscription_id, change.set_id);
    if (set == nullptr) return StoreError{"the subscription is no longer there"};
    if (change.active)
        set->switched_off.erase(change.service);
    else
        set->switched_off.insert(change.service);
    return Done{};
}

StoreAnswer MemoryStore::Tables::on(const LoadNotifications& question) {
    const std::set<std::string> owners(question.owners.begin(), question.owners.end());
    Notifications answer;
    for (const auto& one : notifications) {
        const bool is_over = one.expires != 0 && one.expires <= question.now;
        if (!is_over && owners.contains(one.watch.owner)) answer.notifications.push_back(one);
    }
    return answer;
}

StoreAnswer MemoryStore::Tables::on(const Subscribe& change) {
    for (const auto& one : change.notifications) {
        const auto at = std::lower_bound(notifications.begin(),
                                         notifications.end(),
                                         one,
                                         [](const Notification& a, const Notification& b) {
                                             return order_of(a.watch) < order_of(b.watch);
                                         });
        if (at != notifications.end() && is_same(at->watch, one.watch))
            *at = one;
        else
            notifications.insert(at, one);
    }
    return Done{};
}

StoreAnswer MemoryStore::Tables::on(const Unsubscribe& change) {
    for (const auto& watch : change.watches) {
        std::erase_if(notifications, [&](const auto& one) { return is_same(one.watch, watch); });
    }
    return Done{};
}

StoreAnswer MemoryStore::Tables::on(const ExpireNotifications& change) {
    std::erase_if(notifications,
                  [&](const auto& one) { return one.expires != 0 && one.expires <= change.now; });
    NotificationsLeft left;
    left.count = static_cast<std::int64_t>(notifications.size());
    for (const auto& one : notifications) {
        if (one.expires != 0 && (left.next_expiry == 0 || one.expires < left.next_expiry))
            left.next_expiry = one.expires;
    }
    return left;
}

std::set<std::string> MemoryStore::Tables::owners_of(const Record& record) const {
    std::set<std::string> owners;
    for (const auto& [id, set] : record.sets) {
        for (const auto& one : set.row.public_identities) {
            owners.insert(one.key);
            if (!one.identity.alias_group.empty())
                owners.insert(alias_owner(record.data.name, one.identity.alias_group));
        }
    }
    return owners;
}

void MemoryStore::Tables::forget(const std::set<std::string>& owners) {
    std::erase_if(repository, [&](const auto& one) { return owners.contains(one.first.first); });
    std::erase_if(notifications, [&](const auto& one) { return owners.contains(one.watch.owner); });
}

}  // namespace imslab::hss
