// Sh-Subs-Notif and Sh-Notif as call flows: TS 29.328 §6.1.3, §6.1.4.
#include <catch2/generators/catch_generators_range.hpp>
#include <filesystem>

#include "hosts/store/sql_store.h"
#include "tests/unit/hss/sh_home.h"

using namespace imslab;
using namespace imslab::test;
using sh::DataReference;
namespace result = sh::result;

TEST_CASE("TS 29.328 §6.1.4: who watches repository data hears of the others' writing") {
    ShHome home(GENERATE(from_range(store_kinds())));
    auto snr = home.subscription(DataReference::repository_data);
    CHECK(home.subscribe(snr).result == result::subs_data_absent);
    REQUIRE(home.store("notes", 0, "<n>one</n>").result == result::success);
    snr.data_requested = true;
    const auto sna = home.subscribe(snr);
    CHECK(sna.result == result::success);
    CHECK(sh::read_sh_data(sna.user_data)->repository_data.front().service_data == "<n>one</n>");
    CHECK(home.subscribe(snr, kAs2).result == result::success);

    REQUIRE(home.store("notes", 1, "<n>two</n>", kAs2).result == result::success);
    REQUIRE(home.notified.size() == 1);
    CHECK(home.notified.front().destination_host == kAs1);
    CHECK(home.notified.front().user.public_identity == kZoe);
    CHECK(home.last_notification().repository_data ==
          std::vector<sh::RepositoryData>{{"notes", 1, "<n>two</n>"}});

    SECTION("of what is removed the number alone, and no more afterwards") {
        REQUIRE(home.store("notes", 2, std::nullopt, kAs2).result == result::success);
        CHECK(home.last_notification().repository_data ==
              std::vector<sh::RepositoryData>{{"notes", 2, std::nullopt}});
        REQUIRE(home.store("notes", 0, "<n/>", kAs2).result == result::success);
        CHECK(home.notified.size() == 2);
    }
    SECTION("who unsubscribes hears no more") {
        snr.type = sh::SubsReqType::unsubscribe;
        CHECK(home.subscribe(snr).result == result::success);
        REQUIRE(home.store("notes", 2, "<n/>", kAs2).result == result::success);
        CHECK(home.notified.size() == 1);
    }
    SECTION("who says that it has not subscribed is told no more") {
        home.notification_result = result::no_subscription_to_data;
        REQUIRE(home.store("notes", 2, "<n/>", kAs2).result == result::success);
        REQUIRE(home.store("notes", 3, "<n/>", kAs2).result == result::success);
        CHECK(home.notified.size() == 2);
    }
}

TEST_CASE("TS 29.328 §6.1.4: registration and deregistration are told") {
    ShHome home(GENERATE(from_range(store_kinds())));
    CHECK(home.subscribe(home.subscription(DataReference::ims_user_state)).result ==
          result::success);
    CHECK(home.subscribe(home.subscription(DataReference::s_cscf_name)).result == result::success);
    home.register_user(kZoePrivate, kZoe);
    // Authentication pending with its S-CSCF, then registered.
    REQUIRE(home.notified.size() == 3);
    CHECK(home.last_notification().user_state == sh::ImsUserState::registered);
    home.assign(kZoePrivate, kZoe, cx::ServerAssignmentType::re_registration);
    CHECK(home.notified.size() == 3);
    home.assign(kZoePrivate, kZoe, cx::ServerAssignmentType::user_deregistration);
    REQUIRE(home.notified.size() == 5);
    CHECK(sh::read_sh_data(home.notified[3].user_data)->user_state ==
          sh::ImsUserState::not_registered);
    CHECK(sh::read_sh_data(home.notified[4].user_data)->s_cscf_name == "");
    home.register_user(kAlicePrivate, kAlice);
    CHECK(home.notified.size() == 5);

    home.register_user(kZoePrivate, kZoe);
    home.notified.clear();
    hss::AdministrativeDeregistration leaving;
    leaving.private_identity = kZoePrivate;
    REQUIRE(home.administer(leaving).done);
    CHECK(home.notified.size() == 2);
}

