// Sh-Pull as call flows: TS 29.328 §6.1.1.
#include <catch2/generators/catch_generators_range.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/hss/sh_home.h"

using namespace imslab;
using namespace imslab::test;
using sh::DataReference;
namespace result = sh::result;

TEST_CASE("TS 29.328 §7.6: each reference brings what it names") {
    ShHome home(GENERATE(from_range(store_kinds())));

    SECTION("public identities: those that are not barred, as they are written") {
        const auto identities =
            *home.data(home.pull(DataReference::ims_public_identity)).public_identifiers;
        CHECK(identities.identities ==
              std::vector<std::string>{"sip:zoe@IMS.mnc001.mcc001.3gppnetwork.org",
                                       "tel:+4917100071",
                                       "sip:zoe.work@" + kHome});
        CHECK(!identities.type);
    }
    SECTION("identity sets, each in its element") {
        sh::UserDataRequest udr;
        udr.user.public_identity = kZoe;
        udr.selection.references = {DataReference::ims_public_identity};
        udr.selection.identity_sets = {sh::IdentitySet::registered, sh::IdentitySet::alias};
        const auto before = home.data(home.pull(udr));
        CHECK(before.registered_identities->identities.empty());
        CHECK(before.alias_identities->identities.size() == 2);
        home.register_user(kZoePrivate, kZoe);
        CHECK(home.data(home.pull(udr)).registered_identities->identities.size() == 3);
    }
    SECTION("the user's state follows the registration") {
        const auto state = [&] {
            return *home.data(home.pull(DataReference::ims_user_state)).user_state;
        };
        CHECK(state() == sh::ImsUserState::not_registered);
        home.challenge(kZoePrivate, kZoe);
        CHECK(state() == sh::ImsUserState::authentication_pending);
        home.assign(kZoePrivate, kZoe);
        CHECK(state() == sh::ImsUserState::registered);
        CHECK(home.data(home.pull(DataReference::s_cscf_name)).s_cscf_name == kServer);
    }
    SECTION("nobody serves the user: success, and no data") {
        const auto uda = home.pull(DataReference::s_cscf_name);
        CHECK(uda.result == result::success);
        CHECK(uda.user_data.empty());
    }
    SECTION("filter criteria: those that lead to the server") {
        const auto criteria =
            *home.data(home.pull(DataReference::initial_filter_criteria)).filter_criteria;
        REQUIRE(criteria.size() == 2);
        CHECK(criteria[1].priority == 20);
    }
    SECTION("charging addresses and the MSISDN") {
        CHECK(home.data(home.pull(DataReference::charging_information)).charging->primary_event ==
              "aaa://ocf.example");
        CHECK(home.data(home.pull(DataReference::msisdn)).public_identifiers->msisdns ==
              std::vector<std::string>{kZoeNumber});
    }
    SECTION("DSAI and PSI activation") {
        CHECK(home.data(home.pull(DataReference::dsai)).dsai ==
              std::vector<sh::Dsai>{{"diversion", true}});
        CHECK(home.data(home.pull(DataReference::psi_activation, kDialIn)).psi_active == true);
    }
    SECTION("what the other domains say, by public identity or by MSISDN") {
        sh::UserDataRequest udr;
        udr.user.msisdn = kZoeNumber;
        udr.selection.references = {DataReference::location_information, DataReference::user_state};
        udr.domain = sh::RequestedDomain::cs;
        const auto data = home.data(home.pull(udr));
        CHECK(data.cs->user_state == 2);
        CHECK(data.cs->location.front() ==
              std::pair<std::string, std::string>("VLRNumber", "491710000"));
        udr.domain = sh::RequestedDomain::ps;
        CHECK(home.data(home.pull(udr)).ps->user_state == 4);
        udr.user = {kAlice, {}};
        CHECK(home.pull(udr).result == result::user_data_not_available);
    }
    SECTION("several references in one request") {
        sh::UserDataRequest udr;
        udr.user.public_identity = kZoe;
        udr.selection.references = {DataReference::ims_user_state, DataReference::msisdn};
        const auto data = home.data(home.pull(udr));
        CHECK(data.user_state.has_value());
        CHECK(data.public_identifiers->msisdns.size() == 1);
    }
    SECTION("a wildcarded PSI is named beside its data") {
        const auto uda = home.pull(DataReference::ims_public_identity, "sip:room-12@" + kHome);
        CHECK(uda.wildcarded_psi == "sip:room-!.*!@" + kHome);
        CHECK(home.data(uda).public_identifiers->type == cx::IdentityType::wildcarded_psi);
    }
}

TEST_CASE("TS 29.328 §6.1.1.1: what is refused, and in which order") {
    auto config = Home::default_config();
    const auto list = nlohmann::json::parse(R"({
        "as1.ims.mnc001.mcc001.3gppnetwork.org": "all",
        "as2.ims.mnc001.mcc001.3gppnetwork.org": {"pull": ["RepositoryData"]}})");
    config.permissions = *hss::Permissions::from(list);
    ShHome home("memory", config);

    CHECK(home.pull(DataReference::ims_user_state, kZoe, "stranger.example").result ==
          result::user_data_cannot_be_read);
    CHECK(home.pull(DataReference::ims_user_state, kZoe, kAs2).result ==
          result::user_data_cannot_be_read);
    CHECK(home.pull(DataReference::ims_user_state, "sip:nobody@" + kHome, kAs2).result ==
          result::user_data_cannot_be_read);
    CHECK(home.pull(DataReference::ims_user_state, "sip:nobody@" + kHome).result ==
          result::user_unknown);
    CHECK(home.pull(DataReference::repository_data, kZoe, kAs2).result == result::success);
    CHECK(home.pull(DataReference::psi_activation).result == result::operation_not_allowed);
    CHECK(home.pull(DataReference::msisdn, kDialIn).result == result::operation_not_allowed);
    CHECK(home.pull(DataReference::dsai, kAlice).result == result::dsai_not_available);
    CHECK(home.pull(DataReference::aliases_repository_data, kAlice).result ==
          result::operation_not_allowed);
    sh::UserDataRequest by_number;
    by_number.user.msisdn = kZoeNumber;
    by_number.selection.references = {DataReference::ims_user_state};
    CHECK(home.pull(by_number).result == result::operation_not_allowed);
    home.store_fails = true;
    CHECK(home.pull(DataReference::ims_user_state).result == result::unable_to_comply);
}

TEST_CASE("the AS permissions list says what it does not understand") {
    const auto refused = [](const char* text) {
        const auto read = hss::Permissions::from(nlohmann::json::parse(text));
        REQUIRE(!read);
        return read.error();
    };
    CHECK(refused("[]").find("expected what is allowed") != std::string::npos);
    CHECK(refused(R"({"as": "some"})").find("expected \"all\"") != std::string::npos);
    CHECK(refused(R"({"as": {"push": "all"}})").find("expected pull, update or subscribe") !=
          std::string::npos);
    CHECK(refused(R"({"as": {"pull": ["Weather"]}})").find("expected a data reference") !=
          std::string::npos);
    CHECK(refused(R"({"as": {"update": ["MSISDN"]}})").find("no such operation") !=
          std::string::npos);
}
