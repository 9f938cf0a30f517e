// User-Data: the profile of TS 29.228 Annex B in the XML of Annex E.
#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>

#include "diameter/user_profile.h"

using namespace imslab::cx;

namespace {

std::string vector_file(const std::string& name) {
    std::ifstream file(std::string(IMSLAB_SOURCE_DIR) + "/tests/vectors/diameter/" + name);
    REQUIRE(file);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string error_of(const std::string& xml) {
    const auto data = read_user_data(xml);
    return data ? "none" : data.error().reason;
}

}  // namespace

TEST_CASE("A profile with everything in it") {
    const auto data = read_user_data(vector_file("user_data_full.xml"));
    if (!data) FAIL(data.error().reason);
    CHECK(data->private_identity == "alice@home");
    REQUIRE(data->service_profiles.size() == 2);
    const auto& profile = data->service_profiles[0];
    REQUIRE(profile.public_identities.size() == 3);
    CHECK(profile.public_identities[0].barred);
    CHECK(profile.public_identities[1].display_name == "Alice & \"Co\"");
    CHECK(profile.public_identities[1].alias_group == "1");
    CHECK(profile.public_identities[2].type == IdentityType::wildcarded_impu);
    CHECK(profile.public_identities[2].wildcarded_impu == "sip:alice-!.*!@home");
    CHECK(profile.subscribed_media_profile == 3);
    CHECK(profile.service_ids == std::vector<std::string>{"urn:urn-7:3gpp-service.ims.icsi.mmtel"});
    CHECK(profile.shared_filter_criteria == std::vector<std::uint32_t>{12, 13});
    REQUIRE(profile.filter_criteria.size() == 2);
    const auto& criteria = profile.filter_criteria[0];
    CHECK(criteria.priority == 10);
    CHECK(criteria.profile_part == ProfilePart::registered);
    CHECK(criteria.application_server.server_name == "sip:as.home");
    CHECK(criteria.application_server.default_handling == DefaultHandling::session_terminated);
    CHECK(criteria.application_server.service_info == "<secret>&");
    CHECK(criteria.application_server.include_register_request);
    CHECK_FALSE(criteria.application_server.include_register_response);
    REQUIRE(criteria.trigger_point);
    CHECK_FALSE(criteria.trigger_point->conjunctive_normal_form);
    const auto& triggers = criteria.trigger_point->triggers;
    REQUIRE(triggers.size() == 5);
    CHECK(std::get<MethodTrigger>(triggers[0].condition).method == "REGISTER");
    CHECK(triggers[0].registration_types ==
          std::vector{RegistrationType::initial, RegistrationType::de_registration});
    CHECK(triggers[1].negated);
    CHECK(triggers[1].groups == std::vector<std::uint32_t>{0, 1});
    CHECK(std::get<RequestUriTrigger>(triggers[1].condition).pattern == "^sip:.*");
    CHECK(std::get<SipHeaderTrigger>(triggers[2].condition).header == "Accept-Contact");
    CHECK(std::get<SipHeaderTrigger>(triggers[2].condition).content == ".*audio.*");
    CHECK(std::get<SessionCaseTrigger>(triggers[3].condition).session_case ==
          SessionCase::originating_cdiv);
    CHECK(std::get<SessionDescriptionTrigger>(triggers[4].condition).line == "m");
    CHECK_FALSE(std::get<SessionDescriptionTrigger>(triggers[4].condition).content);
    CHECK_FALSE(profile.filter_criteria[1].trigger_point);
    CHECK_FALSE(profile.filter_criteria[1].profile_part);
}

TEST_CASE("What was read is written, and read again is the same") {
    const auto data = read_user_data(vector_file("user_data_full.xml"));
    REQUIRE(data);
    const auto again = read_user_data(write_user_data(*data));
    if (!again) FAIL(again.error().reason);
    CHECK(*again == *data);
    CHECK(write_user_data(*again) == write_user_data(*data));
}

TEST_CASE("What is no profile is refused") {
    CHECK(error_of("").starts_with("not well-formed"));
    CHECK(error_of("<IMSSubscription>").starts_with("not well-formed"));
    CHECK(error_of("<Sub/>").find("<IMSSubscription>") != std::string::npos);
    CHECK(error_of("<IMSSubscription/>").find("<ServiceProfile>") != std::string::npos);
    CHECK(error_of("<!DOCTYPE a [<!ENTITY b 'c'>]><IMSSubscription/>").find("document type") !=
          std::string::npos);
    CHECK(
        error_of("<IMSSubscription><ServiceProfile/></IMSSubscription>").find("<PublicIdentity>") !=
        std::string::npos);
    const std::string head =
        "<IMSSubscription><ServiceProfile><PublicIdentity><Identity>sip:a@b</Identity></"
        "PublicIdentity>";
    const std::string tail = "</ServiceProfile></IMSSubscription>";
    CHECK(error_of(head + tail) == "none");
    CHECK(error_of(head + "<InitialFilterCriteria/>" + tail).find("<Priority>") !=
          std::string::npos);
    CHECK(error_of(head +
                   "<InitialFilterCriteria><Priority>-1</"
                   "Priority><ApplicationServer><ServerName>sip:a</ServerName>"
                   "</ApplicationServer></InitialFilterCriteria>" +
                   tail)
              .find("a number from 0") != std::string::npos);
    CHECK(error_of(head +
                   "<InitialFilterCriteria><Priority>1</"
                   "Priority><TriggerPoint><ConditionTypeCNF>1</ConditionTypeCNF>"
                   "<SPT><Group>0</Group><SessionCase>5</SessionCase></SPT></"
                   "TriggerPoint><ApplicationServer><ServerName>sip:a"
                   "</ServerName></ApplicationServer></InitialFilterCriteria>" +
                   tail)
              .find("0 to 4") != std::string::npos);
    CHECK(error_of(std::string(kMaxUserDataBytes + 1, ' ')).find("longer") != std::string::npos);
}

TEST_CASE("Elements that nobody knows are skipped") {
    const auto data = read_user_data(
        "<IMSSubscription xmlns:v='urn:v'><PrivateID> p@h "
        "</PrivateID><ServiceProfile><v:New/><PublicIdentity><Identity>sip:a@b</Identity>"
        "<v:Other>1</v:Other></PublicIdentity></ServiceProfile><Extension><More/></Extension></"
        "IMSSubscription>");
    REQUIRE(data);
    CHECK(data->private_identity == "p@h");
}

TEST_CASE("A private identity is escaped") {
    const auto data =
        read_user_data(user_data_from("a<&>b@h",
                                      "<ServiceProfile><PublicIdentity><Identity>sip:a@b</"
                                      "Identity></PublicIdentity></ServiceProfile>"));
    REQUIRE(data);
    CHECK(data->private_identity == "a<&>b@h");
}