TEST_CASE("TS 29.328 §6.1.4: an edited subscriber is told, whatever changed") {
    ShHome home(GENERATE(from_range(store_kinds())));
    CHECK(home.subscribe(home.subscription(DataReference::initial_filter_criteria)).result ==
          result::success);
    CHECK(home.subscribe(home.subscription(DataReference::ims_public_identity)).result ==
          result::success);
    CHECK(home.subscribe(home.subscription(DataReference::dsai)).result == result::success);
    hss::StoreRequest load(hss::LoadSubscriptions{kZoe});
    auto zoe = std::get<hss::Subscriptions>(home.perform(load)).subscriptions;
    REQUIRE(home.administer(hss::SubscriberImport{zoe}).done);
    CHECK(home.notified.empty());

    auto& profile = zoe.front().sets.front().service_profiles.front();
    std::erase_if(profile.filter_criteria, [](const auto& one) { return one.priority == 10; });
    REQUIRE(home.administer(hss::SubscriberImport{zoe}).done);
    REQUIRE(home.notified.size() == 1);
    CHECK(home.last_notification().filter_criteria->size() == 1);

    profile.public_identities.pop_back();
    REQUIRE(home.administer(hss::SubscriberImport{zoe}).done);
    REQUIRE(home.notified.size() == 2);
    CHECK(home.last_notification().public_identifiers->identities.size() == 2);

    sh::ShData off;
    off.dsai = {{"diversion", false}};
    CHECK(home.update(DataReference::dsai, off, kZoe, kAs2).result == result::success);
    REQUIRE(home.notified.size() == 3);
    CHECK(home.last_notification().dsai == std::vector<sh::Dsai>{{"diversion", false}});
    off.dsai.front().active = true;
    CHECK(home.update(DataReference::dsai, off, kZoe, kAs1).result == result::success);
    CHECK(home.notified.size() == 3);
}

TEST_CASE("TS 29.328 §6.1.3: a subscription ends at its time, or after one notification") {
    ShHome home(GENERATE(from_range(store_kinds())));
    auto snr = home.subscription(DataReference::ims_user_state);

    SECTION("its time") {
        snr.expiry_time = 100;
        CHECK(home.subscribe(snr).expiry_time == 100);
        REQUIRE(home.node().next_deadline() == Time(std::chrono::seconds(100)));
        home.now = Time(std::chrono::seconds(99));
        home.challenge(kZoePrivate, kZoe);
        CHECK(home.notified.size() == 1);
        home.now = Time(std::chrono::seconds(100));
        home.assign(kZoePrivate, kZoe);
        CHECK(home.notified.size() == 1);
        home.wake();
        CHECK(!home.node().next_deadline());
    }
    SECTION("as long as the HSS lets it") {
        auto config = Home::default_config();
        config.max_subscription_seconds = 60;
        ShHome strict("memory", config);
        snr.expiry_time = 100;
        CHECK(strict.subscribe(snr).expiry_time == 60);
        snr.expiry_time.reset();
        CHECK(strict.subscribe(snr).expiry_time == 60);
    }
    SECTION("once") {
        snr.one_time = true;
        CHECK(home.subscribe(snr).result == result::success);
        home.register_user(kZoePrivate, kZoe);
        CHECK(home.notified.size() == 1);
    }
}

TEST_CASE("TS 29.328 §6.1.3.1: what cannot be subscribed to") {
    ShHome home("memory");
    const auto asked = [&](DataReference reference, const std::string& user = kZoe) {
        return home.subscribe(home.subscription(reference, user)).result;
    };
    CHECK(asked(DataReference::charging_information) == result::user_data_cannot_be_notified);
    CHECK(asked(DataReference::ims_user_state, "sip:nobody@" + kHome) == result::user_unknown);
    CHECK(asked(DataReference::psi_activation) == result::operation_not_allowed);
    CHECK(asked(DataReference::dsai, kAlice) == result::dsai_not_available);
    home.store_fails = true;
    CHECK(asked(DataReference::ims_user_state) == result::unable_to_comply);
}

TEST_CASE("subscriptions and repository data survive a restart of the HSS") {
    const auto path = std::filesystem::temp_directory_path() / "imslab-sh-restart.sqlite";
    std::filesystem::remove(path);
    for (const bool again : {false, true}) {
        auto store = host::SqlStore::open(path.string());
        REQUIRE(store);
        hss::Watch watch{kAs1, kZoe, kZoe, DataReference::ims_user_state, ""};
        if (!again) {
            hss::StoreRequest subscribe(hss::Subscribe{{{watch, 500, true}}});
            (*store)->perform(subscribe);
            hss::StoreRequest update(hss::UpdateRepository{kZoe, {"notes", 0, "<n/>"}});
            (*store)->perform(update);
            continue;
        }
        hss::StoreRequest load(hss::LoadNotifications{{kZoe}, 499});
        const auto found = std::get<hss::Notifications>((*store)->perform(load)).notifications;
        REQUIRE(found.size() == 1);
        CHECK(found.front().watch == watch);
        CHECK(found.front().one_time);
        hss::StoreRequest expire(hss::ExpireNotifications{499});
        const auto left = std::get<hss::NotificationsLeft>((*store)->perform(expire));
        CHECK(left.count == 1);
        CHECK(left.next_expiry == 500);
        hss::StoreRequest read(hss::LoadRepository{kZoe, {"notes", "none"}});
        CHECK(std::get<hss::Repository>((*store)->perform(read)).data.size() == 1);
    }
    std::filesystem::remove(path);
}
