// The database's line, read; for PostgreSQL with the deadlines by which a lost server is noticed.
#include "hosts/store/database_url.h"

#include <array>
#include <utility>

namespace imslab::host {
namespace {

using Url = Result<DatabaseUrl, std::string>;

// A server that is cut off is noticed before the HSS's peers have given up their request (5 s); a
// row that somebody else keeps locked, too. What the line says itself holds.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kParameters{{
    {"application_name", "imslab"},
    {"connect_timeout", "2"},
    {"tcp_user_timeout", "1000"},
    {"keepalives_idle", "1"},
    {"keepalives_interval", "1"},
    {"keepalives_count", "2"},
    {"options", "-c%20client_min_messages%3Dwarning%20-c%20lock_timeout%3D4s"},
}};

bool has_parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto one = query.substr(0, end);
        if (one.substr(0, one.find('=')) == name) return true;
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    }
    return false;
}

Url sqlite(std::string_view path) {
    if (path.empty())
        return failure(std::string("the database has no path; expected sqlite://PATH"));
    if (path.find('"') != std::string_view::npos)
        return failure("the database " + std::string(path) + " has a quotation mark in its path");
    return DatabaseUrl{
        DatabaseKind::sqlite, "dbname=\"" + std::string(path) + "\" timeout=5", std::string(path)};
}

Url postgresql(std::string_view line, std::string_view rest) {
    const auto question = rest.find('?');
    const auto query =
        question == std::string_view::npos ? std::string_view{} : rest.substr(question + 1);
    const auto authority = rest.substr(0, std::min(rest.find('/'), question));
    const auto user = authority.find('@') == std::string_view::npos
                          ? std::string_view{}
                          : authority.substr(0, authority.rfind('@'));
    if (user.find(':') != std::string_view::npos || has_parameter(query, "password"))
        return failure(
            std::string("the database's line holds a password; expected it in the environment "
                        "(PGPASSWORD) or in the file that PGPASSFILE names"));
    DatabaseUrl url{DatabaseKind::postgresql, std::string(line), std::string(line)};
    char separator = question == std::string_view::npos ? '?' : '&';
    for (const auto& [name, value] : kParameters) {
        if (has_parameter(query, name)) continue;
        url.connect.append(1, separator).append(name).append("=").append(value);
        separator = '&';
    }
    return url;
}

}  // namespace

Url DatabaseUrl::parse(std::string_view line) {
    for (const std::string_view scheme : {"sqlite://", "sqlite3://"}) {
        if (line.starts_with(scheme)) return sqlite(line.substr(scheme.size()));
    }
    for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
        if (line.starts_with(scheme)) return postgresql(line, line.substr(scheme.size()));
    }
    if (const auto at = line.find("://"); at != std::string_view::npos)
        return failure("the database " + std::string(line.substr(0, at)) +
                       "://… is of no kind that is known; expected sqlite://PATH or "
                       "postgresql://USER@HOST/NAME");
    return sqlite(line);
}

}  // namespace imslab::host
