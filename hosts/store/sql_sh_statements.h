// Prepared statements of Sh's questions, with the variables they are bound to.
#pragma once

#include <string>

#include "hosts/store/sql_statements.h"

namespace imslab::host {

// Whose an identity or a number is.
struct SelectShOwner {
    std::string key;
    Number subscription_id = 0;
    Statement by_identity, by_msisdn;
    explicit SelectShOwner(soci::session& sql);
};

struct SelectShSubscription {
    Number id = 0;
    std::string name, server_name, primary_event, secondary_event, primary_collection,
        secondary_collection, msisdns, cs, ps;
    Number has_charging = 0;
    Statement statement;
    explicit SelectShSubscription(soci::session& sql);
};

struct SelectShSets {
    Number subscription_id = 0;
    Number id = 0, state = 0, pending = 0;
    std::string service_profiles, dsai, switched_off;
    Statement statement;
    explicit SelectShSets(soci::session& sql);
};

struct SelectShIdentities {
    Number subscription_id = 0;
    Number set_id = 0, type = 0, barred = 0;
    std::string key, presented, alias_group;
    Statement statement;
    explicit SelectShIdentities(soci::session& sql);
};

struct SelectRepository {
    std::string owner, service_indication;
    Number sequence_number = 0;
    std::string service_data;
    Statement statement;
    explicit SelectRepository(soci::session& sql);
};

struct UpdateShRepository {
    std::string owner, service_indication, service_data;
    Number sequence_number = 0;
    Statement put, remove;
    explicit UpdateShRepository(soci::session& sql);
};

struct SelectWatches {
    std::string owner;
    Number now = 0;
    std::string server_peer, identity, detail;
    Number reference = 0, expires = 0, one_time = 0;
    Statement statement;
    explicit SelectWatches(soci::session& sql);
};

struct UpdateWatch {
    std::string owner, server_peer, identity, detail;
    Number reference = 0, expires = 0, one_time = 0;
    Statement put, remove;
    explicit UpdateWatch(soci::session& sql);
};

}  // namespace imslab::host
