// The XML documents of an XDM server through SOCI: SQLite, or PostgreSQL where it is outgrown
// (database_url.h). One table, one row a document, one transaction a change.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "as/xdm/document_store.h"
#include "core/result.h"

namespace imslab::host {

template <class Connection>
class RenewedConnection;

class DocumentDatabase {
public:
    using Request = xdm::StoreRequest;
    using Answer = xdm::StoreAnswer;
    static Answer failed(std::string why) { return {std::move(why)}; }

    // Opens or creates the database and its table. One sentence if that fails.
    static Result<std::unique_ptr<DocumentDatabase>, std::string> open(const std::string& database);
    ~DocumentDatabase();

    Result<std::vector<xdm::StoredDocument>, std::string> load();
    // An answer comes after the commit, so that a killed process loses nothing. A lost connection
    // is made anew.
    xdm::StoreAnswer perform(const xdm::StoreRequest& request);

private:
    struct Connection;
    explicit DocumentDatabase(std::unique_ptr<RenewedConnection<Connection>> connection);
    std::unique_ptr<RenewedConnection<Connection>> connection_;
};

}  // namespace imslab::host
