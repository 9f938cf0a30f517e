// Sh-Update as call flows: TS 29.328 §6.1.2.
#include <catch2/generators/catch_generators_range.hpp>

#include "tests/unit/hss/sh_home.h"

using namespace imslab;
using namespace imslab::test;
using sh::DataReference;
namespace result = sh::result;

TEST_CASE("TS 29.328 §6.1.2.1: repository data is created with 0 and goes on by one") {
    ShHome home(GENERATE(from_range(store_kinds())));

    CHECK(home.store("notes", 1, "<n>one</n>").result == result::transparent_data_out_of_sync);
    CHECK(home.store("notes", 0, std::nullopt).result == result::operation_not_allowed);
    CHECK(!home.stored("notes"));
    CHECK(home.store("notes", 0, "<n>one</n>").result == result::success);
    CHECK(home.stored("notes") == sh::RepositoryData{"notes", 0, "<n>one</n>"});

    SECTION("whoever writes second is out of sync, and changes nothing") {
        CHECK(home.store("notes", 1, "<n>first</n>", kAs1).result == result::success);
        const auto second = home.store("notes", 1, "<n>second</n>", kAs2);
        CHECK(second.result == result::transparent_data_out_of_sync);
        CHECK(second.repository_data == sh::RepositoryDataId{"notes", 1});
        CHECK(second.reference == DataReference::repository_data);
        CHECK(home.stored("notes")->service_data == "<n>first</n>");
    }
    SECTION("it is removed by a request without data, and begins at 0 again") {
        CHECK(home.store("notes", 2, std::nullopt).result == result::transparent_data_out_of_sync);
        CHECK(home.store("notes", 1, std::nullopt).result == result::success);
        CHECK(!home.stored("notes"));
        CHECK(home.store("notes", 0, "<n/>").result == result::success);
    }
    SECTION("too much of it is refused, and what was there stays") {
        const std::string much = "<n>" + std::string(70'000, 'x') + "</n>";
        CHECK(home.store("notes", 1, much).result == result::too_much_data);
        CHECK(home.store("notes", 7, much).result == result::transparent_data_out_of_sync);
        CHECK(home.store("more", 0, much).result == result::too_much_data);
        CHECK(home.stored("notes")->service_data == "<n>one</n>");
    }
    SECTION("each Service-Indication and each identity has its own") {
        CHECK(home.store("other", 0, "<o/>").result == result::success);
        CHECK(home.store("notes", 0, "<n/>", kAs1, kAlice).result == result::success);
        CHECK(home.stored("notes")->service_data == "<n>one</n>");
    }
    SECTION("it outlives the subscription's replacement, and ends with its identity") {
        hss::StoreRequest load(hss::LoadSubscriptions{kZoe});
        auto zoe = std::get<hss::Subscriptions>(home.perform(load)).subscriptions;
        REQUIRE(home.administer(hss::SubscriberImport{zoe}).done);
        CHECK(home.stored("notes")->service_data == "<n>one</n>");
        REQUIRE(home.administer(hss::SubscriberRemoval{kZoe}).done);
        REQUIRE(home.administer(hss::SubscriberImport{zoe}).done);
        CHECK(!home.stored("notes"));
    }
}

TEST_CASE("after sequence number 65535 comes 1") {
    CHECK(sh::next_sequence_number(0) == 1);
    CHECK(sh::next_sequence_number(65534) == 65535);
    CHECK(sh::next_sequence_number(65535) == 1);
}

TEST_CASE("TS 29.328 §7.6: aliases share repository data") {
    ShHome home(GENERATE(from_range(store_kinds())));
    sh::ShData data;
    data.aliases_repository_data = {{"notes", 0, "<n>shared</n>"}};
    CHECK(home.update(DataReference::aliases_repository_data, data).result == result::success);
    const auto uda = home.pull(DataReference::aliases_repository_data, "tel:+4917100071");
    CHECK(home.data(uda).aliases_repository_data.front().service_data == "<n>shared</n>");
    CHECK(
        home.update(DataReference::aliases_repository_data, data, "sip:zoe.work@" + kHome).result ==
        result::operation_not_allowed);
}

TEST_CASE("TS 29.328 §7.6.11: a DSAI that is off masks its filter criteria") {
    ShHome home(GENERATE(from_range(store_kinds())));
    home.register_user(kZoePrivate, kZoe);
    home.sent.clear();
    sh::ShData off;
    off.dsai = {{"diversion", false}};
    CHECK(home.update(DataReference::dsai, off).result == result::success);
    CHECK(home.data(home.pull(DataReference::dsai)).dsai.front().active == false);

    // TS 29.228 §6.2.2: the S-CSCF hears of it.
    REQUIRE(home.sent.size() == 1);
    const auto& ppr = std::get<cx::PushProfileRequest>(home.sent.front());
    CHECK(ppr.user_data.find("<Priority>10</Priority>") != std::string::npos);
    CHECK(ppr.user_data.find("<Priority>20</Priority>") == std::string::npos);
    // The profile that is downloaded is masked too, whatever is administered meanwhile.
    hss::StoreRequest load(hss::LoadSubscriptions{kZoe});
    auto zoe = std::get<hss::Subscriptions>(home.perform(load)).subscriptions;
    CHECK(zoe.front().sets.front().dsai.size() == 2);
    REQUIRE(home.administer(hss::SubscriberImport{zoe}).done);
    auto saa = home.assign(kZoePrivate, kZoe, cx::ServerAssignmentType::re_registration);
    CHECK(saa.user_data.find("<Priority>20</Priority>") == std::string::npos);

    sh::ShData on;
    on.dsai = {{"diversion", true}};
    CHECK(home.update(DataReference::dsai, on).result == result::success);
    saa = home.assign(kZoePrivate, kZoe, cx::ServerAssignmentType::re_registration);
    CHECK(saa.user_data.find("<Priority>20</Priority>") != std::string::npos);
    sh::ShData unknown;
    unknown.dsai = {{"weather", false}};
    CHECK(home.update(DataReference::dsai, unknown).result == result::dsai_not_available);
}

TEST_CASE("TS 29.328 §7.6.10: a PSI that is switched off is not there") {
    ShHome home(GENERATE(from_range(store_kinds())));
    CHECK(home.locate(kDialIn).result == cx::result::success);
    sh::ShData off;
    off.psi_active = false;
    CHECK(home.update(DataReference::psi_activation, off, kDialIn).result == result::success);
    CHECK(home.data(home.pull(DataReference::psi_activation, kDialIn)).psi_active == false);
    CHECK(home.locate(kDialIn).result == cx::result::user_unknown);
    CHECK(home.update(DataReference::psi_activation, off).result == result::operation_not_allowed);
}

TEST_CASE("what cannot be modified, and what is not recognized") {
    ShHome home("memory");
    sh::ShData empty;
    const auto msisdn = home.update(DataReference::msisdn, empty);
    CHECK(msisdn.result == result::user_data_cannot_be_modified);
    CHECK(msisdn.reference == DataReference::msisdn);
    CHECK(home.update(DataReference::repository_data, empty).result ==
          result::user_data_not_recognized);
    CHECK(home.update(DataReference::dsai, empty).result == result::user_data_not_recognized);
    CHECK(home.store("notes", 0, "<n/>", kAs1, "sip:nobody@" + kHome).result ==
          result::user_unknown);
    home.store_fails = true;
    CHECK(home.store("notes", 0, "<n/>").result == result::unable_to_comply);
}

TEST_CASE("TS 29.328 §6.1.2.1: while one AS writes, another is told to wait") {
    hss::Config config;
    CountingEntropy entropy;
    hss::Hss node(config, entropy);
    hss::MemoryStore store;
    hss::StoreRequest provision(hss::Provision{home_subscribers()});
    store.perform(provision);
    sh::ShData data;
    data.repository_data = {{"notes", 0, "<n/>"}};
    sh::ProfileUpdateRequest pur;
    pur.user.public_identity = kAlice;
    pur.references = {DataReference::repository_data};
    pur.user_data = sh::write_sh_data(data);

    // The store answers what finds the user, and takes its time with what changes something.
    std::vector<Effect> effects;
    std::vector<Ask> held;
    std::map<AskId, sh::ResultCode> results;
    const auto settle = [&] {
        for (node.take_effects(effects); !effects.empty(); node.take_effects(effects)) {
            for (auto& effect : std::exchange(effects, {})) {
                if (auto* reply = std::get_if<Reply>(&effect)) {
                    const auto& answer = std::any_cast<const sh::Answer&>(reply->answer);
                    results[reply->id] =
                        std::visit([](const auto& one) { return one.result; }, answer);
                } else if (auto* ask = std::get_if<Ask>(&effect)) {
                    const auto& question = std::any_cast<const hss::StoreRequest&>(ask->request);
                    if (std::holds_alternative<hss::UpdateRepository>(question))
                        held.push_back(*ask);
                    else
                        node.deliver(Answered{ask->id, std::any(store.perform(question))}, Time{});
                }
            }
        }
    };
    node.deliver(Asked{1, kAs1, std::any(sh::Request(pur))}, Time{});
    settle();
    node.deliver(Asked{2, kAs2, std::any(sh::Request(pur))}, Time{});
    settle();
    CHECK(results == std::map<AskId, sh::ResultCode>{{2, result::prior_update_in_progress}});
    sh::UserDataRequest udr;
    udr.user.public_identity = kAlice;
    udr.selection.references = {DataReference::repository_data};
    udr.selection.service_indications = {"notes"};
    node.deliver(Asked{3, kAs2, std::any(sh::Request(udr))}, Time{});
    settle();
    CHECK(results[3] == result::prior_update_in_progress);
    REQUIRE(held.size() == 1);
    const auto& question = std::any_cast<const hss::StoreRequest&>(held.front().request);
    node.deliver(Answered{held.front().id, std::any(store.perform(question))}, Time{});
    settle();
    CHECK(results[1] == result::success);
}
