// What only a database can show: answers outlive a killed process and a lost connection, a wrong
// change changes nothing.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include "hosts/store/sql_columns.h"
#include "hosts/store/sql_dialect.h"
#include "hosts/store/sql_store.h"
#include "hosts/store/store_threads.h"
#include "tests/support/postgres_server.h"
#include "tests/unit/hss/home.h"

using namespace imslab;
using namespace imslab::test;

namespace {

struct Folder {
    Folder()
        : path(std::filesystem::temp_directory_path() /
               ("imslab-hss-" + std::to_string(getpid()))) {
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string database() const { return (path / "subscribers.sqlite").string(); }
    std::filesystem::path path;
};

// A file of its own, or a place of its own in PostgreSQL.
std::string database_in(const Folder& folder, const std::string& kind) {
    return kind == "sqlite" ? folder.database() : PostgresServer::shared().fresh();
}

std::vector<std::string> sql_kinds() {
    auto kinds = store_kinds();
    kinds.erase(kinds.begin());  // memory
    return kinds;
}

void provide_subscribers(const std::string& database) {
    auto store = host::SqlStore::open(database);
    if (!store) FAIL(store.error());
    hss::StoreRequest provision(hss::Provision{home_subscribers()});
    REQUIRE(std::holds_alternative<hss::Done>((*store)->perform(provision)));
}

hss::User user_of(hss::Store& store) {
    hss::LoadUser load;
    load.private_identity = kAlicePrivate;
    load.public_identity = kAlice;
    load.with_credentials = true;
    hss::StoreRequest question(std::move(load));
    return std::get<hss::User>(store.perform(question));
}

hss::StoreRequest one_vector(const hss::User& user) {
    hss::Authenticate taking;
    taking.private_id = user.private_id;
    taking.set_id = user.set_id;
    taking.subscription_id = user.subscription_id;
    taking.vectors = 1;
    taking.assign_server = true;
    taking.server_name = kServer;
    taking.server_peer = kServerPeer;
    return taking;
}

aka::Sqn take_one(hss::Store& store, const hss::User& user) {
    return std::get<hss::Authenticated>(store.perform(one_vector(user))).last_sqn;
}

}  // namespace

TEST_CASE("SQN never repeats, also when the HSS is killed after it answered") {
    const Folder folder;
    const auto database = database_in(folder, GENERATE(from_range(sql_kinds())));
    provide_subscribers(database);
    aka::Sqn highest = 0;
    for (int round = 0; round < 5; ++round) {
        int answers[2];
        REQUIRE(pipe(answers) == 0);
        const pid_t child = fork();
        if (child == 0) {
            // Takes numbers and tells each one, until it is killed in the middle of it.
            auto store = host::SqlStore::open(database);
            const auto user = user_of(**store);
            for (;;) {
                const aka::Sqn sqn = take_one(**store, user);
                if (write(answers[1], &sqn, sizeof sqn) != sizeof sqn) _exit(1);
            }
        }
        close(answers[1]);
        aka::Sqn sqn = 0;
        for (int i = 0; i < 40 + round * 7; ++i) {
            REQUIRE(read(answers[0], &sqn, sizeof sqn) == sizeof sqn);
            CHECK(sqn > highest);
            highest = sqn;
        }
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        while (read(answers[0], &sqn, sizeof sqn) == sizeof sqn) highest = sqn;
        close(answers[0]);
    }
    auto store = host::SqlStore::open(database);
    REQUIRE(store);
    const auto user = user_of(**store);
    CHECK(user.credentials->aka->sqn >= highest);
    CHECK(take_one(**store, user) > highest);
    CHECK(user.server_name == kServer);
}

TEST_CASE("Registration state outlives a restart") {
    const Folder folder;
    const auto kind = GENERATE(from_range(sql_kinds()));
    const auto database = (kind == "sqlite" ? "sqlite://" : "") + database_in(folder, kind);
    for (int run = 0; run < 2; ++run) {
        auto store = host::SqlStore::open(database);
        REQUIRE(store);
        if (run == 0) {
            hss::StoreRequest provision(hss::Provision{home_subscribers()});
            (*store)->perform(provision);
            const auto user = user_of(**store);
            hss::StoreRequest change(hss::Register{
                user.private_id, user.set_id, user.subscription_id, kServer, kServerPeer, {}});
            REQUIRE(std::holds_alternative<hss::Registered>((*store)->perform(change)));
        }
        CHECK(user_of(**store).state == hss::RegistrationState::registered);
    }
}

TEST_CASE("A database closed in order is one file, and may be copied") {
    const Folder folder;
    {
        auto store = host::SqlStore::open(folder.database());
        REQUIRE(store);
        hss::StoreRequest provision(hss::Provision{home_subscribers()});
        (*store)->perform(provision);
        user_of(**store);
    }
    CHECK_FALSE(std::filesystem::exists(folder.database() + "-wal"));
    const auto copy = folder.database() + ".copy";
    std::filesystem::copy_file(folder.database(), copy);
    auto store = host::SqlStore::open(copy);
    REQUIRE(store);
    CHECK(user_of(**store).public_known);
}

TEST_CASE("Two processes share a database: what one imports, the other serves") {
    const Folder folder;
    const auto database = database_in(folder, GENERATE(from_range(sql_kinds())));
    auto hss_side = host::SqlStore::open(database);
    auto command = host::SqlStore::open(database);
    REQUIRE(hss_side);
    REQUIRE(command);
    CHECK_FALSE(user_of(**hss_side).public_known);
    hss::StoreRequest provision(hss::Provision{home_subscribers()});
    REQUIRE(std::holds_alternative<hss::Done>((*command)->perform(provision)));
    CHECK(user_of(**hss_side).public_known);
}

TEST_CASE("A database that cannot be opened says so in one sentence") {
    const auto nowhere = host::SqlStore::open("/nowhere/at/all.sqlite");
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().find("/nowhere/at/all.sqlite") != std::string::npos);
    const auto away = host::SqlStore::open("postgresql://imslab@/imslab?host=/nowhere/at/all");
    REQUIRE_FALSE(away);
    CHECK(away.error().find("cannot be reached") != std::string::npos);
    CHECK(away.error().find('\n') == std::string::npos);
}

