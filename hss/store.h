// What the HSS asks of its database, and what it is answered: one request is one transaction, so
// that a crash between two of them can be simulated. The stores are hss/memory_store.h and
// hosts/store/sql_store.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/result.h"
#include "diameter/cx.h"
#include "hss/sh_store.h"
#include "hss/subscription.h"

namespace imslab::hss {

// ---- Questions
// -------------------------------------------------------------------------------------------------

// Everything about a pair of identities; an empty private identity asks for the public one alone.
struct LoadUser {
    std::string private_identity, public_identity;
    bool with_credentials = false;
};
struct User {
    bool private_known = false, public_known = false;
    bool associated = false;  // this private identity may use this public identity
    Id private_id = 0, set_id = 0, subscription_id = 0;

    std::string wildcarded_identity;  // the wildcarded identity that matched; empty: a distinct one
    cx::IdentityType type = cx::IdentityType::public_user;
    bool barred = false;
    bool set_has_unbarred = false;  // another identity of the set is not barred
    bool originating_unregistered = false,
         terminating_unregistered = false;  // services in that state
    std::string application_server;

    RegistrationState state = RegistrationState::not_registered;
    bool registered_here = false;         // by this private identity
    bool authentication_pending = false;  // of this pair

    std::string server_name, server_peer;  // the S-CSCF: its SIP URI and its Diameter identity
    bool reassignment_pending = false;     // another S-CSCF may take over
    cx::ServerCapabilities capabilities;
    bool registration_allowed = true;
    bool roaming_restricted = false;
    std::vector<std::string> visited_networks;
    std::optional<PrivateIdentity> credentials;  // if asked for and known
};

// The sets of a private identity, with their state.
struct LoadSets {
    std::string private_identity;
};
struct SetOfPrivate {
    Id private_id = 0, set_id = 0, subscription_id = 0;
    RegistrationState state = RegistrationState::not_registered;
    std::string default_identity;  // the set's first unbarred public identity
};
struct Sets {
    bool private_known = false;
    std::string server_name, server_peer;
    std::vector<SetOfPrivate> sets;
};

// What an SAA or a PPR carries.
struct LoadProfile {
    Id private_id = 0, set_id = 0, subscription_id = 0;  // private_id 0: any of the set's
    bool with_restoration = false;
};
struct Profile {
    std::string private_identity;
    std::string service_profiles;  // XML, see cx::user_data_from
    std::optional<cx::ChargingInformation> charging;
    std::vector<std::string> private_identities;  // all that share the set
    std::vector<cx::RestorationInfo> restoration;
};

// ---- Changes
// ---------------------------------------------------------------------------------------------------

// MAR: takes `vectors` sequence numbers after max(stored, at_least), notes the S-CSCF and that
// authentication is pending. The answer is durable before any vector leaves the HSS.
struct Authenticate {
    Id private_id = 0, set_id = 0, subscription_id = 0;
    std::uint32_t vectors = 0;  // 0: none are taken (SIP Digest)
    aka::Sqn at_least = 0;
    bool assign_server = false;  // store server_name and set the flag
    std::string server_name, server_peer;
};
struct Authenticated {
    aka::Sqn last_sqn = 0;  // the last of those taken
};

// SAR REGISTRATION and RE_REGISTRATION
struct Register {
    Id private_id = 0, set_id = 0, subscription_id = 0;
    std::string server_name, server_peer;
    std::optional<cx::RestorationInfo> restoration;
};
// The S-CSCF that held the user before, if another one took over: it gets an RTR.
struct Registered {
    std::string previous_server_name, previous_server_peer;
};

// SAR UNREGISTERED_USER
struct AssignUnregistered {
    Id set_id = 0, subscription_id = 0;
    std::string server_name, server_peer;
};

// SAR …_DEREGISTRATION and the HSS's own. private_id 0: all who share the set.
struct Deregister {
    Id private_id = 0, subscription_id = 0;
    std::vector<Id> set_ids;
    bool keep_server_name = false;  // then the set is `unregistered`
};

// SAR AUTHENTICATION_FAILURE and AUTHENTICATION_TIMEOUT
struct AbandonAuthentication {
    Id private_id = 0, set_id = 0, subscription_id = 0;
};

// UAR or LIR that ask for capabilities although an S-CSCF is assigned: the next S-CSCF may take
// over (TS 23.380 §4).
struct AllowReassignment {
    Id subscription_id = 0;
};

// Adds or replaces (by name) whole subscriptions; all or none. Registration state and SQN of what
// is replaced stay.
struct Provision {
    std::vector<Subscription> subscriptions;
};
struct Remove {
    std::string subscription;  // its name, or one of its identities
};
struct LoadSubscriptions {
    std::string subscription;  // empty: all; else as for Remove
};
struct Subscriptions {
    std::vector<Subscription> subscriptions;  // ordered by name
};

struct Done {};
// The database refused: what a person reads.
struct StoreError {
    std::string reason;
};

using StoreRequest = std::variant<LoadUser,
                                  LoadSets,
                                  LoadProfile,
                                  Authenticate,
                                  Register,
                                  AssignUnregistered,
                                  Deregister,
                                  AbandonAuthentication,
                                  AllowReassignment,
                                  Provision,
                                  Remove,
                                  LoadSubscriptions,
                                  LoadShUser,
                                  LoadRepository,
                                  UpdateRepository,
                                  SwitchService,
                                  LoadNotifications,
                                  Subscribe,
                                  Unsubscribe,
                                  ExpireNotifications>;
using StoreAnswer = std::variant<User,
                                 Sets,
                                 Profile,
                                 Authenticated,
                                 Registered,
                                 Done,
                                 Subscriptions,
                                 ShUser,
                                 Repository,
                                 RepositoryUpdated,
                                 Notifications,
                                 NotificationsLeft,
                                 StoreError>;

// The port: a host answers each Ask{StoreRequest} of the node with Answered{perform(request)}.
class Store {
public:
    virtual ~Store() = default;
    virtual StoreAnswer perform(const StoreRequest& request) = 0;
};

// TS 33.102 Annex C: SQN = SEQ || IND, IND of 5 bits; each vector has the next SEQ and the next
// IND.
aka::Sqn advance_sqn(aka::Sqn sqn, std::uint32_t vectors);
aka::Sqn retreat_sqn(aka::Sqn sqn, std::uint32_t vectors);  // advance_sqn undone

}  // namespace imslab::hss
