// The HSS's database through SOCI: SQLite, or PostgreSQL where it is outgrown (database_url.h). One
// connection: who wants several uses several of these (store_threads.h).
#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "hosts/store/database_url.h"
#include "hss/store.h"

namespace imslab::host {

class SqlStore : public hss::Store {
public:
    using Request = hss::StoreRequest;
    using Answer = hss::StoreAnswer;
    static Answer failed(std::string why) { return hss::StoreError{std::move(why)}; }

    // Opens or creates the database and its tables. One sentence if that fails.
    static Result<std::unique_ptr<SqlStore>, std::string> open(const std::string& database);
    ~SqlStore() override;

    // Synchronous: an answer to a change comes after its commit, so a killed process loses nothing.
    // A lost connection is made anew.
    hss::StoreAnswer perform(const hss::StoreRequest& request) override;

private:
    struct Database;
    SqlStore(DatabaseUrl url, std::unique_ptr<Database> database);
    DatabaseUrl url_;
    std::unique_ptr<Database> database_;  // none: the connection was lost
};

}  // namespace imslab::host