TEST_CASE("A database's line: what it may be, and no password in it") {
    const auto refusal = [](const char* line) {
        const auto url = host::DatabaseUrl::parse(line);
        return url ? std::string() : url.error();
    };
    CHECK(host::DatabaseUrl::parse("out/subscribers.sqlite")->kind == host::DatabaseKind::sqlite);
    CHECK(host::DatabaseUrl::parse("sqlite://out/a.sqlite")->shown == "out/a.sqlite");
    const auto server = host::DatabaseUrl::parse("postgresql://imslab@db:5432/imslab");
    REQUIRE(server);
    CHECK(server->kind == host::DatabaseKind::postgresql);
    CHECK(server->connect.starts_with("postgresql://imslab@db:5432/imslab?application_name="));
    const auto own = host::DatabaseUrl::parse("postgresql://db/imslab?connect_timeout=9");
    CHECK(own->connect.find("connect_timeout=2") == std::string::npos);
    CHECK(refusal("postgresql://imslab:secret@db/imslab").find("PGPASSWORD") != std::string::npos);
    CHECK(refusal("postgresql://imslab:secret@db/imslab").find("secret") == std::string::npos);
    CHECK(refusal("postgresql://db/imslab?password=x").find("PGPASSFILE") != std::string::npos);
    CHECK(refusal("mysql://db/imslab").find("expected sqlite://") != std::string::npos);
    CHECK(refusal("sqlite://").find("no path") != std::string::npos);
}

TEST_CASE("An identity that is no text is nobody's, in every database") {
    CHECK(host::is_text("sip:zoë@example"));
    for (const std::string_view octets : {std::string_view("a\0b", 3),
                                          std::string_view("\xff"),
                                          std::string_view("\xc0\xaf"),
                                          std::string_view("\xed\xa0\x80"),
                                          std::string_view("\xf4\x90\x80\x80"),
                                          std::string_view("\xe2\x82")})
        CHECK_FALSE(host::is_text(octets));
    const Folder folder;
    const auto database = database_in(folder, GENERATE(from_range(sql_kinds())));
    provide_subscribers(database);
    auto store = host::SqlStore::open(database);
    hss::LoadUser load;
    load.private_identity = kAlicePrivate + "\xff";
    load.public_identity = "sip:\xff@" + kHome;
    const auto user = std::get<hss::User>((*store)->perform(load));
    CHECK_FALSE(user.private_known);
    CHECK_FALSE(user.public_known);
}

