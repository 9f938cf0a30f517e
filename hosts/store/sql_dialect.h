// Where SQLite and PostgreSQL differ: how a connection begins, what two types are called, and how a
// transaction keeps others away from what it changes.
#pragma once

#include <soci/soci.h>

#include <string>
#include <string_view>

#include "hosts/store/database_url.h"
#include "hosts/store/sql_statements.h"

namespace imslab::host {

class SqlDialect {
public:
    explicit SqlDialect(DatabaseKind kind) : kind_(kind) {}

    void open(soci::session& sql, const DatabaseUrl& url) const;
    // Brings the tables to what kMigrations say. Throws a sentence if the database is ahead of us.
    void migrate(soci::session& sql) const;
    // Nobody else changes this subscription until the transaction ends; 0: any of them.
    void begin(soci::session& sql, Number subscription_id) const;

private:
    std::string statement(std::string_view written) const;

    DatabaseKind kind_;
};

}  // namespace imslab::host
