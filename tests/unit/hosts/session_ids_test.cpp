// RFC 6733 §8.8: a Session-Id never comes twice, not even from a process that was killed.
#include "hosts/diameter/session_ids.h"

#include <catch2/catch_test_macros.hpp>
#include <set>

using namespace imslab::host;

namespace {

using namespace std::chrono_literals;
const std::chrono::system_clock::time_point kStart{1'700'000'000s + 250ms};

}  // namespace

TEST_CASE("a session is named by its client, the time of his start, and a number that grows") {
    SessionIds ids("as1.home.example", kStart);
    CHECK(ids.next() == "as1.home.example;1700000000;1073741825");
    CHECK(ids.next() == "as1.home.example;1700000000;1073741826");
}

TEST_CASE("after a kill and a start within the same second the sessions have other names") {
    std::set<std::string> seen;
    SessionIds before("as1", kStart), after("as1", kStart + 1ms);
    for (int i = 0; i < 1'000; ++i) {
        CHECK(seen.insert(before.next()).second);
        CHECK(seen.insert(after.next()).second);
    }
}

TEST_CASE("the low half of a session's number goes over into the high one") {
    SessionIds ids("as1", kStart + 750ms - 1ns);
    for (int i = 0; i < 4; ++i) ids.next();
    CHECK(ids.next() == "as1;1700000001;0");
}
