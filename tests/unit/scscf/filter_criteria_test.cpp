// Trigger points and filter criteria (TS 29.228 Annex B.2.2, B.2.3, F).
#include "scscf/filter_criteria.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "diameter/shared_filter_criteria.h"

using namespace imslab;
using scscf::CompiledTriggerPoint;
using scscf::FilterCriteria;
using scscf::TriggerSubject;

namespace {

sip::Message invite(std::string_view extra = {}, std::string_view body = {}) {
    auto request = sip::Message::request("INVITE", "sip:bob@home.example");
    request.append("Via", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa");
    request.append("From", "<sip:alice@home.example>;tag=1");
    request.append("Subject", "lunch at twelve");
    request.append("X-Hint", "green");
    if (!extra.empty()) request.append(std::string(extra), "1");
    if (!body.empty()) request.set_body("application/sdp", body);
    return request;
}

template <class Condition>
cx::ServicePointTrigger trigger(Condition condition,
                                std::vector<std::uint32_t> groups = {0},
                                bool negated = false) {
    cx::ServicePointTrigger made;
    made.condition = std::move(condition);
    made.groups = std::move(groups);
    made.negated = negated;
    return made;
}

bool matches(std::vector<cx::ServicePointTrigger> triggers,
             const TriggerSubject& subject,
             bool conjunctive = true) {
    cx::TriggerPoint point;
    point.conjunctive_normal_form = conjunctive;
    point.triggers = std::move(triggers);
    const auto compiled = CompiledTriggerPoint::compile(point);
    REQUIRE(compiled);
    return compiled->matches(subject);
}

constexpr auto kCase = cx::SessionCase::originating_registered;
using Method = cx::MethodTrigger;
using Header = cx::SipHeaderTrigger;
using Line = cx::SessionDescriptionTrigger;
using At = cx::SessionCaseTrigger;

cx::InitialFilterCriteria criterion(std::uint32_t priority, std::string server) {
    cx::InitialFilterCriteria criteria;
    criteria.priority = priority;
    criteria.application_server.server_name = std::move(server);
    return criteria;
}

}  // namespace

TEST_CASE("Each condition looks at its part of the request") {
    const auto request = invite({}, "v=0\r\no=- 1 1 IN IP4 1\r\nm=audio 4 RTP/AVP 0\r\n");
    const TriggerSubject subject(request, kCase);
    CHECK(matches({trigger(Method{"INVITE"})}, subject));
    CHECK_FALSE(matches({trigger(Method{"MESSAGE"})}, subject));
    CHECK(matches({trigger(cx::RequestUriTrigger{"^sip:b.b@"})}, subject));
    CHECK(matches({trigger(At{kCase})}, subject));
    CHECK_FALSE(matches({trigger(At{cx::SessionCase::terminating_registered})}, subject));
    CHECK(matches({trigger(Header{"subject", "lunch"})}, subject));
    CHECK(matches({trigger(Header{"s", "twelve$"})}, subject));  // the compact form
    CHECK(matches({trigger(Header{"x-hint", {}})}, subject));
    CHECK(matches({trigger(Header{"X-.*", "green"})}, subject));
    CHECK_FALSE(matches({trigger(Header{"X-.*", "red"})}, subject));
    CHECK_FALSE(matches({trigger(Header{"Hint", {}})}, subject));
    CHECK(matches({trigger(Line{"m", "^audio"})}, subject));
    CHECK_FALSE(matches({trigger(Line{"m", "video"})}, subject));
    CHECK(matches({trigger(Line{"[am]", {}})}, subject));
    const auto bare = invite();
    CHECK_FALSE(matches({trigger(Line{"m", {}})}, TriggerSubject(bare, kCase)));
}

TEST_CASE("A session description is found in a multipart body") {
    auto request = invite();
    request.set_body("multipart/mixed;boundary=\"x\"",
                     "--x\r\nContent-Type: text/plain\r\n\r\nm=video\r\n--x\r\n"
                     "Content-Type: application/sdp\r\n\r\nv=0\r\nm=audio 4\r\n--x--\r\n");
    const TriggerSubject subject(request, kCase);
    CHECK(matches({trigger(Line{"m", "audio"})}, subject));
    CHECK_FALSE(matches({trigger(Line{"m", "video"})}, subject));
}

TEST_CASE("Negation turns a condition round, absence included") {
    const auto request = invite();
    const TriggerSubject subject(request, kCase);
    CHECK(matches({trigger(Header{"Priority", {}}, {0}, true)}, subject));
    CHECK(matches({trigger(Header{"Subject", "dinner"}, {0}, true)}, subject));
    CHECK_FALSE(matches({trigger(Method{"INVITE"}, {0}, true)}, subject));
}

TEST_CASE("Conjunctive form wants one of each group, disjunctive form all of one") {
    const auto request = invite();
    const TriggerSubject subject(request, kCase);
    const auto yes = Method{"INVITE"};
    const auto no = Method{"MESSAGE"};
    CHECK(matches({trigger(yes, {0}), trigger(no, {0}), trigger(At{kCase}, {1})}, subject));
    CHECK_FALSE(matches({trigger(yes, {0}), trigger(no, {1})}, subject));
    CHECK(matches({trigger(yes, {0}), trigger(no, {1})}, subject, false));
    CHECK_FALSE(matches({trigger(yes, {0}), trigger(no, {0})}, subject, false));
    CHECK(
        matches({trigger(yes, {0, 1}), trigger(no, {0}), trigger(At{kCase}, {1})}, subject, false));
}

TEST_CASE("The registration type belongs to Method REGISTER") {
    auto request = sip::Message::request("REGISTER", "sip:home.example");
    auto first = trigger(Method{"REGISTER"});
    first.registration_types = {cx::RegistrationType::initial};
    CHECK(matches({first}, TriggerSubject(request, kCase, cx::RegistrationType::initial)));
    CHECK_FALSE(
        matches({first}, TriggerSubject(request, kCase, cx::RegistrationType::de_registration)));
    first.registration_types.clear();
    CHECK(matches({first}, TriggerSubject(request, kCase, cx::RegistrationType::de_registration)));
}

TEST_CASE("Criteria come by priority, shared sets among them, each for its part of the profile") {
    auto unregistered = criterion(1, "sip:unreg@as");
    unregistered.profile_part = cx::ProfilePart::unregistered;
    const scscf::SharedCriteriaSets sets{{7, {criterion(15, "sip:shared@as")}}};
    const FilterCriteria criteria(
        {criterion(20, "sip:late@as"), criterion(10, "sip:early@as"), unregistered}, {7, 8}, sets);
    REQUIRE(criteria.size() == 4);
    REQUIRE(criteria.complaints().size() == 1);
    CHECK(criteria.complaints()[0] == "the shared iFC set 8 is not provisioned here");
    const auto request = invite();
    const TriggerSubject subject(request, kCase);
    std::vector<std::string> order;
    for (auto at = criteria.next(subject); at; at = criteria.next(subject, *at + 1))
        order.push_back(criteria[*at].application_server.server_name);
    CHECK(order == std::vector<std::string>{"sip:early@as", "sip:shared@as", "sip:late@as"});
    const TriggerSubject absent(request, cx::SessionCase::terminating_unregistered);
    CHECK(criteria.next(absent) == 0u);
}

TEST_CASE("A criterion whose expression cannot be read is left out, and told") {
    auto bad = criterion(1, "sip:bad@as");
    bad.trigger_point.emplace();
    bad.trigger_point->triggers.push_back(trigger(cx::RequestUriTrigger{"("}));
    const FilterCriteria criteria({bad, criterion(2, "sip:good@as")}, {}, {});
    CHECK(criteria.size() == 1);
    REQUIRE(criteria.complaints().size() == 1);
    CHECK(criteria.complaints()[0].starts_with(
        "the criterion of priority 1 is left out: RequestURI \"(\""));
}

TEST_CASE("A shared set is read from its elements") {
    const auto read = cx::read_filter_criteria(
        "<InitialFilterCriteria><Priority>3</Priority><ApplicationServer><ServerName>sip:a@b"
        "</ServerName></ApplicationServer></InitialFilterCriteria>");
    REQUIRE(read);
    CHECK((*read)[0].priority == 3);
    CHECK_FALSE(cx::read_filter_criteria("<Other/>"));
    CHECK_FALSE(cx::read_filter_criteria("<InitialFilterCriteria>"));
}
