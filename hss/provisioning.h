// What both stores make of a subscription when it comes in: checks that need no database, and
// columns derived once.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hss/store.h"

namespace imslab::hss {

// A sentence, if the subscription contradicts itself.
std::optional<std::string> contradiction_in(const Subscription& subscription);

// One public identity as a row.
struct PublicIdentityRow {
    std::string key;  // canonical
    cx::PublicIdentity identity;
};

// One implicit registration set as a row.
struct SetRow {
    std::vector<PublicIdentityRow>
        public_identities;  // in order; the first unbarred one is the default
    std::vector<std::string> private_identities;
    std::string service_profiles;  // XML
    bool originating_unregistered = false, terminating_unregistered = false;
    std::string application_server;

    std::string default_identity() const;
};
SetRow row_of(const ImplicitRegistrationSet& set, const Subscription& subscription);

// What a replaced subscription hands on to its successor: who is registered where, and the sequence
// numbers.
struct RegistrationOfPair {
    bool registered = false, authentication_pending = false;
    std::optional<cx::RestorationInfo> restoration;
};
struct SetStatus {
    RegistrationState state = RegistrationState::not_registered;
    std::map<std::string, RegistrationOfPair> pairs;  // by private identity
    std::set<std::string> switched_off;               // see switch_of_dsai
};
struct Status {
    std::string server_name, server_peer, previous_server_name, previous_server_peer;
    bool reassignment_pending = false;
    std::map<std::string, aka::Sqn> sqn;    // by private identity
    std::map<std::string, SetStatus> sets;  // by each public identity's key
};
// What application servers have switched off on Sh, as a text: a DSAI tag, or a PSI.
std::string switch_of_dsai(std::string_view server_name, std::string_view tag);
std::string switch_of_psi(const std::string& key);
// The service profiles without the filter criteria that are switched off; as they are if none is.
std::string masked(const std::string& service_profiles,
                   const std::vector<DsaiTag>& tags,
                   const std::set<std::string>& switched_off);

// The status that the set inherits: that of the first identity which was in a set before.
SetStatus inherited(const Status& before, const SetRow& set);

}  // namespace imslab::hss
