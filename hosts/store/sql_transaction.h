// One change: all of it or nothing.
#pragma once

#include "hosts/store/sql_database.h"

namespace imslab::host {

class SqlStore::Database::Transaction {
public:
    // Of one subscription, or 0: of any.
    Transaction(Database& database, Number subscription_id) : sql_(database.sql) {
        database.dialect_.begin(sql_, subscription_id);
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction() {
        if (done_) return;
        try {
            sql_ << "ROLLBACK";
        } catch (const std::exception&) {
            // The connection is gone, and with it the transaction.
        }
    }
    void commit() {
        sql_ << "COMMIT";
        done_ = true;
    }

private:
    soci::session& sql_;
    bool done_ = false;
};

}  // namespace imslab::host
