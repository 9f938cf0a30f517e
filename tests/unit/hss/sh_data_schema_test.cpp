// What we write on Sh fits the schema, and what does not fit it is refused: hss/sh_data.xsd.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <iterator>

#include "diameter/sh_data.h"
#include "hosts/store/sh_data_schema.h"
#include "hosts/store/subscriber_schema.h"
#include "tests/unit/hss/sh_home.h"

using namespace imslab;
using namespace imslab::test;

TEST_CASE("every answer of the HSS fits the schema") {
    ShHome home("memory");
    home.register_user(kZoePrivate, kZoe);
    home.store("notes", 0, "<n xmlns=\"urn:other\">text<more/></n>");
    for (const auto reference : {sh::DataReference::repository_data,
                                 sh::DataReference::ims_public_identity,
                                 sh::DataReference::ims_user_state,
                                 sh::DataReference::s_cscf_name,
                                 sh::DataReference::initial_filter_criteria,
                                 sh::DataReference::charging_information,
                                 sh::DataReference::msisdn,
                                 sh::DataReference::dsai}) {
        const auto uda = home.pull(reference);
        INFO(uda.user_data);
        REQUIRE(!uda.user_data.empty());
        CHECK(host::sh_data_fault(uda.user_data).value_or("") == "");
    }
    sh::UserDataRequest udr;
    udr.user.public_identity = kZoe;
    udr.selection.references = {sh::DataReference::location_information,
                                sh::DataReference::user_state};
    udr.domain = sh::RequestedDomain::cs;
    CHECK(host::sh_data_fault(home.pull(udr).user_data).value_or("") == "");
    CHECK(host::sh_data_fault(home.pull(sh::DataReference::psi_activation, kDialIn).user_data)
              .value_or("") == "");
    CHECK(host::sh_data_fault(
              home.pull(sh::DataReference::ims_public_identity, "sip:room-1@" + kHome).user_data)
              .value_or("") == "");
}

TEST_CASE("what does not fit the schema is an invalid AVP") {
    sh::ProfileUpdateRequest pur;
    pur.user_data =
        "<Sh-Data><RepositoryData><SequenceNumber>1</SequenceNumber>"
        "<ServiceIndication>a</ServiceIndication></RepositoryData></Sh-Data>";
    const auto objection = host::objection_to_user_data(std::any(sh::Request(pur)));
    REQUIRE(objection);
    CHECK(objection->result == sh::result::invalid_avp_value);
    CHECK(objection->failed_avp->data == pur.user_data);
    CHECK(objection->reason.find("SequenceNumber") != std::string::npos);
    sh::ShData data;
    data.repository_data = {{"a", 1, "<b/>"}};
    pur.user_data = sh::write_sh_data(data);
    CHECK(!host::objection_to_user_data(std::any(sh::Request(pur))));
    CHECK(!host::objection_to_user_data(std::any(sh::Request(sh::UserDataRequest{}))));
}

TEST_CASE("what Sh needs of a subscriber file is read, fits its schema and is written again") {
    const auto path = std::string(IMSLAB_SOURCE_DIR) + "/tests/vectors/hss/sh.xml";
    std::ifstream file(path);
    const std::string xml{std::istreambuf_iterator<char>(file), {}};
    const auto read = host::read_valid_subscribers(xml, path);
    if (!read) FAIL(read.error().front().to_string());
    const auto written = hss::write_subscribers(*read);
    const auto again = host::read_valid_subscribers(written, "written");
    if (!again) FAIL(again.error().front().to_string());
    CHECK(*again == *read);
    for (const auto& kind : store_kinds()) {
        const auto store = make_store(kind);
        hss::StoreRequest provision(hss::Provision{*read});
        REQUIRE(std::holds_alternative<hss::Done>(store->perform(provision)));
        hss::StoreRequest load(hss::LoadSubscriptions{kZoe});
        CHECK(std::get<hss::Subscriptions>(store->perform(load)).subscriptions.front() ==
              read->front());
        // Nobody else has that number.
        auto other = *read;
        other.front().name = "somebody else";
        other.front().private_identities.front().identity = "other@" + kHome;
        for (auto& profile : other.front().sets.front().service_profiles) {
            for (auto& one : profile.public_identities)
                one.identity = "sip:o" + one.identity.substr(4);
        }
        other.resize(1);
        hss::StoreRequest taken(hss::Provision{other});
        const auto refused = store->perform(taken);
        REQUIRE(std::holds_alternative<hss::StoreError>(refused));
        CHECK(std::get<hss::StoreError>(refused).reason.find("MSISDN 4917100071") !=
              std::string::npos);
    }
    const auto wrong = [](const char* part) {
        const auto bad =
            hss::read_subscribers("<subscribers><subscriber name=\"a\">" + std::string(part) +
                                      "</subscriber></subscribers>",
                                  "f");
        REQUIRE(!bad);
        std::string all;
        for (const auto& one : bad.error()) all += one.to_string() + "\n";
        return all;
    };
    CHECK(wrong("<msisdn>+49</msisdn>").find("expected 5 to 15 digits") != std::string::npos);
    CHECK(wrong("<cs-domain state=\"7\"/>").find("expected 0 to 3") != std::string::npos);
    CHECK(wrong("<ps-domain><VLRNumber>1</VLRNumber></ps-domain>").find("SGSNNumber") !=
          std::string::npos);
    CHECK(wrong("<dsai server=\"sip:a\"/>").find("found no tag") != std::string::npos);
}
