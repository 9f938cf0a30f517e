// The rule book: each kind of rule holds, and is broken.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "lab/criteria.h"
#include "lab/embedded.h"
#include "lab/header_changes.h"
#include "lab/rule_book.h"
#include "registration_run.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

std::set<std::string> broken_rules(const Recording& run,
                                   const std::set<std::string>& departures = {}) {
    std::set<std::string> ids;
    for (const auto& finding : RuleBook::built_in().apply(run.observation(), departures)) {
        ids.insert(finding.rule + (finding.departure.empty() ? "" : "/" + finding.departure));
    }
    return ids;
}

bool holds(const std::string& check, const std::string& bytes) {
    const auto parsed = parse_check(check);
    REQUIRE(parsed);
    const auto observation = Recording().hop("alice", "P-CSCF", bytes).observation();
    return decide(*parsed, observation.messages.at(0), observation).holds;
}

}  // namespace

TEST_CASE("the rule book can be read, is large enough, and every rule names its clause") {
    const auto book = RuleBook::parse("lab/rules.yaml", embedded::rules_yaml);
    if (!book) FAIL(book.error().front().to_string());
    CHECK(book->rules().size() >= 40);
    for (const auto& rule : book->rules()) {
        INFO(rule.id);
        const bool names_place = rule.clause.find(" §") != std::string::npos ||
                                 rule.clause.find(" Annex ") != std::string::npos;
        CHECK(names_place);
        CHECK_FALSE(rule.says.empty());
    }
}

TEST_CASE("a mistake in a rule says where it is") {
    const auto book = RuleBook::parse(
        "r.yaml",
        "- id: X\n  clause: C\n  says: s\n  message: REGISTER\n  check: \"`Path` lacks\"\n");
    REQUIRE_FALSE(book);
    CHECK(book.error()[0].to_string().rfind("r.yaml:5:", 0) == 0);
}

TEST_CASE("a REGISTER on Mw that lacks what the P-CSCF adds breaks the rules of 5.2.2.1") {
    Recording run;
    run.hop("alice", "P-CSCF", Text{"REGISTER sip:home SIP/2.0", "z9hG4bK1"});
    run.hop("P-CSCF",
            "I-CSCF",
            Text{"REGISTER sip:home SIP/2.0",
                 "z9hG4bK2",
                 "1 REGISTER",
                 "",
                 "Security-Client: ipsec-3gpp\r\n",
                 "",
                 70});
    CHECK(broken_rules(run) == std::set<std::string>{"MW-REGISTER-PATH",
                                                     "MW-REGISTER-REQUIRE-PATH",
                                                     "MW-REGISTER-VISITED-NETWORK",
                                                     "MW-REGISTER-ICID",
                                                     "MW-REGISTER-NO-SECURITY-CLIENT",
                                                     "SIP-MAX-FORWARDS-COUNTS-DOWN"});
}

TEST_CASE("a named departure is listed by its name, and is a breach where it is not named") {
    Recording run;
    run.hop("P-CSCF",
            "I-CSCF",
            Text{"REGISTER sip:home SIP/2.0",
                 "z9hG4bK2",
                 "1 REGISTER",
                 "",
                 "Path: <sip:p;lr>\r\nRequire: path\r\nP-Visited-Network-ID: "
                 "v\r\nP-Charging-Vector: icid-value=1\r\n"
                 "Authorization: Digest username=\"a\", algorithm=AKAv1-MD5, response=\"00\", "
                 "integrity-protected=\"no\"\r\n"});
    CHECK(broken_rules(run) == std::set<std::string>{"MW-AKA-INTEGRITY-PROTECTED"});
    CHECK(broken_rules(run, {"aka-unprotected"}) ==
          std::set<std::string>{"MW-AKA-INTEGRITY-PROTECTED/aka-unprotected"});
}

TEST_CASE("a response that does not repeat Call-ID or CSeq is its request's and breaks the rule") {
    const std::string options = Text{"OPTIONS sip:home SIP/2.0", "z9hG4bK1", "1 OPTIONS"};
    const std::string answered = Text{"SIP/2.0 200 OK", "z9hG4bK1", "1 OPTIONS", "s"};
    const auto changed = [&](const std::string& found, const std::string& put) {
        auto text = answered;
        return text.replace(text.find(found), found.size(), put);
    };
    const auto broken = [&](const std::string& response) {
        Recording run;
        run.hop("alice", "P-CSCF", options).hop("P-CSCF", "alice", response);
        return broken_rules(run);
    };
    CHECK(broken(answered).empty());
    CHECK(broken(changed("call-1", "call-2")) == std::set<std::string>{"SIP-CALL-ID-ECHOED"});
    CHECK(broken(changed("1 OPTIONS", "2 OPTIONS")) == std::set<std::string>{"SIP-CSEQ-ECHOED"});
    CHECK(broken(changed("1 OPTIONS", "1 INVITE")).contains("SIP-CSEQ-ECHOED"));
    CHECK(broken(changed("tag=a1", "tag=a2")) == std::set<std::string>{"SIP-FROM-ECHOED"});
}

