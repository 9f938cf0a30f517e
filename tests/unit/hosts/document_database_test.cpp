// The documents of an XDM server in SQLite and PostgreSQL: what was stored is there when it is
// opened again.
#include "hosts/store/document_database.h"

#include <signal.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "tests/support/postgres_server.h"

using namespace imslab;
using namespace imslab::host;

namespace {

const xdm::DocumentPath kPath{"resource-lists", "sip:alice@home", "index"};

// Opened by one line, and again by the other.
void outlast_the_process(const std::string& line, const std::string& other_line) {
    const std::string body = "<a>\xC3\xA4 'quoted' \"too\"</a>";
    {
        auto database = DocumentDatabase::open(line);
        REQUIRE(database);
        CHECK((*database)->load()->empty());
        const auto put = [&](const xdm::DocumentPath& path, const char* tag) {
            return (*database)->perform(xdm::PutDocument{path, {tag, body, "application/x"}}).error;
        };
        CHECK(put(kPath, "1").empty());
        CHECK(put(kPath, "2").empty());
        CHECK(put({"resource-lists", "", "index"}, "3").empty());
        CHECK((*database)->perform(xdm::RemoveDocument{{"resource-lists", "", "index"}}).error ==
              "");
    }
    auto database = DocumentDatabase::open(other_line);
    REQUIRE(database);
    const auto stored = (*database)->load();
    REQUIRE(stored);
    REQUIRE(stored->size() == 1);
    CHECK(stored->front().path == kPath);
    CHECK(stored->front().document.etag == "2");
    CHECK(stored->front().document.body == body);
    CHECK(stored->front().document.content_type == "application/x");
}

}  // namespace

TEST_CASE("documents in SQLite: stored, replaced, removed, and there when it is opened again") {
    const auto file = std::filesystem::temp_directory_path() /
                      ("imslab-documents-" + std::to_string(::getpid()) + ".sqlite");
    std::filesystem::remove(file);
    outlast_the_process(file.string(), "sqlite://" + file.string());
    for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
}

TEST_CASE("documents in PostgreSQL: the same, and a lost connection is made anew") {
    if (test::PostgresServer::programs().empty()) SKIP("PostgreSQL is not installed");
    auto& server = test::PostgresServer::shared();
    const auto line = server.fresh();
    outlast_the_process(line, line);

    auto database = DocumentDatabase::open(line);
    REQUIRE(database);
    server.kill_sessions(SIGTERM);
    CHECK((*database)->perform(xdm::RemoveDocument{kPath}).error.empty());
    CHECK((*database)->load()->empty());
    server.stop(SIGQUIT);
    const auto away = (*database)->perform(xdm::RemoveDocument{kPath}).error;
    CHECK(away.starts_with("the database " + line + " does not work: "));
    CHECK(away.find('\n') == std::string::npos);
    server.start();
    CHECK((*database)->perform(xdm::RemoveDocument{kPath}).error.empty());
}

TEST_CASE("a database that cannot be opened is told in a sentence") {
    const auto opened = DocumentDatabase::open("/nowhere/at/all.sqlite");
    REQUIRE_FALSE(opened);
    CHECK(opened.error().find("/nowhere/at/all.sqlite") != std::string::npos);
}
