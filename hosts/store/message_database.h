// The messages of a messaging server through SOCI: SQLite, or PostgreSQL where it is outgrown
// (database_url.h). One table, one row a message, one transaction a change.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "as/messaging/message_store.h"
#include "core/result.h"

namespace imslab::host {

class MessageDatabase {
public:
    // Opens or creates the database and its table. One sentence if that fails.
    static Result<std::unique_ptr<MessageDatabase>, std::string> open(const std::string& database);
    ~MessageDatabase();

    // In the order in which they came.
    Result<std::vector<messaging::StoredMessage>, std::string> load();
    // An answer comes after the commit, so that a killed process loses nothing. A lost connection
    // is made anew.
    messaging::StoreAnswer perform(const messaging::StoreRequest& request);

private:
    struct Connection;
    MessageDatabase(std::string line, std::unique_ptr<Connection> connection);
    const std::string line_;
    std::unique_ptr<Connection> connection_;  // none: it was lost
};

}  // namespace imslab::host
