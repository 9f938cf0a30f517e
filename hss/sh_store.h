// What the HSS asks of its database on behalf of application servers (TS 29.328 §6.1): all that Sh
// tells of a subscription, repository data, and who is to be told when something changes.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "diameter/sh.h"
#include "diameter/sh_data.h"
#include "hss/subscription.h"

namespace imslab::hss {

using Id = std::int64_t;

// TS 29.228 §6.1: the state of a public identity is that of its implicit registration set.
enum class RegistrationState : std::uint8_t {
    not_registered = 0,
    unregistered = 1,
    registered = 2
};
std::string_view to_string(RegistrationState state);

// ---- Who a user is
// -------------------------------------------------------------------------------------------------

// By one of the two identities, or by the subscription's own key.
struct LoadShUser {
    std::string public_identity, msisdn;
    Id subscription_id = 0;
};
struct ShSet {
    Id id = 0;
    RegistrationState state = RegistrationState::not_registered;
    bool authentication_pending = false;
    std::string service_profiles;  // XML, nothing masked
    std::vector<DsaiTag> dsai;
    std::set<std::string> switched_off;  // see hss/provisioning.h
};
struct ShIdentity {
    std::string key;  // canonical
    std::string identity;
    Id set_id = 0;
    bool barred = false;
    cx::IdentityType type = cx::IdentityType::public_user;
    std::string alias_group;
};
struct ShUser {
    bool known = false;
    Id subscription_id = 0;
    std::string name;  // of the subscription
    std::string key;   // of the public identity that was asked for; empty: by MSISDN or by key
    std::string server_name;
    std::optional<cx::ChargingInformation> charging;
    std::vector<std::string> msisdns;
    sh::DomainData cs, ps;
    std::vector<ShSet> sets;
    std::vector<ShIdentity> identities;  // of all sets, in their order

    const ShIdentity* identity(std::string_view key_wanted) const;
    const ShSet& set(Id id) const;
};

// ---- Repository data
// -------------------------------------------------------------------------------------------------

// `owner`: the key of a public identity; of aliases see alias_owner.
struct LoadRepository {
    std::string owner;
    std::vector<std::string> service_indications;
};
struct Repository {
    std::vector<sh::RepositoryData> data;  // what there is of what was asked for, in that order
};
// TS 29.328 §6.1.2.1: stores, replaces or (without data) removes, if the sequence number is right.
struct UpdateRepository {
    std::string owner;
    sh::RepositoryData data;
};
struct RepositoryUpdated {
    enum class Outcome : std::uint8_t {
        stored,
        removed,
        out_of_sync,
        nothing_to_remove  // no data in the request, and none stored
    } outcome = Outcome::stored;
    std::uint32_t sequence_number = 0;  // what is stored, or was
};
// The decision, given the sequence number that is stored, if any is.
RepositoryUpdated update_outcome(const UpdateRepository& change,
                                 const std::optional<std::uint32_t>& stored);
// All public identities of a subscription with one alias group share it.
std::string alias_owner(std::string_view subscription, std::string_view group);

// A DSAI tag or a PSI on or off, by switch_of_dsai or switch_of_psi.
struct SwitchService {
    Id subscription_id = 0, set_id = 0;
    std::string service;
    bool active = true;
};

// ---- Who is to be told
// -------------------------------------------------------------------------------------------------

// One thing that one application server watches.
struct Watch {
    std::string server_peer;  // the AS: its Diameter identity
    std::string owner;        // of repository data; else the public identity's key
    std::string identity;     // as the AS wrote it, and gets it back
    sh::DataReference reference = sh::DataReference::repository_data;
    // Service-Indication; Identity-Set; Server-Name and DSAI-Tag: a line each.
    std::string detail;
    bool operator==(const Watch&) const = default;
};
struct Notification {
    Watch watch;
    std::int64_t expires = 0;  // seconds since 1970; 0: never
    bool one_time = false;
};
struct LoadNotifications {
    std::vector<std::string> owners;
    std::int64_t now = 0;  // what has expired by then is not among them
};
struct Notifications {
    std::vector<Notification> notifications;  // by owner, then by AS
};
// Replaces an equal watch.
struct Subscribe {
    std::vector<Notification> notifications;
};
struct Unsubscribe {
    std::vector<Watch> watches;
};
struct ExpireNotifications {
    std::int64_t now = 0;
};
struct NotificationsLeft {
    std::int64_t count = 0;
    std::int64_t next_expiry = 0;  // 0: none will
};

}  // namespace imslab::hss
