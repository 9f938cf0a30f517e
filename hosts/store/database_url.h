// Which database holds the subscribers: one line, the same in a topology, a node's configuration
// and on the command line.
//
//   sqlite://out/lab/subscribers.sqlite    or the path alone; SQLite is the default
//   postgresql://imslab@db.example:5432/imslab?sslmode=verify-full
//
// A PostgreSQL password stands in the environment (PGPASSWORD) or in the file that PGPASSFILE
// names, never here: this line is shown in logs and by `ps`.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace imslab::host {

enum class DatabaseKind : std::uint8_t { sqlite, postgresql };

struct DatabaseUrl {
    DatabaseKind kind = DatabaseKind::sqlite;
    std::string connect;  // what SOCI's backend is given
    std::string shown;    // what a person is shown

    // One sentence if it is none.
    static Result<DatabaseUrl, std::string> parse(std::string_view line);
};

}  // namespace imslab::host
