// What is stored is there after a restart, whatever octets it has.
#include <unistd.h>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "hosts/store/message_database.h"
#include "tests/support/postgres_server.h"

using namespace imslab;
using namespace imslab::messaging;

namespace {

void outlasts_the_process(const std::string& line) {
    StoredMessage message;
    message.owner = "sip:bob@home.example";
    message.peer = "sip:alice@home.example";
    message.from = "\"Alice\" <sip:alice@home.example>";
    message.content_type = "image/png";
    message.body = std::string("\0\xff'; DROP TABLE message; --", 27);
    message.stored_at = 1'700'000'000;
    message.expires_at = 1'700'000'060;
    {
        const auto database = host::MessageDatabase::open(line);
        REQUIRE(database);
        for (const std::uint64_t id : {2U, 1U, 3U}) {
            message.id = id;
            CHECK((*database)->perform(PutMessage{message}).error.empty());
        }
        // asked again, because the answer was lost; but another message has another number
        CHECK((*database)->perform(PutMessage{message}).error.empty());
        auto other = message;
        other.body = "another";
        CHECK((*database)->perform(PutMessage{other}).error.find("under that number") !=
              std::string::npos);
        CHECK((*database)->perform(RemoveMessages{{1, 9}}).error.empty());
    }
    const auto database = host::MessageDatabase::open(line);
    REQUIRE(database);
    const auto all = (*database)->load();
    REQUIRE(all);
    REQUIRE(all->size() == 2);
    CHECK(all->front().id == 2);
    CHECK(all->front().body == message.body);
    CHECK(all->front().from == message.from);
    CHECK(all->front().expires_at == message.expires_at);
    CHECK(all->back().id == 3);
}

}  // namespace

TEST_CASE("messages outlast the process, in SQLite") {
    const auto path = std::filesystem::temp_directory_path() /
                      ("imslab-messages-" + std::to_string(::getpid()) + ".sqlite");
    std::filesystem::remove(path);
    outlasts_the_process(path.string());
    std::filesystem::remove(path);
    CHECK_FALSE(host::MessageDatabase::open("/nowhere/at/all/x.sqlite"));
}

TEST_CASE("messages outlast the process, in PostgreSQL") {
    if (test::PostgresServer::programs().empty()) SKIP("PostgreSQL is not installed");
    outlasts_the_process(test::PostgresServer::shared().fresh());
}
