// The connection and what is prepared on it.
#pragma once

#include <soci/soci.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hosts/store/database_url.h"
#include "hosts/store/sql_dialect.h"
#include "hosts/store/sql_statements.h"
#include "hosts/store/sql_store.h"
#include "hss/provisioning.h"

namespace imslab::host {

struct SqlStore::Database {
    explicit Database(const DatabaseUrl& url);

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

    // sql_sh_store.cpp
    hss::StoreAnswer on(const hss::LoadShUser& question);
    hss::StoreAnswer on(const hss::LoadRepository& question);
    hss::StoreAnswer on(const hss::UpdateRepository& change);
    hss::StoreAnswer on(const hss::SwitchService& change);
    hss::StoreAnswer on(const hss::LoadNotifications& question);
    hss::StoreAnswer on(const hss::Subscribe& change);
    hss::StoreAnswer on(const hss::Unsubscribe& change);
    hss::StoreAnswer on(const hss::ExpireNotifications& change);

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
    // sql_sh_store.cpp
    void prepare_sh();
    void put_switches(Number set_id,
                      const std::string& profiles,
                      const std::vector<hss::DsaiTag>& tags,
                      const std::set<std::string>& switched_off);
    void insert_sh(const hss::Subscription& subscription, Number id);
    void insert_sh(const hss::ImplicitRegistrationSet& given,
                   const hss::SetRow& row,
                   const hss::SetStatus& status,
                   Number set_id);
    void load_sh(hss::Subscription& subscription, Number id);
    std::pair<std::vector<hss::DsaiTag>, std::set<std::string>> switches_of(Number set_id);
    std::optional<std::string> number_conflict(const hss::Subscription& subscription);
    std::set<std::string> owners_of(Number id);
    void forget(const std::set<std::string>& owners);

    struct PreparedSh;
    struct ShDeleter {
        void operator()(PreparedSh* prepared) const;
    };
    std::unique_ptr<PreparedSh, ShDeleter> prepared_sh_;
    struct Prepared;
    struct Deleter {
        void operator()(Prepared* prepared) const;
    };
    std::unique_ptr<Prepared, Deleter> prepared_;  // goes before the connection
};

}  // namespace imslab::host
