// UAR: each way through TS 29.228 §6.1.1.1.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "tests/unit/hss/home.h"

using namespace imslab;
using namespace imslab::test;

namespace {

cx::UserAuthorizationAnswer authorize(Home& home, cx::UserAuthorizationRequest uar) {
    return as<cx::UserAuthorizationAnswer>(home.ask(std::move(uar)));
}

cx::UserAuthorizationRequest of_alice(
    cx::UserAuthorizationType type = cx::UserAuthorizationType::registration) {
    cx::UserAuthorizationRequest uar;
    uar.private_identity = kAlicePrivate;
    uar.public_identity = kAlice;
    uar.visited_network = kHome;
    uar.type = type;
    return uar;
}

}  // namespace

TEST_CASE("UAR: a first registration gets the capabilities and no S-CSCF") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto uaa = home.authorize("001010000000002@" + kHome, "sip:bob@" + kHome);
    CHECK(uaa.result == cx::result::first_registration);
    CHECK(uaa.server_name.empty());
    REQUIRE(uaa.capabilities);
    CHECK(uaa.capabilities->mandatory == std::vector<std::uint32_t>{1});
    CHECK(uaa.capabilities->optional == std::vector<std::uint32_t>{7});
    CHECK(uaa.capabilities->server_names == std::vector<std::string>{"sip:scscf.preferred"});
}

TEST_CASE("UAR: after the challenge, and while registered, the S-CSCF is named") {
    Home home(GENERATE(from_range(store_kinds())));
    REQUIRE(home.challenge(kAlicePrivate, kAlice).result == cx::result::success);
    auto uaa = home.authorize(kAlicePrivate, kAlice);
    CHECK(uaa.result == cx::result::subsequent_registration);
    CHECK(uaa.server_name == kServer);
    CHECK_FALSE(uaa.capabilities);
    REQUIRE(home.assign(kAlicePrivate, kAlice).result == cx::result::success);
    uaa = home.authorize(kAlicePrivate, kAlice);
    CHECK(uaa.result == cx::result::subsequent_registration);
    CHECK(uaa.server_name == kServer);
}

TEST_CASE("UAR: unknown identities, and identities of two users") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(home.authorize("mallory@" + kHome, kAlice).result == cx::result::user_unknown);
    CHECK(home.authorize(kAlicePrivate, "sip:mallory@" + kHome).result == cx::result::user_unknown);
    CHECK(home.authorize(kAlicePrivate, "sip:bob@" + kHome).result ==
          cx::result::identities_dont_match);
    CHECK(home.authorize("carol-1@" + kHome, "sip:carol.work@" + kHome).result ==
          cx::result::identities_dont_match);
}

TEST_CASE("UAR: a barred identity registers another one of its set, or nothing") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(home.authorize(kAlicePrivate, "sip:" + kAlicePrivate).result ==
          cx::result::first_registration);
    const std::string barry = "001010000000007@" + kHome;
    CHECK(home.authorize(barry, "sip:barry@" + kHome).result == cx::result::authorization_rejected);
    cx::UserAuthorizationRequest emergency;
    emergency.private_identity = barry;
    emergency.public_identity = "sip:barry@" + kHome;
    emergency.visited_network = kHome;
    emergency.emergency = true;
    CHECK(authorize(home, emergency).result == cx::result::first_registration);
}

TEST_CASE("UAR: roaming is allowed at home and in the networks of the list") {
    Home home(GENERATE(from_range(store_kinds())));
    cx::UserAuthorizationRequest uar;
    uar.private_identity = "001010000000008@" + kHome;
    uar.public_identity = "sip:homer@" + kHome;
    uar.visited_network = kHome;
    CHECK(authorize(home, uar).result == cx::result::first_registration);
    uar.visited_network = "\"IMS.mnc002.mcc001.3gppnetwork.org\"";
    CHECK(authorize(home, uar).result == cx::result::first_registration);
    uar.visited_network = "ims.mnc003.mcc001.3gppnetwork.org";
    CHECK(authorize(home, uar).result == cx::result::roaming_not_allowed);
    uar.type = cx::UserAuthorizationType::registration_and_capabilities;
    CHECK(authorize(home, uar).result == cx::result::roaming_not_allowed);
    // Alice may go anywhere.
    auto alice = of_alice();
    alice.visited_network = "ims.mnc003.mcc001.3gppnetwork.org";
    CHECK(authorize(home, alice).result == cx::result::first_registration);
}

TEST_CASE("UAR: whoever may not register is refused") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(home.authorize("001010000000009@" + kHome, "sip:norma@" + kHome).result ==
          cx::result::authorization_rejected);
}

TEST_CASE("UAR: a deregistration goes to the S-CSCF that has the user") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto leaving = of_alice(cx::UserAuthorizationType::de_registration);
    CHECK(authorize(home, leaving).result == cx::result::identity_not_registered);
    home.register_user();
    const auto uaa = authorize(home, leaving);
    CHECK(uaa.result == cx::result::success);
    CHECK(uaa.server_name == kServer);
}

TEST_CASE("UAR: with capabilities, another S-CSCF may take over") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user();
    CHECK(home.assign(kAlicePrivate,
                      kAlice,
                      cx::ServerAssignmentType::registration,
                      kOtherServer,
                      kOtherPeer)
              .result == cx::result::identity_already_registered);
    const auto uaa =
        authorize(home, of_alice(cx::UserAuthorizationType::registration_and_capabilities));
    CHECK(uaa.result == cx::result::success);
    CHECK(uaa.server_name.empty());
    CHECK(uaa.capabilities);
    CHECK(home.user(kAlicePrivate, kAlice).reassignment_pending);
}

TEST_CASE("UAR: an identity is compared as RFC 3261 compares URIs") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(home.authorize(kAlicePrivate, "SIP:alice@IMS.mnc001.mcc001.3gppnetwork.org;transport=tcp")
              .result == cx::result::first_registration);
    CHECK(home.authorize(kAlicePrivate, "tel:+00-1555-0001").result ==
          cx::result::first_registration);
    CHECK(home.authorize(kAlicePrivate, "sip:ALICE@" + kHome).result == cx::result::user_unknown);
}

TEST_CASE("UAR: no store, no answer but UNABLE_TO_COMPLY") {
    Home home(GENERATE(from_range(store_kinds())));
    home.store_fails = true;
    CHECK(home.authorize(kAlicePrivate, kAlice).result == cx::result::unable_to_comply);
    CHECK_FALSE(home.logged.empty());
}
