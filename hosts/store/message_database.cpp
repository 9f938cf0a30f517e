// Messages as rows. A body is whatever octets somebody sent, so it is kept as hexadecimal digits.
#include "hosts/store/message_database.h"

#include <soci/soci.h>

#include "hosts/store/database_url.h"
#include "hosts/store/sql_dialect.h"

namespace imslab::host {

using soci::into;
using soci::use;

namespace {

struct Row {
    long long id = 0, box = 0, stored_at = 0, expires_at = 0;
    std::string owner, peer, from, type, disposition, body, message_id, state;
};

constexpr std::string_view kDigits = "0123456789abcdef";

std::string hex_from(std::string_view octets) {
    std::string text;
    text.reserve(2 * octets.size());
    for (const char c : octets) {
        text += kDigits[static_cast<unsigned char>(c) >> 4U];
        text += kDigits[static_cast<unsigned char>(c) & 15U];
    }
    return text;
}

std::string octets_from(std::string_view hex) {
    std::string octets;
    octets.reserve(hex.size() / 2);
    for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
        octets +=
            static_cast<char>(kDigits.find(hex[at]) << 4U | (kDigits.find(hex[at + 1]) & 15U));
    return octets;
}

Row row_of(const messaging::StoredMessage& message) {
    Row row;
    row.id = static_cast<long long>(message.id);
    row.box = static_cast<long long>(message.box);
    row.stored_at = message.stored_at;
    row.expires_at = message.expires_at;
    row.owner = message.owner;
    row.peer = message.peer;
    row.from = message.from;
    row.type = message.content_type;
    row.disposition = message.disposition;
    row.body = hex_from(message.body);
    row.message_id = message.message_id;
    row.state = message.state;
    return row;
}

std::string sentence(const std::string& line, const std::exception& error) {
    std::string why = error.what();
    why = why.substr(0, why.find('\n'));
    return "the database " + line + " does not work: " + why;
}

}  // namespace

struct MessageDatabase::Connection {
    explicit Connection(const DatabaseUrl& url) {
        SqlDialect(url.kind).open(sql, url);
        sql << "CREATE TABLE IF NOT EXISTS message (id BIGINT NOT NULL PRIMARY KEY, "
               "box BIGINT NOT NULL, owner TEXT NOT NULL, peer TEXT NOT NULL, "
               "sender TEXT NOT NULL, content_type TEXT NOT NULL, disposition TEXT NOT NULL, "
               "body TEXT NOT NULL, message_id TEXT NOT NULL, state TEXT NOT NULL, "
               "stored_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)";
    }

    void on(const messaging::PutMessage& change) {
        const Row row = row_of(change.message);
        sql << "INSERT INTO message (id, box, owner, peer, sender, content_type, disposition, "
               "body, message_id, state, stored_at, expires_at) VALUES (:id, :box, :owner, :peer, "
               ":sender, :type, :disposition, :body, :message, :state, :stored, :expires)",
            use(row.id), use(row.box), use(row.owner), use(row.peer), use(row.from), use(row.type),
            use(row.disposition), use(row.body), use(row.message_id), use(row.state),
            use(row.stored_at), use(row.expires_at);
    }
    void on(const messaging::RemoveMessages& change) {
        soci::transaction all(sql);
        for (const auto id : change.ids) {
            const auto number = static_cast<long long>(id);
            sql << "DELETE FROM message WHERE id = :id", use(number);
        }
        all.commit();
    }
    void on(const messaging::ChangeState& change) {
        const auto number = static_cast<long long>(change.id);
        sql << "UPDATE message SET state = :state WHERE id = :id", use(change.state), use(number);
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
};

MessageDatabase::MessageDatabase(std::string line, std::unique_ptr<Connection> connection)
    : line_(std::move(line)), connection_(std::move(connection)) {}
MessageDatabase::~MessageDatabase() = default;

Result<std::unique_ptr<MessageDatabase>, std::string> MessageDatabase::open(
    const std::string& database) {
    const auto url = DatabaseUrl::parse(database);
    if (!url) return failure(url.error());
    try {
        auto connection = std::make_unique<Connection>(*url);
        return std::unique_ptr<MessageDatabase>(
            new MessageDatabase(database, std::move(connection)));
    } catch (const std::exception& error) {
        return failure(sentence(url->shown, error));
    }
}

Result<std::vector<messaging::StoredMessage>, std::string> MessageDatabase::load() {
    try {
        std::vector<messaging::StoredMessage> all;
        Row row;
        soci::statement rows =
            (connection_->sql.prepare
                 << "SELECT id, box, owner, peer, sender, content_type, disposition, body, "
                    "message_id, state, stored_at, expires_at FROM message ORDER BY id",
             into(row.id),
             into(row.box),
             into(row.owner),
             into(row.peer),
             into(row.from),
             into(row.type),
             into(row.disposition),
             into(row.body),
             into(row.message_id),
             into(row.state),
             into(row.stored_at),
             into(row.expires_at));
        rows.execute();
        while (rows.fetch()) {
            messaging::StoredMessage message;
            message.id = static_cast<std::uint64_t>(row.id);
            message.box = row.box == 0 ? messaging::StoredMessage::Box::deferred
                                       : messaging::StoredMessage::Box::history;
            message.owner = row.owner;
            message.peer = row.peer;
            message.from = row.from;
            message.content_type = row.type;
            message.disposition = row.disposition;
            message.body = octets_from(row.body);
            message.message_id = row.message_id;
            message.state = row.state;
            message.stored_at = row.stored_at;
            message.expires_at = row.expires_at;
            all.push_back(std::move(message));
        }
        return all;
    } catch (const std::exception& error) {
        return failure(sentence(line_, error));
    }
}

messaging::StoreAnswer MessageDatabase::perform(const messaging::StoreRequest& request) {
    for (int attempt = 0;; ++attempt) {
        try {
            if (!connection_)
                connection_ = std::make_unique<Connection>(*DatabaseUrl::parse(line_));
            std::visit([this](const auto& change) { connection_->on(change); }, request);
            return {};
        } catch (const std::exception& error) {
            const bool lost = connection_ == nullptr || !connection_->is_alive();
            if (lost) connection_.reset();
            if (!lost || attempt == 1) return {sentence(line_, error)};
        }
    }
}

}  // namespace imslab::host
