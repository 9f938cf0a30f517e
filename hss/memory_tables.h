// The tables of the store in memory.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hss/memory_store.h"
#include "hss/provisioning.h"

namespace imslab::hss {

struct Set {
    SetRow row;
    std::vector<DsaiTag> dsai;
    std::set<std::string> switched_off;  // see switch_of_dsai
    RegistrationState state = RegistrationState::not_registered;
    std::map<Id, RegistrationOfPair> pairs;  // by private identity

    bool is_registered_by_any() const {
        return std::any_of(
            pairs.begin(), pairs.end(), [](const auto& pair) { return pair.second.registered; });
    }
};

struct Record {
    Subscription data;
    std::map<Id, PrivateIdentity> privates;
    std::map<Id, Set> sets;
    std::string server_name, server_peer, previous_server_name, previous_server_peer;
    bool reassignment_pending = false;

    bool is_in_use() const {
        return std::any_of(sets.begin(), sets.end(), [](const auto& one) {
            const auto& pairs = one.second.pairs;
            return one.second.state != RegistrationState::not_registered ||
                   std::any_of(pairs.begin(), pairs.end(), [](const auto& pair) {
                       return pair.second.authentication_pending;
                   });
        });
    }
    void forget_server_if_idle() {
        if (is_in_use()) return;
        server_name.clear();
        server_peer.clear();
        reassignment_pending = false;
    }
};

struct Place {
    Id subscription = 0, id = 0;  // id: of the private identity, or of the set
    std::size_t position = 0;     // of a public identity in its set
};

struct MemoryStore::Tables {
    std::unordered_map<Id, Record> records;
    std::map<std::string, Id, std::less<>> by_name;
    std::unordered_map<std::string, Place> privates, publics;
    std::map<std::string, Place> wildcards;
    std::map<std::string, Id> msisdns;
    std::map<std::pair<std::string, std::string>, sh::RepositoryData>
        repository;                           // by owner and Service-Indication
    std::vector<Notification> notifications;  // in order of owner, AS, reference, detail
    Id last_id = 0;

    Record* find(Id id) {
        const auto found = records.find(id);
        return found != records.end() ? &found->second : nullptr;
    }
    Set* find_set(Id subscription, Id id) {
        auto* record = find(subscription);
        if (record == nullptr) return nullptr;
        const auto found = record->sets.find(id);
        return found != record->sets.end() ? &found->second : nullptr;
    }
    const Place* find_public(const std::string& identity, std::string& wildcard) const {
        const auto key = canonical_identity(identity);
        if (const auto found = publics.find(key); found != publics.end()) return &found->second;
        for (const auto& [pattern, place] : wildcards) {
            if (!matches_wildcard(pattern, key)) continue;
            wildcard = pattern;
            return &place;
        }
        return nullptr;
    }

    StoreAnswer on(const LoadUser& question);
    StoreAnswer on(const LoadSets& question);
    StoreAnswer on(const LoadProfile& question);
    StoreAnswer on(const Authenticate& change);
    StoreAnswer on(const Register& change);
    StoreAnswer on(const AssignUnregistered& change);
    StoreAnswer on(const Deregister& change);
    StoreAnswer on(const AbandonAuthentication& change);
    StoreAnswer on(const AllowReassignment& change);
    StoreAnswer on(const Provision& change);
    StoreAnswer on(const Remove& change);
    StoreAnswer on(const LoadSubscriptions& question);

    // memory_store_sh.cpp
    StoreAnswer on(const LoadShUser& question);
    StoreAnswer on(const LoadRepository& question);
    StoreAnswer on(const UpdateRepository& change);
    StoreAnswer on(const SwitchService& change);
    StoreAnswer on(const LoadNotifications& question);
    StoreAnswer on(const Subscribe& change);
    StoreAnswer on(const Unsubscribe& change);
    StoreAnswer on(const ExpireNotifications& change);
    // What belongs to identities that are there no more.
    void forget(const std::set<std::string>& owners);
    std::set<std::string> owners_of(const Record& record) const;

    std::optional<std::string> conflict(const std::vector<Subscription>& incoming) const;
    Status status_of(const Record& record) const;
    void insert(const Subscription& subscription, const Status& before);
    void erase(Id id);
    Id find_subscription(const std::string& name) const;
};

}  // namespace imslab::hss