TEST_CASE("A database that a newer imslab made is not touched") {
    const Folder folder;
    const auto database = database_in(folder, GENERATE(from_range(sql_kinds())));
    provide_subscribers(database);
    {
        const auto url = host::DatabaseUrl::parse(database);
        soci::session sql;
        host::SqlDialect(url->kind).open(sql, *url);
        sql << "UPDATE schema_version SET version = 99";
    }
    const auto newer = host::SqlStore::open(database);
    REQUIRE_FALSE(newer);
    CHECK(newer.error().find("version 99") != std::string::npos);
}

TEST_CASE("SQN never repeats, also when PostgreSQL's processes are killed; the store comes back") {
    if (PostgresServer::programs().empty()) SKIP("PostgreSQL is not installed: setup/install test");
    PostgresServer server;
    const auto database = server.url();
    provide_subscribers(database);
    auto store = host::SqlStore::open(database);
    const auto user = user_of(**store);
    aka::Sqn highest = take_one(**store, user);
    // In order, by a crash of the session (the server recovers), of the whole server.
    for (const int how : {SIGTERM, SIGKILL, 0}) {
        if (how != 0) {
            server.kill_sessions(how);
        } else {
            server.stop(SIGQUIT);
            const auto refused = (*store)->perform(one_vector(user));
            REQUIRE(std::holds_alternative<hss::StoreError>(refused));
            CHECK(std::get<hss::StoreError>(refused).reason.find("cannot be reached") !=
                  std::string::npos);
            server.start();
        }
        for (int taken = 0, tries = 0; taken < 20; ++tries) {
            REQUIRE(tries < 20'000);
            const auto answer = (*store)->perform(one_vector(user));
            const auto* one = std::get_if<hss::Authenticated>(&answer);
            if (one == nullptr) continue;  // it recovers
            CHECK(one->last_sqn > highest);
            highest = one->last_sqn;
            ++taken;
        }
    }
    CHECK(user_of(**store).credentials->aka->sqn == highest);
}

TEST_CASE("Several connections share the work; one subscriber's sequence numbers stay distinct") {
    const auto kinds = sql_kinds();
    if (kinds.size() < 2) SKIP("PostgreSQL is not installed: setup/install test");
    const auto database = PostgresServer::shared().fresh();
    provide_subscribers(database);
    auto store = host::SqlStore::open(database);
    const auto user = user_of(**store);
    auto opened = host::StoreThreads<host::SqlStore>::open(database, 4, std::chrono::seconds(5));
    if (!opened) FAIL(opened.error());
    constexpr std::size_t kAsked = 400;
    std::mutex mutex;
    std::condition_variable changed;
    std::set<aka::Sqn> numbers;
    std::size_t told = 0;
    for (std::size_t i = 0; i < kAsked; ++i) {
        (*opened)->ask(one_vector(user), [&](hss::StoreAnswer answer) {
            const std::lock_guard lock(mutex);
            if (const auto* one = std::get_if<hss::Authenticated>(&answer))
                numbers.insert(one->last_sqn);
            ++told;
            changed.notify_one();
        });
    }
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return told == kAsked; }));
    CHECK(numbers.size() == kAsked);
}

TEST_CASE("Subscribers are provisioned while they authenticate: no sequence number comes twice") {
    const Folder folder;
    const auto database = database_in(folder, GENERATE(from_range(sql_kinds())));
    provide_subscribers(database);
    std::thread provisions([&] {
        for (int i = 0; i < 10; ++i) {
            auto store = host::SqlStore::open(database);
            (*store)->perform(hss::Provision{home_subscribers()});
        }
    });
    auto store = host::SqlStore::open(database);
    aka::Sqn highest = 0;
    for (int i = 0; i < 100; ++i) {
        auto wanted = std::get<hss::Authenticate>(one_vector(user_of(**store)));
        wanted.assign_server = i % 2 == 0;
        const auto answer = (*store)->perform(wanted);
        const auto* one = std::get_if<hss::Authenticated>(&answer);
        if (one == nullptr) continue;  // replaced between the two
        CHECK(one->last_sqn > highest);
        highest = one->last_sqn;
    }
    provisions.join();
    CHECK(highest > 0);
}
