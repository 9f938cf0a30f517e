// SAR: each Server-Assignment-Type of TS 29.228 §6.1.2.1, and what it leaves behind.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "tests/unit/hss/home.h"

using namespace imslab;
using namespace imslab::test;
using Type = cx::ServerAssignmentType;

namespace {

const std::string kBob = "sip:bob@" + kHome, kBobPrivate = "001010000000002@" + kHome;
const std::string kCarol = "sip:carol@" + kHome, kCarol1 = "carol-1@" + kHome,
                  kCarol2 = "carol-2@" + kHome;

cx::ServerAssignmentRequest of_alice(Type type) {
    cx::ServerAssignmentRequest sar;
    sar.private_identity = kAlicePrivate;
    sar.public_identities = {kAlice};
    sar.server_name = kServer;
    sar.type = type;
    return sar;
}

cx::ServerAssignmentAnswer send(Home& home,
                                cx::ServerAssignmentRequest sar,
                                const std::string& peer = kServerPeer) {
    return as<cx::ServerAssignmentAnswer>(home.ask(std::move(sar), peer));
}

cx::RestorationInfo restoration_of_alice() {
    cx::SubscriptionInfo subscription{
        "call", "<sip:a>;tag=1", "<sip:a>;tag=2", "<sip:pcscf>", "<sip:ue>"};
    cx::RestorationContact contact{"<sip:alice@127.1.100.1>", "<sip:term@pcscf>", subscription};
    cx::RestorationContact other{"<sip:alice@127.1.100.9>", "<sip:term@pcscf>", {}};
    return {kAlicePrivate, {contact, other}};
}

}  // namespace

TEST_CASE(
    "SAR REGISTRATION: the whole set is registered, profile and charging addresses come back") {
    Home home(GENERATE(from_range(store_kinds())));
    REQUIRE(home.challenge(kAlicePrivate, kAlice).result == cx::result::success);
    const auto saa = home.assign(kAlicePrivate, kAlice);
    CHECK(saa.result == cx::result::success);
    CHECK(saa.private_identity == kAlicePrivate);
    REQUIRE(saa.charging);
    CHECK(saa.charging->primary_collection == "aaa://cdf.home");
    CHECK(saa.associated_private_identities.empty());
    CHECK(saa.restoration.empty());
    const auto data = cx::read_user_data(saa.user_data);
    REQUIRE(data);
    CHECK(data->private_identity == kAlicePrivate);
    REQUIRE(data->service_profiles.size() == 1);
    const auto& identities = data->service_profiles[0].public_identities;
    REQUIRE(identities.size() == 3);
    CHECK(identities[0].identity == "sip:" + kAlicePrivate);
    CHECK(identities[0].barred);
    CHECK(identities[1].identity == kAlice);
    CHECK(identities[1].display_name == "Alice & Co");
    CHECK_FALSE(identities[1].barred);
    CHECK(identities[2].identity == "tel:+0015550001");
    CHECK(data->service_profiles[0].filter_criteria.size() == 1);
    CHECK(data->service_profiles[0].subscribed_media_profile == 1);

    for (const auto& identity : {kAlice, "sip:" + kAlicePrivate, std::string("tel:+0015550001")}) {
        const auto user = home.user(kAlicePrivate, identity);
        CHECK(user.state == hss::RegistrationState::registered);
        CHECK(user.registered_here);
        CHECK_FALSE(user.authentication_pending);
    }
}

TEST_CASE("SAR RE_REGISTRATION: user data that is there already does not come again") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user();
    auto sar = of_alice(Type::re_registration);
    CHECK_FALSE(send(home, sar).user_data.empty());
    sar.user_data_already_available = true;
    const auto saa = send(home, sar);
    CHECK(saa.result == cx::result::success);
    CHECK(saa.user_data.empty());
    CHECK_FALSE(saa.charging);
}

TEST_CASE("SAR: unknown identities, identities of two users, too many, none") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(home.assign(kAlicePrivate, "sip:mallory@" + kHome).result == cx::result::user_unknown);
    CHECK(home.assign("mallory@" + kHome, kAlice).result == cx::result::user_unknown);
    CHECK(home.assign(kAlicePrivate, kBob).result == cx::result::identities_dont_match);
    CHECK(home.assign("", kAlice).result == cx::result::missing_avp);
    CHECK(home.assign(kAlicePrivate, "").result == cx::result::missing_avp);
    auto two = of_alice(Type::registration);
    two.public_identities.push_back("tel:+0015550001");
    CHECK(send(home, two).result == cx::result::avp_occurs_too_many_times);
    CHECK(home.user(kAlicePrivate, kAlice).state == hss::RegistrationState::not_registered);
}

TEST_CASE("SAR: types that are not for Cx, or not for a service") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(send(home, of_alice(Type::aaa_user_data_request)).result ==
          cx::result::in_assignment_type);
    CHECK(send(home, of_alice(Type::pgw_update)).result == cx::result::in_assignment_type);
    CHECK(home.assign("", "sip:weather@" + kHome, Type::authentication_failure).result ==
          cx::result::in_assignment_type);
    CHECK(home.assign("", "sip:weather@" + kHome, Type::unregistered_user).result ==
          cx::result::success);
}

