// Sh-Data written and read: TS 29.328 Annex C, D.
#include <catch2/catch_test_macros.hpp>

#include "diameter/sh_data.h"

using namespace imslab;

namespace {

sh::ShData everything() {
    sh::ShData data;
    data.public_identifiers = sh::PublicIdentifiers{{"sip:alice@home"}, {"4917112"}, {}, "", ""};
    data.repository_data = {{"notes", 65535, "<a b=\"c &amp; d\">text<e/></a>"}, {"gone", 1, {}}};
    data.s_cscf_name = "sip:scscf.home:5060";
    cx::InitialFilterCriteria criteria;
    criteria.priority = 3;
    criteria.application_server.server_name = "sip:as.home";
    data.filter_criteria = {criteria};
    data.user_state = sh::ImsUserState::registered;
    data.charging = cx::ChargingInformation{"aaa://ecf", "", "aaa://ccf", ""};
    data.psi_active = false;
    data.dsai = {{"one", true}, {"two", false}};
    data.cs = sh::DomainData{{{"VLRNumber", "491"}, {"AgeOfLocationInformation", "3"}}, 2};
    data.ps = sh::DomainData{{{"SGSNNumber", "492"}}, 6};
    data.alias_identities = sh::PublicIdentifiers{
        {"sip:room-1@home"}, {}, cx::IdentityType::wildcarded_psi, "sip:room-!.*!@home", ""};
    data.registered_identities = sh::PublicIdentifiers{};
    data.aliases_repository_data = {{"shared", 0, ""}};
    return data;
}

}  // namespace

TEST_CASE("all there is in Sh-Data comes back as it was written") {
    const auto data = everything();
    const auto read = sh::read_sh_data(sh::write_sh_data(data));
    if (!read) FAIL(read.error().reason);
    CHECK(*read == data);
    CHECK(*sh::read_sh_data(sh::write_sh_data({})) == sh::ShData{});
}

TEST_CASE("elements of later releases are skipped") {
    const auto read = sh::read_sh_data(
        "<Sh-Data><Sh-IMS-Data><IMSUserState>2</IMSUserState><Extension><Extension><Extension>"
        "<PrivateIDs/></Extension></Extension></Extension></Sh-IMS-Data><Later/></Sh-Data>");
    REQUIRE(read);
    CHECK(read->user_state == sh::ImsUserState::registered_unreg_services);
}

TEST_CASE("what is wrong is told with its place") {
    const auto wrong = [](const std::string& xml) {
        const auto read = sh::read_sh_data(xml);
        REQUIRE(!read);
        return read.error();
    };
    CHECK(wrong("<Sh-Data><IMS").position > 0);
    CHECK(wrong("<IMSSubscription/>").reason == "found <IMSSubscription>, expected <Sh-Data>");
    CHECK(wrong("<!DOCTYPE a [<!ENTITY b \"c\">]><Sh-Data/>").reason.find("document type") !=
          std::string::npos);
    CHECK(wrong("<Sh-Data><RepositoryData><ServiceIndication>a</ServiceIndication></RepositoryData>"
                "</Sh-Data>")
              .reason == "found no SequenceNumber, expected one");
    CHECK(wrong("<Sh-Data><RepositoryData><ServiceIndication>a</ServiceIndication>"
                "<SequenceNumber>65536</SequenceNumber></RepositoryData></Sh-Data>")
              .reason == "found \"65536\" in SequenceNumber, expected a number from 0 to 65535");
    CHECK(wrong("<Sh-Data><Sh-IMS-Data><IMSUserState>4</IMSUserState></Sh-IMS-Data></Sh-Data>")
              .reason.find("a number from 0 to 3") != std::string::npos);
    CHECK(wrong(std::string(cx::kMaxUserDataBytes + 1, ' ')).reason ==
          "more than User-Data may be");
}
