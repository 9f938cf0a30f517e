// Prepared statements with the variables they are bound to: set the inputs, call, read the outputs.
#pragma once

#include <soci/soci.h>

#include <string>

namespace imslab::host {

using Number = long long;

class Statement {
public:
    explicit Statement(soci::statement statement) : statement_(std::move(statement)) {}
    // True if there is a row; its values are then in the outputs.
    bool first() { return statement_.execute(true); }
    bool next() { return statement_.fetch(); }
    // For what gives one row at most: also ends the statement, so that it holds no lock.
    bool only() {
        const bool found = first();
        if (found) next();
        return found;
    }
    void run() { statement_.execute(true); }

private:
    soci::statement statement_;
};

struct SelectPrivate {
    std::string identity;
    Number id = 0, subscription_id = 0, scheme = 0, sqn = 0;
    std::string k, opc, amf, realm, ha1, algorithm;
    Statement statement;
    explicit SelectPrivate(soci::session& sql);
};

struct SelectPublic {
    std::string identity;
    Number private_id = 0;
    Number type = 0, barred = 0, set_id = 0, subscription_id = 0, state = 0, has_unbarred = 0;
    Number originating = 0, terminating = 0, registered = 0, pending = 0;
    Number reassignment = 0, registration_allowed = 0, roaming_restricted = 0;
    std::string application_server, server_name, server_peer, mandatory, optional, capable_servers,
        visited_networks;
    Statement statement;
    explicit SelectPublic(soci::session& sql);
};

struct SelectWildcards {
    std::string identity;
    Statement statement;
    explicit SelectWildcards(soci::session& sql);
};

struct SelectSets {
    Number private_id = 0;
    Number id = 0, subscription_id = 0, state = 0;
    std::string default_identity, server_name, server_peer;
    Statement statement;
    explicit SelectSets(soci::session& sql);
};

struct SelectProfile {
    Number set_id = 0;
    std::string service_profiles, name, primary_event, secondary_event, primary_collection,
        secondary_collection;
    Number has_charging = 0;
    Statement statement;
    explicit SelectProfile(soci::session& sql);
};

struct SelectRegistrations {
    Number set_id = 0;
    Number private_id = 0, registered = 0, pending = 0;
    std::string identity, restoration;
    Statement statement;
    explicit SelectRegistrations(soci::session& sql);
};

// TS 33.102 Annex C in one statement: see hss::advance_sqn.
struct TakeSqn {
    Number id = 0, at_least = 0, vectors = 0;
    Number sqn = 0;
    Statement statement;
    explicit TakeSqn(soci::session& sql);
};

// Keeps who served the user before, if the user is served and nobody is kept yet.
struct AssignServer {
    Number subscription_id = 0;
    std::string server_name, server_peer;
    Statement remember, assign;
    explicit AssignServer(soci::session& sql);
};

struct SelectPrevious {
    Number subscription_id = 0;
    std::string server_name, server_peer;
    Statement statement;
    explicit SelectPrevious(soci::session& sql);
};

struct UpdateRegistration {
    Number set_id = 0, private_id = 0;
    Number registered = 0, pending = 0;
    std::string restoration;
    Statement set_pending, clear_pending, enter, enter_with_restoration, leave, leave_all;
    explicit UpdateRegistration(soci::session& sql);
};

struct UpdateSet {
    Number id = 0, subscription_id = 0, state = 0;
    Statement enter, assign_unregistered, leave;
    explicit UpdateSet(soci::session& sql);
};

struct UpdateSubscription {
    Number id = 0;
    Statement restore_previous, forget_server_if_idle, allow_reassignment, end_sets,
        end_registrations, forget_previous;
    explicit UpdateSubscription(soci::session& sql);
};

}  // namespace imslab::host