TEST_CASE("a sentence shows a value as a whole, or ends it after a part with an ellipsis") {
    const auto sentence = [](const std::string& value) {
        const auto is = *parse_check("`WWW-Authenticate` is `x`");
        const auto observation = Recording()
                                     .hop("alice",
                                          "P-CSCF",
                                          Text{"OPTIONS sip:home SIP/2.0",
                                               "z9hG4bK1",
                                               "1 OPTIONS",
                                               "",
                                               "WWW-Authenticate: " + value + "\r\n"})
                                     .observation();
        const auto& message = observation.messages.at(0);
        return sentence_of(is, "", message, decide(is, message, observation), observation);
    };
    const std::string challenge = "Digest realm=\"home\", nonce=\"" + std::string(90, 'n') +
                                  "\", algorithm=AKAv1-MD5, qop=\"auth\"";
    CHECK(sentence(challenge).find(challenge) != std::string::npos);
    std::string many = challenge;
    for (int i = 0; i < 40; ++i) many += ", part" + std::to_string(i) + "=value";
    const auto cut = sentence(many);
    INFO(cut);
    CHECK(cut.find("=value, …`") != std::string::npos);
}

TEST_CASE("a response to a CANCEL is not taken for one to the INVITE of the same branch") {
    Recording run;
    run.hop("alice", "P-CSCF", Text{"INVITE sip:bob@home SIP/2.0", "z9hG4bK1", "1 INVITE"});
    run.hop("alice", "P-CSCF", Text{"CANCEL sip:bob@home SIP/2.0", "z9hG4bK1", "1 CANCEL"});
    run.hop("P-CSCF", "alice", Text{"SIP/2.0 200 OK", "z9hG4bK1", "1 CANCEL", "s"});
    run.hop("P-CSCF", "alice", Text{"SIP/2.0 487 Request Terminated", "z9hG4bK1", "7 INVITE", "s"});
    const auto observation = run.observation();
    CHECK(observation.messages.at(2).answers == 1);
    CHECK(observation.messages.at(3).answers == 0);
}

TEST_CASE("a Diameter answer in another session than its request breaks the rule") {
    auto request = *diameter::decode(uar("icscf;1"));
    auto answer = *diameter::decode(uaa("icscf;2"));
    request.end_to_end = answer.end_to_end = 7;
    Recording run;
    run.diameter("I-CSCF", "HSS", diameter::encode(request));
    run.diameter("HSS", "I-CSCF", diameter::encode(answer));
    CHECK(broken_rules(run) == std::set<std::string>{"CX-SESSION-ID-ECHOED"});
}

TEST_CASE("an answer with both kinds of result breaks the base protocol") {
    diameter::Message answer;
    answer.command = 300;
    answer.application = diameter::kApplicationCx;
    answer.avps = {
        diameter::Avp::text(263, 0, "s"),
        diameter::Avp::text(264, 0, "hss.home"),
        diameter::Avp::text(296, 0, "home"),
        diameter::Avp::number(277, 0, 1),
        diameter::Avp::number(268, 0, 2001),
        diameter::Avp::of(
            260,
            0,
            {diameter::Avp::number(266, 0, 10415), diameter::Avp::number(258, 0, 16777216)}),
        diameter::Avp::of(
            297, 0, {diameter::Avp::number(266, 0, 10415), diameter::Avp::number(298, 0, 2001)})};
    Recording run;
    run.diameter("HSS", "I-CSCF", diameter::encode(answer));
    CHECK(broken_rules(run) == std::set<std::string>{"CX-ONE-RESULT"});
}

TEST_CASE("checks find header parameters, URI parameters, option tags, SDP lines and XML") {
    const std::string sdp =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\na=curr:qos "
        "local none\r\na=sendonly\r\n";
    const std::string invite = Text{
        "INVITE sip:bob@home SIP/2.0",
        "z9hG4bK1",
        "1 INVITE",
        "",
        "Contact: <sip:alice@127.0.0.1:5060;transport=udp>;expires=60\r\nSupported: 100rel, "
        "path\r\nRoute: <sip:a;lr>, <sip:b;lr>\r\n"
        "P-Charging-Vector: icid-value=\"abc\";orig-ioi=home\r\nContent-Type: application/sdp\r\n",
        sdp};
    CHECK(holds("`Contact` has `expires`", invite));
    CHECK(holds("`transport` of `Contact` is `udp`", invite));
    CHECK(holds("`Supported` has `100rel`", invite));
    CHECK(holds("`Supported` has no `timer`", invite));
    CHECK(holds("number of `Route` is `2`", invite));
    CHECK(holds("last `Route` contains `sip:b`", invite));
    CHECK(holds("`uri` of first `Route` is `sip:a;lr`", invite));
    CHECK(holds("`icid-value` of `P-Charging-Vector` is `abc`", invite));
    CHECK(holds("has `a=sendonly`", invite));
    CHECK(holds("`a=curr` is `qos local none`", invite));
    CHECK(holds("`m=audio` contains `RTP/AVP`", invite));
    CHECK(holds("`Request-URI` is `sip:bob@home`", invite));
    CHECK(holds("`From` matches `^<sip:alice@.*>;tag=`", invite));
    CHECK(holds("`Max-Forwards` is at most `70`", invite));
    CHECK_FALSE(holds("`Max-Forwards` is less than `70`", invite));
    CHECK_FALSE(holds("has `P-Asserted-Identity`", invite));
    const std::string notify =
        Text{"NOTIFY sip:bob@home SIP/2.0",
             "z9hG4bK1",
             "1 NOTIFY",
             "",
             "Content-Type: application/reginfo+xml\r\n",
             "<reginfo state=\"full\"><registration state=\"active\"/></reginfo>"};
    CHECK(holds("`/reginfo/@state` is `full`", notify));
    CHECK(holds("`count(//registration)` is `1`", notify) == false);
    CHECK(holds("`//registration/@state` is `active`", notify));
}
