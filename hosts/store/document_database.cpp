// Documents as rows.
#include "hosts/store/document_database.h"

#include <soci/soci.h>

#include "hosts/store/database_url.h"
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

    bool is_alive() {
        try {
            int one = 0;
            sql << "SELECT 1", into(one);
            return one == 1;
        } catch (const std::exception&) {
            return false;
        }
    }

    soci::session sql;
    xdm::StoredDocument row;
    std::unique_ptr<soci::statement> put, remove;  // before the session goes
};

namespace {

std::string sentence(const std::string& line, const std::exception& error) {
    std::string why = error.what();
    why = why.substr(0, why.find('\n'));
    return "the database " + line + " does not work: " + why;
}

}  // namespace

DocumentDatabase::DocumentDatabase(std::string line, std::unique_ptr<Connection> connection)
    : line_(std::move(line)), connection_(std::move(connection)) {}
DocumentDatabase::~DocumentDatabase() = default;

Result<std::unique_ptr<DocumentDatabase>, std::string> DocumentDatabase::open(
    const std::string& database) {
    const auto url = DatabaseUrl::parse(database);
    if (!url) return failure(url.error());
    try {
        auto connection = std::make_unique<Connection>(*url);
        return std::unique_ptr<DocumentDatabase>(
            new DocumentDatabase(database, std::move(connection)));
    } catch (const std::exception& error) {
        return failure(sentence(url->shown, error));
    }
}

Result<std::vector<xdm::StoredDocument>, std::string> DocumentDatabase::load() {
    try {
        std::vector<xdm::StoredDocument> all;
        xdm::StoredDocument one;
        soci::statement rows =
            (connection_->sql.prepare
                 << "SELECT auid, xui, name, etag, content_type, body FROM xdm_document",
             into(one.path.auid),
             into(one.path.xui),
             into(one.path.name),
             into(one.document.etag),
             into(one.document.content_type),
             into(one.document.body));
        rows.execute();
        while (rows.fetch()) all.push_back(one);
        return all;
    } catch (const std::exception& error) {
        return failure(sentence(line_, error));
    }
}

xdm::StoreAnswer DocumentDatabase::perform(const xdm::StoreRequest& request) {
    for (int attempt = 0;; ++attempt) {
        try {
            if (!connection_)
                connection_ = std::make_unique<Connection>(*DatabaseUrl::parse(line_));
            connection_->perform(request);
            return {};
        } catch (const std::exception& error) {
            const bool lost = connection_ == nullptr || !connection_->is_alive();
            if (lost) connection_.reset();
            if (!lost || attempt == 1) return {sentence(line_, error)};
        }
    }
}

}  // namespace imslab::host
