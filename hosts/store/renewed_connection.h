// A connection to a database that is made anew when it was lost.
#pragma once

#include <soci/soci.h>

#include <memory>
#include <string>
#include <utility>

#include "core/result.h"
#include "hosts/store/database_url.h"
#include "hosts/store/sql_columns.h"

namespace imslab::host {

// After a failure: does the connection still stand?
bool is_alive(soci::session& sql);

// A Connection is made of a DatabaseUrl and has its session as `sql`.
template <class Connection>
class RenewedConnection {
public:
    // Opens or creates the database. One sentence if that fails.
    static Result<std::unique_ptr<RenewedConnection>, std::string> open(const std::string& line) {
        auto url = DatabaseUrl::parse(line);
        if (!url) return failure(url.error());
        std::unique_ptr<RenewedConnection> made(new RenewedConnection(*std::move(url)));
        if (auto opened = made->perform([](Connection&) {}); !opened)
            return failure(opened.error());
        return made;
    }

    // Once more on a new connection if this one was lost: `action` leaves the same behind when it
    // is done twice. One sentence if it fails.
    template <class Action>
    Result<void, std::string> perform(Action action) {
        for (;;) {
            const bool stood = connection_ != nullptr;
            try {
                if (!stood) connection_ = std::make_unique<Connection>(url_);
                action(*connection_);
                return {};
            } catch (const std::exception& error) {
                const bool lost = connection_ == nullptr || !is_alive(connection_->sql);
                if (lost) connection_.reset();
                if (!lost || !stood)
                    return failure("the database " + url_.shown +
                                   " does not work: " + in_one_line(error.what()));
            }
        }
    }

private:
    explicit RenewedConnection(DatabaseUrl url) : url_(std::move(url)) {}
    const DatabaseUrl url_;
    std::unique_ptr<Connection> connection_;  // none: it was lost
};

}  // namespace imslab::host