TEST_CASE("SAR UNREGISTERED_USER: the S-CSCF keeps somebody who is away") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto saa = home.assign("", kBob, Type::unregistered_user);
    CHECK(saa.result == cx::result::success);
    CHECK(saa.private_identity == kBobPrivate);
    CHECK(cx::read_user_data(saa.user_data));
    const auto user = home.user(kBobPrivate, kBob);
    CHECK(user.state == hss::RegistrationState::unregistered);
    CHECK(user.server_name == kServer);
    // Another S-CSCF may not take the user away.
    const auto other = home.assign("", kBob, Type::unregistered_user, kOtherServer, kOtherPeer);
    CHECK(other.result == cx::result::identity_already_registered);
    CHECK(other.server_name == kServer);
    CHECK(other.user_data.empty());
    // The UE comes back.
    CHECK(home.authorize(kBobPrivate, kBob).result == cx::result::subsequent_registration);
    home.register_user(kBobPrivate, kBob);
    CHECK(home.user(kBobPrivate, kBob).state == hss::RegistrationState::registered);
}

TEST_CASE("SAR UNREGISTERED_USER: a wildcarded service shows the identity in use") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto saa = home.assign("", "sip:conference-7@" + kHome, Type::unregistered_user);
    REQUIRE(saa.result == cx::result::success);
    const auto data = cx::read_user_data(saa.user_data);
    REQUIRE(data);
    const auto& identity = data->service_profiles.front().public_identities.front();
    CHECK(identity.identity == "sip:conference-7@" + kHome);
    CHECK(identity.wildcarded_psi == "sip:conference-!.*!@" + kHome);
    CHECK(identity.type == cx::IdentityType::wildcarded_psi);
    CHECK(home.locate("sip:conference-8@" + kHome).server_name == kServer);
}

TEST_CASE("SAR NO_ASSIGNMENT: only the S-CSCF of the user reads the profile") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(send(home, of_alice(Type::no_assignment)).result == cx::result::unable_to_comply);
    home.register_user();
    CHECK_FALSE(send(home, of_alice(Type::no_assignment)).user_data.empty());
    auto stranger = of_alice(Type::no_assignment);
    stranger.server_name = kOtherServer;
    CHECK(send(home, stranger).result == cx::result::unable_to_comply);
}

TEST_CASE("SAR deregistrations: nobody is left, and the S-CSCF is forgotten") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto type = GENERATE(Type::user_deregistration,
                               Type::timeout_deregistration,
                               Type::administrative_deregistration,
                               Type::deregistration_too_much_data);
    home.register_user();
    const auto saa = send(home, of_alice(type));
    CHECK(saa.result == cx::result::success);
    CHECK(saa.user_data.empty());
    const auto user = home.user(kAlicePrivate, kAlice);
    CHECK(user.state == hss::RegistrationState::not_registered);
    CHECK(user.server_name.empty());
    CHECK(home.locate(kAlice).result == cx::result::identity_not_registered);
    CHECK(home.authorize(kAlicePrivate, kAlice).result == cx::result::first_registration);
}

TEST_CASE("SAR …_STORE_SERVER_NAME: the HSS keeps the name, or says that it does not") {
    const auto type = GENERATE(Type::user_deregistration_store_server_name,
                               Type::timeout_deregistration_store_server_name);
    const std::string kind = GENERATE(from_range(store_kinds()));
    SECTION("keeps") {
        Home home(kind);
        home.register_user();
        CHECK(send(home, of_alice(type)).result == cx::result::success);
        CHECK(home.user(kAlicePrivate, kAlice).state == hss::RegistrationState::unregistered);
        CHECK(home.locate(kAlice).server_name == kServer);
        CHECK(send(home, of_alice(Type::timeout_deregistration)).result == cx::result::success);
        CHECK(home.user(kAlicePrivate, kAlice).server_name.empty());
    }
    SECTION("does not") {
        auto config = Home::default_config();
        config.keep_server_name = false;
        Home home(kind, config);
        home.register_user();
        CHECK(send(home, of_alice(type)).result == cx::result::server_name_not_stored);
        CHECK(home.user(kAlicePrivate, kAlice).state == hss::RegistrationState::not_registered);
        CHECK(home.user(kAlicePrivate, kAlice).server_name.empty());
    }
}

TEST_CASE("SAR deregistration: a private identity alone leaves with all its sets") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user(kCarol2, kCarol);
    home.register_user(kCarol2, "sip:carol.work@" + kHome);
    CHECK(home.assign(kCarol2, "", Type::user_deregistration).result == cx::result::success);
    CHECK(home.user(kCarol2, kCarol).state == hss::RegistrationState::not_registered);
    CHECK(home.user(kCarol2, "sip:carol.work@" + kHome).state ==
          hss::RegistrationState::not_registered);
    CHECK(home.assign("mallory@" + kHome, "", Type::user_deregistration).result ==
          cx::result::user_unknown);
}

