// Messages as rows. A body is whatever octets somebody sent, so it is kept as hexadecimal digits.
#include "hosts/store/message_database.h"

#include <soci/soci.h>

#include <span>
#include <stdexcept>

#include "hosts/store/renewed_connection.h"
#include "hosts/store/sql_columns.h"
#include "hosts/store/sql_dialect.h"

namespace imslab::host {

using soci::into;
using soci::use;

namespace {

struct Row {
    long long id = 0, stored_at = 0, expires_at = 0;
    std::string owner, peer, from, type, disposition, body;
    bool operator==(const Row&) const = default;
};

std::span<const std::uint8_t> octets_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

Row row_of(const messaging::StoredMessage& message) {
    Row row;
    row.id = static_cast<long long>(message.id);
    row.stored_at = message.stored_at;
    row.expires_at = message.expires_at;
    row.owner = message.owner;
    row.peer = message.peer;
    row.from = message.from;
    row.type = message.content_type;
    row.disposition = message.disposition;
    row.body = hexadecimal(octets_of(message.body));
    return row;
}

}  // namespace

struct MessageDatabase::Connection {
    explicit Connection(const DatabaseUrl& url) {
        SqlDialect(url.kind).open(sql, url);
        sql << "CREATE TABLE IF NOT EXISTS deferred_message (id BIGINT NOT NULL PRIMARY KEY, "
               "owner TEXT NOT NULL, peer TEXT NOT NULL, sender TEXT NOT NULL, "
               "content_type TEXT NOT NULL, disposition TEXT NOT NULL, body TEXT NOT NULL, "
               "stored_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)";
    }

    void on(const messaging::PutMessage& change) {
        const Row row = row_of(change.message);
        soci::statement insert =
            (sql.prepare << "INSERT INTO deferred_message (id, owner, peer, sender, content_type, "
                            "disposition, body, stored_at, expires_at) VALUES (:id, :owner, :peer, "
                            ":sender, :type, :disposition, :body, :stored, :expires) "
                            "ON CONFLICT (id) DO NOTHING",
             use(row.id),
             use(row.owner),
             use(row.peer),
             use(row.from),
             use(row.type),
             use(row.disposition),
             use(row.body),
             use(row.stored_at),
             use(row.expires_at));
        insert.execute(true);
        if (insert.get_affected_rows() == 1) return;
        // the connection broke before the answer came, and it is asked again
        if (stored(row.id) != row)
            throw std::runtime_error("another message is stored under that number");
    }
    Row stored(long long id) {
        Row row;
        row.id = id;
        sql << "SELECT owner, peer, sender, content_type, disposition, body, stored_at, expires_at "
               "FROM deferred_message WHERE id = :id",
            into(row.owner), into(row.peer), into(row.from), into(row.type),
            into(row.disposition), into(row.body), into(row.stored_at), into(row.expires_at),
            use(row.id);
        return row;
    }
    void on(const messaging::RemoveMessages& change) {
        soci::transaction all(sql);
        for (const auto id : change.ids) {
            const auto number = static_cast<long long>(id);
            sql << "DELETE FROM deferred_message WHERE id = :id", use(number);
        }
        all.commit();
    }

    std::vector<messaging::StoredMessage> load() {
        std::vector<messaging::StoredMessage> all;
        Row row;
        soci::statement rows =
            (sql.prepare << "SELECT id, owner, peer, sender, content_type, disposition, body, "
                            "stored_at, expires_at FROM deferred_message ORDER BY id",
             into(row.id),
             into(row.owner),
             into(row.peer),
             into(row.from),
             into(row.type),
             into(row.disposition),
             into(row.body),
             into(row.stored_at),
             into(row.expires_at));
        rows.execute();
        while (rows.fetch()) {
            messaging::StoredMessage message;
            message.id = static_cast<std::uint64_t>(row.id);
            message.owner = row.owner;
            message.peer = row.peer;
            message.from = row.from;
            message.content_type = row.type;
            message.disposition = row.disposition;
            message.body.resize(row.body.size() / 2);
            octets_from(
                row.body,
                {reinterpret_cast<std::uint8_t*>(message.body.data()), message.body.size()});
            message.stored_at = row.stored_at;
            message.expires_at = row.expires_at;
            all.push_back(std::move(message));
        }
        return all;
    }

    soci::session sql;
};

MessageDatabase::MessageDatabase(std::unique_ptr<RenewedConnection<Connection>> connection)
    : connection_(std::move(connection)) {}
MessageDatabase::~MessageDatabase() = default;

Result<std::unique_ptr<MessageDatabase>, std::string> MessageDatabase::open(
    const std::string& database) {
    auto opened = RenewedConnection<Connection>::open(database);
    if (!opened) return failure(opened.error());
    return std::unique_ptr<MessageDatabase>(new MessageDatabase(*std::move(opened)));
}

Result<std::vector<messaging::StoredMessage>, std::string> MessageDatabase::load() {
    std::vector<messaging::StoredMessage> all;
    auto loaded = connection_->perform([&](Connection& one) { all = one.load(); });
    if (!loaded) return failure(loaded.error());
    return all;
}

messaging::StoreAnswer MessageDatabase::perform(const messaging::StoreRequest& request) {
    const auto done = connection_->perform(
        [&](Connection& one) { std::visit([&](const auto& change) { one.on(change); }, request); });
    return {done ? std::string{} : done.error()};
}

}  // namespace imslab::host
