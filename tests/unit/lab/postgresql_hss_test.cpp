// The HSS on PostgreSQL, with real processes: the same registrations as on SQLite, while the
// database's server goes away and comes back, and `imslab subscriber` beside it.
#include <signal.h>

#include "tests/support/postgres_server.h"
#include "tests/unit/lab/core_with_phones.h"

using namespace imslab::lab;
using namespace imslab::lab::test;
using imslab::test::PostgresServer;

namespace {

struct Server {
    PostgresServer server;
};
struct CoreOnPostgres : Server, CoreWithPhones {
    CoreOnPostgres() : CoreWithPhones(server.url()) {}
};

}  // namespace

TEST_CASE("an HSS on PostgreSQL: registrations, its server away and back, nothing restarted") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    if (PostgresServer::programs().empty()) SKIP("PostgreSQL is not installed: setup/install test");
    CoreOnPostgres core;
    CHECK(core.register_phone("alice") == 200);

    core.server.stop(SIGQUIT);
    // TS 29.228 §6.1.1.1, TS 24.229 §5.3.1.3: the HSS cannot comply (5012)
    CHECK(core.register_phone("bob") == 500);
    core.server.start();
    CHECK(core.register_phone("bob") == 200);
    CHECK(core.register_phone("alice") == 200);

    core.server.kill_sessions(SIGTERM);
    CHECK(core.register_phone("carol") == 200);
}

TEST_CASE("`imslab subscriber` on PostgreSQL, by the running HSS and by the database's line") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    if (PostgresServer::programs().empty()) SKIP("PostgreSQL is not installed: setup/install test");
    CoreOnPostgres core;
    const auto subscriber = [&](const std::string& what) {
        return run_imslab("subscriber " + what);
    };
    const auto database = " --database '" + core.server.url() + "'";
    CHECK(subscriber("list" + database).has("sip:alice@"));
    CHECK(subscriber("list --out " + core.place.out).has("sip:alice@"));
    CHECK(core.register_phone("dave") == 200);
    CHECK(subscriber("remove 001010000000004 --out " + core.place.out).status == 0);
    CHECK_FALSE(subscriber("list" + database).has("sip:dave@"));
    CHECK(core.register_phone("dave") == 403);
    CHECK(subscriber("import " + core.topology.subscribers_file + database).status == 0);
    CHECK(core.register_phone("dave") == 200);

    const auto secret = subscriber("list --database postgresql://imslab:hush@db/imslab");
    CHECK(secret.status == 2);
    CHECK(secret.has("PGPASSWORD"));
    CHECK_FALSE(secret.has("hush"));
}
