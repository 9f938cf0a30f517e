// RTR and PPR: what the HSS sends after an operator's change (TS 29.228 §6.1.3, §6.2.2).
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/hss/home.h"

using namespace imslab;
using namespace imslab::test;

namespace {

Answered accept(AskId id, const cx::Request& request) {
    if (std::holds_alternative<cx::PushProfileRequest>(request)) {
        return Answered{id, cx::Answer(cx::PushProfileAnswer{cx::result::success})};
    }
    return Answered{id, cx::Answer(cx::RegistrationTerminationAnswer{cx::result::success, {}})};
}

Answered silence(AskId id, const cx::Request&) {
    return Answered{id, AskFailed{AskFailed::Why::timed_out, "no answer in 10 s"}};
}

hss::Subscription alice_of(Home& home) {
    hss::StoreRequest question(hss::LoadSubscriptions{kAlice});
    return std::get<hss::Subscriptions>(home.perform(question)).subscriptions.at(0);
}

}  // namespace

TEST_CASE("RTR: an operator takes a registration back") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user();
    home.s_cscf = GENERATE(&accept, &silence);
    hss::AdministrativeDeregistration leaving;
    leaving.private_identity = kAlicePrivate;
    leaving.reason_info = "bill not paid";
    const auto answer = home.administer(leaving);
    CHECK(answer.done);
    REQUIRE(home.sent.size() == 1);
    const auto& rtr = std::get<cx::RegistrationTerminationRequest>(home.sent.front());
    CHECK(rtr.destination_host == kServerPeer);
    CHECK(rtr.private_identity == kAlicePrivate);
    CHECK(rtr.public_identities.empty());
    CHECK(rtr.reason == cx::DeregistrationReason::permanent_termination);
    CHECK(rtr.reason_info == "bill not paid");
    CHECK(home.user(kAlicePrivate, kAlice).state == hss::RegistrationState::not_registered);
    CHECK(home.user(kAlicePrivate, kAlice).server_name.empty());
}

TEST_CASE(
    "RTR: one identity of two, one that is not theirs, one nobody knows, one that is not there") {
    Home home(GENERATE(from_range(store_kinds())));
    home.s_cscf = accept;
    const std::string carol = "carol-2@" + kHome;
    home.register_user(carol, "sip:carol@" + kHome);
    home.register_user(carol, "sip:carol.work@" + kHome);
    hss::AdministrativeDeregistration leaving;
    leaving.private_identity = carol;
    leaving.public_identities = {"sip:carol.work@" + kHome};
    CHECK(home.administer(leaving).done);
    CHECK(home.user(carol, "sip:carol.work@" + kHome).state ==
          hss::RegistrationState::not_registered);
    CHECK(home.user(carol, "sip:carol@" + kHome).state == hss::RegistrationState::registered);
    leaving.public_identities = {kAlice};
    CHECK_FALSE(home.administer(leaving).done);
    leaving.private_identity = "mallory@" + kHome;
    CHECK_FALSE(home.administer(leaving).done);
    home.sent.clear();
    hss::AdministrativeDeregistration idle;
    idle.private_identity = kAlicePrivate;
    CHECK(home.administer(idle).done);
    CHECK(home.sent.empty());
}

TEST_CASE("PPR: a changed profile goes to the S-CSCF; registration and sequence number stay") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user();
    home.s_cscf = accept;
    auto alice = alice_of(home);
    const auto sqn = alice.private_identities.front().aka->sqn;
    CHECK(sqn > 0);
    alice.private_identities.front().aka->sqn = 0;
    alice.sets.front().service_profiles.front().public_identities[1].display_name = "Alice B";
    alice.charging.reset();
    const auto answer = home.administer(hss::ProfileChange{kAlicePrivate, alice});
    CHECK(answer.done);
    REQUIRE(home.sent.size() == 1);
    const auto& ppr = std::get<cx::PushProfileRequest>(home.sent.front());
    CHECK(ppr.destination_host == kServerPeer);
    CHECK(ppr.private_identity == kAlicePrivate);
    CHECK_FALSE(ppr.charging);
    const auto data = cx::read_user_data(ppr.user_data);
    REQUIRE(data);
    CHECK(data->service_profiles.front().public_identities[1].display_name == "Alice B");
    const auto user = home.user(kAlicePrivate, kAlice);
    CHECK(user.state == hss::RegistrationState::registered);
    CHECK(user.registered_here);
    CHECK(user.server_name == kServer);
    CHECK(user.credentials->aka->sqn == sqn);
}

TEST_CASE("PPR: refused by the S-CSCF, and nothing to push") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user();
    home.s_cscf = [](AskId id, const cx::Request&) {
        return Answered{id, cx::Answer(cx::PushProfileAnswer{cx::result::not_supported_user_data})};
    };
    const auto refused = home.administer(hss::ProfileChange{kAlicePrivate, {}});
    CHECK_FALSE(refused.done);
    CHECK(refused.text.find("DIAMETER_ERROR_NOT_SUPPORTED_USER_DATA") != std::string::npos);
    const auto idle = home.administer(hss::ProfileChange{"001010000000002@" + kHome, {}});
    CHECK(idle.done);
    CHECK(home.sent.size() == 1);
}

TEST_CASE("Administration: import is all or nothing") {
    Home home(GENERATE(from_range(store_kinds())));
    auto fresh = alice_of(home);
    fresh.name = "zoe";
    fresh.private_identities.front().identity = "zoe@" + kHome;
    fresh.sets.front().service_profiles.front().public_identities.resize(1);
    fresh.sets.front().service_profiles.front().public_identities.front() = {};
    fresh.sets.front().service_profiles.front().public_identities.front().identity =
        "sip:zoe@" + kHome;
    auto thief = fresh;
    thief.name = "thief";
    thief.private_identities.front().identity = "thief@" + kHome;
    thief.sets.front().service_profiles.front().public_identities.front().identity = kAlice;
    const auto refused = home.administer(hss::SubscriberImport{{fresh, thief}});
    CHECK_FALSE(refused.done);
    CHECK(refused.text.find(kAlice) != std::string::npos);
    CHECK_FALSE(home.user("zoe@" + kHome, "sip:zoe@" + kHome).public_known);
    CHECK(home.administer(hss::SubscriberImport{{fresh}}).done);
    CHECK(home.authorize("zoe@" + kHome, "sip:zoe@" + kHome).result ==
          cx::result::first_registration);
}

TEST_CASE("Administration: a removed subscription is deregistered first") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user();
    home.s_cscf = accept;
    const auto answer = home.administer(hss::SubscriberRemoval{kAlice});
    CHECK(answer.done);
    REQUIRE(home.sent.size() == 1);
    CHECK(std::holds_alternative<cx::RegistrationTerminationRequest>(home.sent.front()));
    CHECK(home.authorize(kAlicePrivate, kAlice).result == cx::result::user_unknown);
    CHECK_FALSE(home.administer(hss::SubscriberRemoval{kAlice}).done);
}

TEST_CASE("The HSS is not asked RTR and PPR, and its state counts answers") {
    Home home("memory");
    CHECK(as<cx::PushProfileAnswer>(home.ask(cx::PushProfileRequest{})).result ==
          cx::result::unable_to_comply);
    home.register_user();
    const auto state = home.node().state();
    CHECK(state["answers"]["MAA"]["DIAMETER_SUCCESS (2001)"] == 1);
    CHECK(state["procedures under way"] == 0);
}
