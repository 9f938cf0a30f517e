// The HSS's data in memory: registration state and S-CSCF name per TS 29.228 §6.1, one request at a
// time.
#include "hss/memory_store.h"

#include <algorithm>
#include <map>
#include <set>

#include "hss/memory_tables.h"

namespace imslab::hss {
namespace {

std::vector<std::string> names_of(const std::map<Id, PrivateIdentity>& privates,
                                  const std::map<Id, RegistrationOfPair>& pairs) {
    std::vector<std::string> names;
    for (const auto& [id, pair] : pairs) names.push_back(privates.at(id).identity);
    return names;
}

}  // namespace

namespace {
const StoreError kGone{"the subscription is no longer there"};
}

StoreAnswer MemoryStore::Tables::on(const LoadUser& question) {
    User user;
    const auto found_private = privates.find(question.private_identity);
    user.private_known = found_private != privates.end();
    if (user.private_known) {
        user.private_id = found_private->second.id;
        if (question.with_credentials) {
            user.credentials =
                records.at(found_private->second.subscription).privates.at(user.private_id);
        }
    }
    const auto* place = find_public(question.public_identity, user.wildcarded_identity);
    if (place == nullptr) return user;
    const auto& record = records.at(place->subscription);
    const auto& set = record.sets.at(place->id);
    const auto& identities = set.row.public_identities;
    const auto& identity = identities[place->position].identity;
    user.public_known = true;
    user.set_id = place->id;
    user.subscription_id = place->subscription;
    user.type = identity.type;
    user.barred = identity.barred;
    user.set_has_unbarred = std::any_of(
        identities.begin(), identities.end(), [](const auto& one) { return !one.identity.barred; });
    user.originating_unregistered = set.row.originating_unregistered;
    user.terminating_unregistered = set.row.terminating_unregistered;
    user.application_server = set.row.application_server;
    user.state = set.state;
    if (const auto pair = set.pairs.find(user.private_id); pair != set.pairs.end()) {
        user.associated = true;
        user.registered_here = pair->second.registered;
        user.authentication_pending = pair->second.authentication_pending;
    }
    user.server_name = record.server_name;
    user.server_peer = record.server_peer;
    user.reassignment_pending = record.reassignment_pending;
    user.capabilities = record.data.capabilities;
    user.registration_allowed = record.data.registration_allowed;
    user.roaming_restricted = record.data.roaming_restricted;
    user.visited_networks = record.data.visited_networks;
    return user;
}

StoreAnswer MemoryStore::Tables::on(const LoadSets& question) {
    Sets sets;
    const auto found = privates.find(question.private_identity);
    if (found == privates.end()) return sets;
    const auto& record = records.at(found->second.subscription);
    sets.private_known = true;
    sets.server_name = record.server_name;
    sets.server_peer = record.server_peer;
    for (const auto& [id, set] : record.sets) {
        if (!set.pairs.contains(found->second.id)) continue;
        sets.sets.push_back({found->second.id,
                             id,
                             found->second.subscription,
                             set.state,
                             set.row.default_identity()});
    }
    return sets;
}

StoreAnswer MemoryStore::Tables::on(const LoadProfile& question) {
    const auto* found = find_set(question.subscription_id, question.set_id);
    if (found == nullptr) return kGone;
    const auto& set = *found;
    const auto& record = records.at(question.subscription_id);
    Profile profile;
    const auto of = question.private_id != 0 || set.pairs.empty() ? question.private_id
                                                                  : set.pairs.begin()->first;
    if (const auto one = record.privates.find(of); one != record.privates.end()) {
        profile.private_identity = one->second.identity;
    }
    // A service without private identity goes by its subscription's name.
    if (profile.private_identity.empty()) profile.private_identity = record.data.name;
    profile.service_profiles = masked(set.row.service_profiles, set.dsai, set.switched_off);
    profile.charging = record.data.charging;
    profile.private_identities = names_of(record.privates, set.pairs);
    if (question.with_restoration) {
        for (const auto& [private_id, pair] : set.pairs) {
            if (pair.restoration) profile.restoration.push_back(*pair.restoration);
        }
    }
    return profile;
}

StoreAnswer MemoryStore::Tables::on(const Authenticate& change) {
    auto* record = find(change.subscription_id);
    auto* set = find_set(change.subscription_id, change.set_id);
    if (set == nullptr || !record->privates.contains(change.private_id)) return kGone;
    auto& identity = record->privates.at(change.private_id);
    Authenticated taken;
    if (change.vectors > 0 && identity.aka) {
        identity.aka->sqn =
            advance_sqn(std::max(identity.aka->sqn, change.at_least), change.vectors);
        taken.last_sqn = identity.aka->sqn;
    }
    if (change.assign_server) {
        const bool serves =
            std::any_of(record->sets.begin(), record->sets.end(), [](const auto& one) {
                return one.second.state != RegistrationState::not_registered;
            });
        if (serves && record->server_name != change.server_name &&
            record->previous_server_name.empty()) {
            record->previous_server_name = record->server_name;
            record->previous_server_peer = record->server_peer;
        }
        record->server_name = change.server_name;
        record->server_peer = change.server_peer;
        set->pairs[change.private_id].authentication_pending = true;
    }
    return taken;
}

StoreAnswer MemoryStore::Tables::on(const Register& change) {
    auto* record = find(change.subscription_id);
    auto* set = find_set(change.subscription_id, change.set_id);
    if (set == nullptr) return kGone;
    Registered registered{record->previous_server_name, record->previous_server_peer};
    if (!record->previous_server_name.empty()) {
        // What the S-CSCF before held is gone with it.
        for (auto& [id, other] : record->sets) {
            other.state = RegistrationState::not_registered;
            for (auto& [private_id, pair] : other.pairs) pair.registered = false;
        }
        record->previous_server_name.clear();
        record->previous_server_peer.clear();
    }
    record->server_name = change.server_name;
    record->server_peer = change.server_peer;
    record->reassignment_pending = false;
    set->state = RegistrationState::registered;
    auto& pair = set->pairs[change.private_id];
    pair.registered = true;
    pair.authentication_pending = false;
    if (change.restoration) pair.restoration = change.restoration;
    return registered;
}

StoreAnswer MemoryStore::Tables::on(const AssignUnregistered& change) {
    auto* set = find_set(change.subscription_id, change.set_id);
    if (set == nullptr) return kGone;
    auto* record = find(change.subscription_id);
    record->server_name = change.server_name;
    record->server_peer = change.server_peer;
    record->reassignment_pending = false;
    if (set->state == RegistrationState::not_registered)
        set->state = RegistrationState::unregistered;
    return Done{};
}

StoreAnswer MemoryStore::Tables::on(const Deregister& change) {
    auto* record = find(change.subscription_id);
    if (record == nullptr) return kGone;
    for (const auto id : change.set_ids) {
        auto* set = find_set(change.subscription_id, id);
        if (set == nullptr) continue;
        for (auto& [private_id, pair] : set->pairs) {
            if (change.private_id == 0 || change.private_id == private_id) pair = {};
        }
        if (set->is_registered_by_any()) continue;
        set->state = change.keep_server_name ? RegistrationState::unregistered
                                             : RegistrationState::not_registered;
    }
    record->forget_server_if_idle();
    return Done{};
}

StoreAnswer MemoryStore::Tables::on(const AbandonAuthentication& change) {
    auto* record = find(change.subscription_id);
    auto* set = find_set(change.subscription_id, change.set_id);
    if (set == nullptr) return kGone;
    if (const auto pair = set->pairs.find(change.private_id); pair != set->pairs.end())
        pair->second.authentication_pending = false;
    if (!record->previous_server_name.empty()) {
        record->server_name = std::exchange(record->previous_server_name, {});
        record->server_peer = std::exchange(record->previous_server_peer, {});
    }
    record->forget_server_if_idle();
    return Done{};
}

StoreAnswer MemoryStore::Tables::on(const AllowReassignment& change) {
    auto* record = find(change.subscription_id);
    if (record == nullptr) return kGone;
    record->reassignment_pending = true;
    return Done{};
}

// An identity belongs to one subscription; two incoming ones may not share it either.
std::optional<std::string> MemoryStore::Tables::conflict(
    const std::vector<Subscription>& incoming) const {
    std::set<std::string> replaced;
    for (const auto& subscription : incoming) replaced.insert(subscription.name);
    std::map<std::string, std::string> owner;
    const auto claim = [&](const auto& table,
                           const std::string& key,
                           const std::string& name) -> std::optional<std::string> {
        if (const auto found = table.find(key); found != table.end()) {
            const auto& holder = records.at(found->second.subscription).data.name;
            if (!replaced.contains(holder))
                return key + " of subscription " + name + " belongs to subscription " + holder;
        }
        const auto [at, fresh] = owner.emplace(key, name);
        if (!fresh && at->second != name)
            return key + " is in subscriptions " + at->second + " and " + name;
        return std::nullopt;
    };
    for (const auto& subscription : incoming) {
        if (auto wrong = contradiction_in(subscription)) return wrong;
        for (const auto& one : subscription.private_identities) {
            if (auto wrong = claim(privates, one.identity, subscription.name)) return wrong;
        }
        for (const auto& number : subscription.msisdns) {
            const auto found = msisdns.find(number);
            if (found == msisdns.end() || replaced.contains(records.at(found->second).data.name))
                continue;
            return "MSISDN " + number + " of subscription " + subscription.name +
                   " belongs to subscription " + records.at(found->second).data.name;
        }
        for (const auto& set : subscription.sets) {
            for (const auto& one : row_of(set, subscription).public_identities) {
                if (auto wrong = claim(publics, one.key, subscription.name)) return wrong;
            }
        }
    }
    return std::nullopt;
}

Status MemoryStore::Tables::status_of(const Record& record) const {
    Status status{record.server_name,
                  record.server_peer,
                  record.previous_server_name,
                  record.previous_server_peer,
                  record.reassignment_pending,
                  {},
                  {}};
    for (const auto& [id, one] : record.privates) {
        if (one.aka) status.sqn[one.identity] = one.aka->sqn;
    }
    for (const auto& [id, set] : record.sets) {
        SetStatus of_set;
        of_set.state = set.state;
        for (const auto& [private_id, pair] : set.pairs)
            of_set.pairs[record.privates.at(private_id).identity] = pair;
        of_set.switched_off = set.switched_off;
        for (const auto& one : set.row.public_identities) status.sets[one.key] = of_set;
    }
    return status;
}

void MemoryStore::Tables::insert(const Subscription& subscription, const Status& before) {
    const Id id = ++last_id;
    Record record;
    record.data = subscription;
    record.server_name = before.server_name;
    record.server_peer = before.server_peer;
    record.previous_server_name = before.previous_server_name;
    record.previous_server_peer = before.previous_server_peer;
    record.reassignment_pending = before.reassignment_pending;
    std::map<std::string, Id> ids;
    for (auto one : subscription.private_identities) {
        const auto sqn = before.sqn.find(one.identity);
        if (one.aka && sqn != before.sqn.end()) one.aka->sqn = std::max(one.aka->sqn, sqn->second);
        const Id private_id = ++last_id;
        ids[one.identity] = private_id;
        privates[one.identity] = {id, private_id, 0};
        record.privates.emplace(private_id, std::move(one));
    }
    for (const auto& given : subscription.sets) {
        Set set;
        set.row = row_of(given, subscription);
        const auto status = inherited(before, set.row);
        set.state = status.state;
        set.dsai = given.dsai;
        set.switched_off = status.switched_off;
        for (const auto& name : set.row.private_identities) {
            const auto pair = status.pairs.find(name);
            set.pairs[ids.at(name)] =
                pair != status.pairs.end() ? pair->second : RegistrationOfPair{};
        }
        const Id set_id = ++last_id;
        for (std::size_t i = 0; i < set.row.public_identities.size(); ++i) {
            const auto& one = set.row.public_identities[i];
            publics[one.key] = {id, set_id, i};
            if (one.key.find('!') != std::string::npos) wildcards[one.key] = {id, set_id, i};
        }
        record.sets.emplace(set_id, std::move(set));
    }
    for (const auto& number : subscription.msisdns) msisdns[number] = id;
    record.forget_server_if_idle();
    by_name[subscription.name] = id;
    records.emplace(id, std::move(record));
}

void MemoryStore::Tables::erase(Id id) {
    const auto of_it = [id](const auto& entry) { return entry.second.subscription == id; };
    std::erase_if(privates, of_it);
    std::erase_if(publics, of_it);
    std::erase_if(wildcards, of_it);
    std::erase_if(msisdns, [id](const auto& entry) { return entry.second == id; });
    by_name.erase(records.at(id).data.name);
    records.erase(id);
}

Id MemoryStore::Tables::find_subscription(const std::string& name) const {
    if (const auto found = by_name.find(name); found != by_name.end()) return found->second;
    if (const auto found = privates.find(name); found != privates.end())
        return found->second.subscription;
    const auto found = publics.find(canonical_identity(name));
    return found != publics.end() ? found->second.subscription : 0;
}

StoreAnswer MemoryStore::Tables::on(const Provision& change) {
    if (auto wrong = conflict(change.subscriptions)) return StoreError{*wrong};
    for (const auto& subscription : change.subscriptions) {
        Status before;
        std::set<std::string> owners;
        if (const auto found = by_name.find(subscription.name); found != by_name.end()) {
            before = status_of(records.at(found->second));
            owners = owners_of(records.at(found->second));
            erase(found->second);
        }
        insert(subscription, before);
        for (const auto& still : owners_of(records.at(by_name.at(subscription.name))))
            owners.erase(still);
        forget(owners);
    }
    return Done{};
}

StoreAnswer MemoryStore::Tables::on(const Remove& change) {
    const Id id = find_subscription(change.subscription);
    if (id == 0) return StoreError{"there is no subscription " + change.subscription};
    const auto owners = owners_of(records.at(id));
    erase(id);
    forget(owners);
    return Done{};
}

StoreAnswer MemoryStore::Tables::on(const LoadSubscriptions& question) {
    Subscriptions all;
    const auto add = [&](const Record& record) {
        auto subscription = record.data;
        subscription.private_identities.clear();
        for (const auto& given : record.data.private_identities) {
            subscription.private_identities.push_back(
                record.privates.at(privates.at(given.identity).id));
        }
        all.subscriptions.push_back(std::move(subscription));
    };
    if (question.subscription.empty()) {
        for (const auto& [name, id] : by_name) add(records.at(id));
    } else if (const Id id = find_subscription(question.subscription); id != 0) {
        add(records.at(id));
    }
    return all;
}

MemoryStore::MemoryStore() : tables_(std::make_unique<Tables>()) {}
MemoryStore::~MemoryStore() = default;

StoreAnswer MemoryStore::perform(const StoreRequest& request) {
    return std::visit([this](const auto& one) { return tables_->on(one); }, request);
}

}  // namespace imslab::hss
