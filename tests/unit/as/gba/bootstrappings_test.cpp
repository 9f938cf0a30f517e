// What a bootstrapping server keeps, and until when (TS 33.220 §4.5.2).
#include "as/gba/bootstrappings.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab;
using gba::Bootstrapping;
using gba::Bootstrappings;

namespace {

Time at(int seconds) { return Time{} + std::chrono::seconds(seconds); }

Bootstrapping until(int seconds) {
    Bootstrapping one;
    one.private_identity = "alice@home.example";
    one.until = at(seconds);
    return one;
}

}  // namespace

TEST_CASE("what is taken, or kept anew, is not waited for any more") {
    Bootstrappings all(2);
    REQUIRE(all.add("a", until(10)));
    CHECK(all.next_deadline() == at(10));
    REQUIRE(all.add("a", until(30)));
    CHECK(all.next_deadline() == at(30));
    REQUIRE(all.add("b", until(20)));
    CHECK_FALSE(all.add("c", until(5)));
    CHECK(all.next_deadline() == at(20));
    CHECK(all.take("b", at(1)));
    CHECK_FALSE(all.take("b", at(1)));
    CHECK(all.next_deadline() == at(30));
    CHECK_FALSE(all.take("a", at(30)));  // too late, and gone
    CHECK_FALSE(all.next_deadline());
    CHECK(all.size() == 0);
}

TEST_CASE("nothing is kept beyond its time") {
    Bootstrappings all(2);
    REQUIRE(all.add("a", until(10)));
    REQUIRE(all.add("b", until(20)));
    CHECK(all.find("a", at(9)) != nullptr);
    CHECK(all.find("a", at(10)) == nullptr);
    all.forget_expired(at(10));
    CHECK(all.size() == 1);
    CHECK(all.next_deadline() == at(20));
}
