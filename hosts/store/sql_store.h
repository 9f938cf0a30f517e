// The HSS's database through SOCI: SQLite by default ("out/…/subscribers.sqlite", or
// "sqlite3://…").
#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "hss/store.h"

namespace imslab::host {

class SqlStore : public hss::Store {
public:
    // Opens or creates the database and its tables. One sentence if that fails.
    static Result<std::unique_ptr<SqlStore>, std::string> open(const std::string& database);
    ~SqlStore() override;

    // Synchronous: an answer to a change comes after its commit (write-ahead log, so a killed
    // process loses nothing).
    hss::StoreAnswer perform(const hss::StoreRequest& request) override;

private:
    struct Database;
    explicit SqlStore(std::unique_ptr<Database> database);
    std::unique_ptr<Database> database_;
};

}  // namespace imslab::host
