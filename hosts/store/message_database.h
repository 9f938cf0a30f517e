// The messages of a messaging server through SOCI: SQLite, or PostgreSQL where it is outgrown
// (database_url.h). One table, one row a message, one transaction a change.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "as/messaging/message_store.h"
#include "core/result.h"

namespace imslab::host {

template <class Connection>
class RenewedConnection;

class MessageDatabase {
public:
    using Request = messaging::StoreRequest;
    using Answer = messaging::StoreAnswer;
    static Answer failed(std::string why) { return {std::move(why)}; }

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
    explicit MessageDatabase(std::unique_ptr<RenewedConnection<Connection>> connection);
    std::unique_ptr<RenewedConnection<Connection>> connection_;
};

}  // namespace imslab::host