TEST_CASE("SAR: two phones share an identity, and one leaves") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user(kCarol1, kCarol);
    REQUIRE(home.challenge(kCarol2, kCarol).result == cx::result::success);
    const auto saa = home.assign(kCarol2, kCarol);
    CHECK(saa.associated_private_identities == std::vector<std::string>{kCarol1, kCarol2});
    CHECK(home.assign(kCarol1, kCarol, Type::user_deregistration).result == cx::result::success);
    CHECK(home.user(kCarol2, kCarol).state == hss::RegistrationState::registered);
    CHECK_FALSE(home.user(kCarol1, kCarol).registered_here);
    CHECK(home.locate(kCarol).server_name == kServer);
    CHECK(home.assign(kCarol2, kCarol, Type::user_deregistration).result == cx::result::success);
    CHECK(home.locate(kCarol).result == cx::result::identity_not_registered);
}

TEST_CASE("SAR: an S-CSCF that was replaced takes nothing away") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user();
    auto late = of_alice(Type::timeout_deregistration);
    late.server_name = kOtherServer;
    CHECK(send(home, late, kOtherPeer).result == cx::result::unable_to_comply);
    CHECK(home.user(kAlicePrivate, kAlice).state == hss::RegistrationState::registered);
}

TEST_CASE(
    "SAR AUTHENTICATION_FAILURE and _TIMEOUT: a first registration leaves no trace, a later one "
    "keeps the first") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto type = GENERATE(Type::authentication_failure, Type::authentication_timeout);
    home.challenge(kAlicePrivate, kAlice);
    CHECK(send(home, of_alice(type)).result == cx::result::success);
    CHECK(home.user(kAlicePrivate, kAlice).server_name.empty());
    CHECK_FALSE(home.user(kAlicePrivate, kAlice).authentication_pending);
    CHECK(home.authorize(kAlicePrivate, kAlice).result == cx::result::first_registration);

    home.register_user();
    home.challenge(kAlicePrivate, kAlice);
    CHECK(send(home, of_alice(type)).result == cx::result::success);
    CHECK(home.user(kAlicePrivate, kAlice).state == hss::RegistrationState::registered);
    CHECK(home.user(kAlicePrivate, kAlice).server_name == kServer);
}

TEST_CASE(
    "SAR: what is stored for restoration comes back to an S-CSCF that lost everything (TS "
    "23.380)") {
    Home home(GENERATE(from_range(store_kinds())));
    home.challenge(kAlicePrivate, kAlice);
    auto sar = of_alice(Type::registration);
    sar.restoration = restoration_of_alice();
    const auto first = send(home, sar);
    CHECK(first.result == cx::result::success);
    CHECK(first.restoration.empty());

    auto saa = send(home, of_alice(Type::no_assignment));
    REQUIRE(saa.restoration.size() == 1);
    CHECK(saa.restoration.front() == restoration_of_alice());
    // A call for her at an S-CSCF that has never seen her, or has restarted.
    saa = send(home, of_alice(Type::unregistered_user));
    CHECK(saa.result == cx::result::success);
    CHECK(saa.restoration.size() == 1);
    CHECK(home.user(kAlicePrivate, kAlice).state == hss::RegistrationState::registered);
    // She leaves, and takes it with her.
    send(home, of_alice(Type::user_deregistration));
    home.register_user();
    CHECK(send(home, of_alice(Type::no_assignment)).restoration.empty());
}

TEST_CASE(
    "SAR: after the I-CSCF asked for capabilities another S-CSCF may take over, with what was "
    "stored") {
    Home home(GENERATE(from_range(store_kinds())));
    home.challenge(kAlicePrivate, kAlice);
    auto sar = of_alice(Type::registration);
    sar.restoration = restoration_of_alice();
    send(home, sar);
    REQUIRE(home.locate(kAlice, false, true).result == cx::result::success);
    const auto saa =
        home.assign(kAlicePrivate, kAlice, Type::unregistered_user, kOtherServer, kOtherPeer);
    CHECK(saa.result == cx::result::success);
    CHECK(saa.restoration.size() == 1);
    const auto user = home.user(kAlicePrivate, kAlice);
    CHECK(user.state == hss::RegistrationState::registered);
    CHECK(user.server_name == kOtherServer);
    CHECK(user.server_peer == kOtherPeer);
    CHECK_FALSE(user.reassignment_pending);
}

TEST_CASE("SAR: no store, no answer but UNABLE_TO_COMPLY") {
    Home home(GENERATE(from_range(store_kinds())));
    home.store_fails = true;
    CHECK(home.assign(kAlicePrivate, kAlice).result == cx::result::unable_to_comply);
    CHECK(home.assign(kAlicePrivate, "", Type::user_deregistration).result ==
          cx::result::unable_to_comply);
}
