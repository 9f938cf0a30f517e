// LIR: each way through TS 29.228 §6.1.4.1.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "tests/unit/hss/home.h"

using namespace imslab;
using namespace imslab::test;

TEST_CASE("LIR: a registered user is where the S-CSCF is") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user();
    const auto lia = home.locate("tel:+0015550001");
    CHECK(lia.result == cx::result::success);
    CHECK(lia.server_name == kServer);
    CHECK_FALSE(lia.capabilities);
}

TEST_CASE("LIR: unknown, and known but not registered") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(home.locate("sip:mallory@" + kHome).result == cx::result::user_unknown);
    CHECK(home.locate(kAlice).result == cx::result::identity_not_registered);
}

TEST_CASE("LIR: services for a user who is away") {
    Home home(GENERATE(from_range(store_kinds())));
    const std::string bob = "sip:bob@" + kHome;
    auto lia = home.locate(bob);
    CHECK(lia.result == cx::result::unregistered_service);
    REQUIRE(lia.capabilities);
    CHECK(lia.capabilities->mandatory == std::vector<std::uint32_t>{1});
    // Bob has none for what he would originate.
    CHECK(home.locate(bob, true).result == cx::result::identity_not_registered);
    REQUIRE(home.assign("", bob, cx::ServerAssignmentType::unregistered_user).result ==
            cx::result::success);
    lia = home.locate(bob);
    CHECK(lia.result == cx::result::success);
    CHECK(lia.server_name == kServer);
}

TEST_CASE("LIR: a conference matches the wildcarded service identity") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto lia = home.locate("sip:conference-42@" + kHome);
    CHECK(lia.result == cx::result::unregistered_service);
    CHECK(lia.wildcarded_psi == "sip:conference-!.*!@" + kHome);
    CHECK(home.locate("sip:conference-42@elsewhere.example").result == cx::result::user_unknown);
    CHECK(home.locate("sip:conference42@" + kHome).result == cx::result::user_unknown);
}

TEST_CASE("LIR: a service may live at its application server") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto lia = home.locate("sip:weather@" + kHome);
    CHECK(lia.result == cx::result::success);
    CHECK(lia.server_name == "sip:weather-as." + kHome);
    // What it originates has an S-CSCF.
    CHECK(home.locate("sip:weather@" + kHome, true).result == cx::result::unregistered_service);
}

TEST_CASE("LIR: capabilities on demand, and another S-CSCF may take over") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user();
    const auto lia = home.locate(kAlice, false, true);
    CHECK(lia.result == cx::result::success);
    CHECK(lia.capabilities);
    CHECK(lia.server_name.empty());
    CHECK(home.user(kAlicePrivate, kAlice).reassignment_pending);
}

TEST_CASE("LIR: another identity's S-CSCF serves a set that is not registered") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user("carol-2@" + kHome, "sip:carol@" + kHome);
    CHECK(home.locate("sip:carol.work@" + kHome).result == cx::result::identity_not_registered);
    CHECK(home.authorize("carol-2@" + kHome, "sip:carol.work@" + kHome).result ==
          cx::result::subsequent_registration);
}
