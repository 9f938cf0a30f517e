// Documents as rows.
#include "hosts/store/document_database.h"

#include <soci/soci.h>

#include "hosts/store/renewed_connection.h"
#include "hosts/store/sql_dialect.h"

namespace imslab::host {

using soci::into;
using soci::use;

struct DocumentDatabase::Connection {
    explicit Connection(const DatabaseUrl& url) {
        SqlDialect(url.kind).open(sql, url);
        sql << "CREATE TABLE IF NOT EXISTS xdm_document (auid TEXT NOT NULL, xui TEXT NOT NULL, "
               "name TEXT NOT NULL, etag TEXT NOT NULL, content_type TEXT NOT NULL, "
               "body TEXT NOT NULL, PRIMARY KEY (auid, xui, name))";
        put = std::make_unique<soci::statement>(
            (sql.prepare << "INSERT INTO xdm_document (auid, xui, name, etag, content_type, body) "
                            "VALUES (:auid, :xui, :name, :etag, :type, :body) "
                            "ON CONFLICT (auid, xui, name) DO UPDATE SET etag = excluded.etag, "
                            "content_type = excluded.content_type, body = excluded.body",
             use(row.path.auid, "auid"),
             use(row.path.xui, "xui"),
             use(row.path.name, "name"),
             use(row.document.etag, "etag"),
             use(row.document.content_type, "type"),
             use(row.document.body, "body")));
        remove = std::make_unique<soci::statement>(
            (sql.prepare
                 << "DELETE FROM xdm_document WHERE auid = :auid AND xui = :xui AND name = :name",
             use(row.path.auid, "auid"),
             use(row.path.xui, "xui"),
             use(row.path.name, "name")));
    }

    void perform(const xdm::StoreRequest& request) {
        if (const auto* change = std::get_if<xdm::PutDocument>(&request)) {
            row = {change->path, change->document};
            put->execute(true);
        } else {
            row = {std::get<xdm::RemoveDocument>(request).path, {}};
            remove->execute(true);
        }
    }

    std::vector<xdm::StoredDocument> load() {
        std::vector<xdm::StoredDocument> all;
        xdm::StoredDocument one;
        soci::statement rows =
            (sql.prepare << "SELECT auid, xui, name, etag, content_type, body FROM xdm_document",
             into(one.path.auid),
             into(one.path.xui),
             into(one.path.name),
             into(one.document.etag),
             into(one.document.content_type),
             into(one.document.body));
        rows.execute();
        while (rows.fetch()) all.push_back(one);
        return all;
    }

    soci::session sql;
    xdm::StoredDocument row;
    std::unique_ptr<soci::statement> put, remove;  // before the session goes
};

DocumentDatabase::DocumentDatabase(std::unique_ptr<RenewedConnection<Connection>> connection)
    : connection_(std::move(connection)) {}
DocumentDatabase::~DocumentDatabase() = default;

Result<std::unique_ptr<DocumentDatabase>, std::string> DocumentDatabase::open(
    const std::string& database) {
    auto opened = RenewedConnection<Connection>::open(database);
    if (!opened) return failure(opened.error());
    return std::unique_ptr<DocumentDatabase>(new DocumentDatabase(*std::move(opened)));
}

Result<std::vector<xdm::StoredDocument>, std::string> DocumentDatabase::load() {
    std::vector<xdm::StoredDocument> all;
    auto loaded = connection_->perform([&](Connection& one) { all = one.load(); });
    if (!loaded) return failure(loaded.error());
    return all;
}

xdm::StoreAnswer DocumentDatabase::perform(const xdm::StoreRequest& request) {
    const auto done = connection_->perform([&](Connection& one) { one.perform(request); });
    return {done ? std::string{} : done.error()};
}

}  // namespace imslab::host
