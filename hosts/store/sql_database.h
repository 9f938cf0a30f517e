// The connection and what is prepared on it.
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>

#include "hosts/store/database_url.h"
#include "hosts/store/sql_dialect.h"
#include "hosts/store/sql_statements.h"
#include "hosts/store/sql_store.h"
#include "hss/provisioning.h"

namespace imslab::host {

struct SqlStore::Database {
    explicit Database(const DatabaseUrl& url);

    // After a failure: does the connection still stand?
    bool is_alive();

    hss::StoreAnswer on(const hss::LoadUser& question);
    hss::StoreAnswer on(const hss::LoadSets& question);
    hss::StoreAnswer on(const hss::LoadProfile& question);
    hss::StoreAnswer on(const hss::Authenticate& change);
    hss::StoreAnswer on(const hss::Register& change);
    hss::StoreAnswer on(const hss::AssignUnregistered& change);
    hss::StoreAnswer on(const hss::Deregister& change);
    hss::StoreAnswer on(const hss::AbandonAuthentication& change);
    hss::StoreAnswer on(const hss::AllowReassignment& change);
    hss::StoreAnswer on(const hss::Provision& change);
    hss::StoreAnswer on(const hss::Remove& change);
    hss::StoreAnswer on(const hss::LoadSubscriptions& question);

    soci::session sql;

private:
    class Transaction;

    bool select_public(const std::string& identity, std::string& wildcard);
    bool assign(Number subscription_id,
                const std::string& server_name,
                const std::string& server_peer);

    // sql_provisioning.cpp
    std::optional<std::string> conflict(const hss::Subscription& subscription);
    Number find_subscription(const std::string& name);
    hss::Status status_of(Number subscription_id);
    void insert(const hss::Subscription& subscription, const hss::Status& before);
    hss::Subscription load(Number subscription_id);

    SqlDialect dialect_;
    struct Prepared;
    struct Deleter {
        void operator()(Prepared* prepared) const;
    };
    std::unique_ptr<Prepared, Deleter> prepared_;  // goes before the connection
};

}  // namespace imslab::host
