// What only a database on disk can show: answers outlive a killed process, a wrong change changes
// nothing.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "hosts/store/sql_store.h"
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

hss::User user_of(hss::Store& store) {
    hss::LoadUser load;
    load.private_identity = kAlicePrivate;
    load.public_identity = kAlice;
    load.with_credentials = true;
    hss::StoreRequest question(std::move(load));
    return std::get<hss::User>(store.perform(question));
}

aka::Sqn take_one(hss::Store& store, const hss::User& user) {
    hss::Authenticate taking;
    taking.private_id = user.private_id;
    taking.set_id = user.set_id;
    taking.subscription_id = user.subscription_id;
    taking.vectors = 1;
    taking.assign_server = true;
    taking.server_name = kServer;
    taking.server_peer = kServerPeer;
    hss::StoreRequest change(std::move(taking));
    return std::get<hss::Authenticated>(store.perform(change)).last_sqn;
}

}  // namespace

TEST_CASE("SQN never repeats, also when the HSS is killed after it answered") {
    const Folder folder;
    {
        auto store = host::SqlStore::open(folder.database());
        REQUIRE(store);
        hss::StoreRequest provision(hss::Provision{home_subscribers()});
        REQUIRE(std::holds_alternative<hss::Done>((*store)->perform(provision)));
    }
    aka::Sqn highest = 0;
    for (int round = 0; round < 5; ++round) {
        int answers[2];
        REQUIRE(pipe(answers) == 0);
        const pid_t child = fork();
        if (child == 0) {
            // Takes numbers and tells each one, until it is killed in the middle of it.
            auto store = host::SqlStore::open(folder.database());
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
    auto store = host::SqlStore::open(folder.database());
    REQUIRE(store);
    const auto user = user_of(**store);
    CHECK(user.credentials->aka->sqn >= highest);
    CHECK(take_one(**store, user) > highest);
    CHECK(user.server_name == kServer);
}

TEST_CASE("Registration state outlives a restart") {
    const Folder folder;
    for (int run = 0; run < 2; ++run) {
        auto store = host::SqlStore::open("sqlite3://" + folder.database());
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
    auto hss_side = host::SqlStore::open(folder.database());
    auto command = host::SqlStore::open(folder.database());
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
    CHECK_FALSE(host::SqlStore::open("postgresql://host/imslab"));
}
