// OMA's RESTful Network API for Third Party Call: what a client asks, what phones do, what it
// reads.
#include "tests/unit/gateways/interaction/gateway_fixture.h"

using namespace imslab;
using namespace imslab::interaction;
using sip::HeaderId;

TEST_CASE("a click rings the caller's phone, then the callee's, and joins them; DELETE ends it") {
    GatewayLab lab;
    const auto created = lab.click();
    CHECK(created.status == 201);
    CHECK(created.fields.get("Location") == kUrl + kSessions + "/" + lab.id);
    auto read = GatewayLab::read(created);
    CHECK(read["resourceURL"] == kUrl + kSessions + "/" + lab.id);
    CHECK(read["terminated"] == "false");
    CHECK(read["participant"][0]["participantStatus"] == "CallParticipantInitial");
    CHECK(read["participant"][1]["participantName"] == "B");

    const auto first = lab.sent();
    CHECK(first.message.uri() == kAlice);
    CHECK(first.message.get(HeaderId::p_asserted_identity) == "<sip:click@home.example>");
    lab.answers(first, 180);
    lab.answers(first, 200, GatewayLab::kSilence);
    CHECK(lab.session()["participant"][0]["participantStatus"] == "CallParticipantConnected");
    lab.sent();  // ACK
    const auto second = lab.sent();
    CHECK(second.message.uri() == kBob);
    CHECK(second.message.get(HeaderId::p_asserted_identity) == "<" + kAlice + ">");
    CHECK(second.message.body().empty());  // RFC 3725 §4.4
    lab.answers(second, 200, GatewayLab::kVoice);
    lab.answers(lab.sent(), 200, GatewayLab::kVoice);
    read = lab.session();
    CHECK(read["participant"][1]["participantStatus"] == "CallParticipantConnected");
    CHECK(read["participant"][1]["startTime"] == "2001-09-09T01:46:40Z");
    lab.sip_sent.clear();

    lab.now += std::chrono::seconds(7);
    CHECK(lab.ask("DELETE", kSessions + "/" + lab.id).status == 204);
    CHECK(lab.sent().message.method() == sip::Method::bye);
    CHECK(lab.sent().message.method() == sip::Method::bye);
    read = lab.session();
    CHECK(read["terminated"] == "true");
    CHECK(read["participant"][0]["terminationCause"] == "CallParticipantAborted");
    CHECK(read["participant"][0]["duration"] == "7");

    const auto again = lab.ask("DELETE", kSessions + "/" + lab.id);
    CHECK(again.status == 409);
    CHECK(GatewayLab::read(again)["serviceException"]["messageId"] == "SVC0261");
}

TEST_CASE("what has ended is there for a while") {
    GatewayLab lab;
    lab.click();
    lab.answers(lab.sent(), 486);
    const auto read = lab.session();
    CHECK(read["terminated"] == "true");
    CHECK(read["participant"][0]["terminationCause"] == "CallParticipantBusy");
    CHECK(read["participant"][1]["terminationCause"] == "CallParticipantAborted");
    lab.passes(std::chrono::seconds(61));
    CHECK(lab.ask("GET", kSessions + "/" + lab.id).status == 404);
    CHECK(lab.node.state()["enablers"]["interaction"]["calls"].empty());
}

TEST_CASE("why it came to nothing is told") {
    GatewayLab lab;
    lab.click();
    const auto first = lab.sent();
    SECTION("the caller lets it ring") {
        lab.answers(first, 180);
        lab.passes(std::chrono::seconds(121));
        CHECK(lab.session()["participant"][0]["terminationCause"] == "CallParticipantNoAnswer");
        CHECK(lab.sent().message.method() == sip::Method::cancel);
    }
    SECTION("the callee is busy, is not known, declines, is not there") {
        lab.answers(first, 200, GatewayLab::kSilence);
        lab.sent();
        const auto second = lab.sent();
        const auto [status, cause] = GENERATE(std::pair(486, "CallParticipantBusy"),
                                              std::pair(404, "CallParticipantNotReachable"),
                                              std::pair(603, "CallParticipantHangUp"),
                                              std::pair(480, "CallParticipantNoAnswer"));
        lab.answers(second, status);
        CHECK(lab.session()["participant"][1]["terminationCause"] == cause);
        CHECK(lab.session()["participant"][0]["terminationCause"] == "CallParticipantAborted");
        const auto ack = lab.sent();
        const auto bye = lab.sent();
        CHECK(bye.message.method() == sip::Method::bye);
        CHECK(bye.message.get(HeaderId::reason)->find(std::to_string(status)) !=
              std::string_view::npos);
    }
}

TEST_CASE("flow I for an automaton: it gets the caller's offer") {
    GatewayLab lab;
    lab.click(kMenu);
    const auto first = lab.sent();
    CHECK(first.message.body().empty());
    lab.answers(first, 200, GatewayLab::kVoice);
    CHECK(lab.sent().message.body().find("m=audio") != std::string_view::npos);
}

TEST_CASE("one leaves, and another one takes his place") {
    GatewayLab lab;
    lab.click();
    const auto participants = kSessions + "/" + lab.id + "/participants";
    const std::string carol =
        R"({"callParticipantInformation":{"participantAddress":")" + kCarol + R"("}})";
    CHECK(lab.ask("PUT", participants + "/p2", carol).status == 409);
    lab.join();
    CHECK(lab.ask("PUT", participants + "/p7", carol).status == 404);

    const auto done = lab.ask("PUT", participants + "/p2", carol);
    CHECK(done.status == 200);
    const auto read = GatewayLab::read(done);
    REQUIRE(read["participant"].size() == 3);
    CHECK(read["participant"][1]["participantStatus"] == "CallParticipantTerminated");
    CHECK(read["participant"][2]["participantAddress"] == kCarol);
    CHECK(lab.sent().message.method() == sip::Method::bye);
    const auto third = lab.sent();
    CHECK(third.message.uri() == kCarol);
    lab.answers(third, 200, GatewayLab::kSilence);
    lab.sent();
    lab.answers(lab.sent(), 200, GatewayLab::kVoice);
    lab.answers(lab.sent(), 200, GatewayLab::kVoice);
    CHECK(lab.session()["participant"][2]["participantStatus"] == "CallParticipantConnected");
    CHECK(lab.ask("PUT", participants + "/p2", carol).status == 404);
    CHECK(lab.ask("PUT", participants + "/p1", carol).status == 400);  // she is in it
}

TEST_CASE("a call in somebody else's name, or somebody else's call") {
    GatewayLab lab;
    const auto forged = lab.ask("POST", kSessions, GatewayLab::order(kBob, kCarol));
    CHECK(forged.status == 403);
    CHECK(GatewayLab::read(forged)["policyException"]["messageId"] == "POL0001");
    CHECK(lab.sip_sent.empty());

    lab.click();
    const auto mine = kSessions + "/" + lab.id;
    for (const auto* method : {"GET", "DELETE"})
        CHECK(lab.ask(method, mine, {}, kBob).status == 404);
    CHECK(lab.ask("GET", mine + "/participants", {}, kBob).status == 404);
    CHECK(GatewayLab::read(lab.ask("GET", kSessions, {}, kBob)).count("callSessionInformation") ==
          0);
    CHECK(GatewayLab::read(lab.ask("GET", kSessions))["callSessionInformation"].size() == 1);
    CHECK(lab.ask("GET", mine).status == 200);
    CHECK(lab.ask("GET", mine, {}, "").status == 403);
}

TEST_CASE("orders that cannot be carried out") {
    GatewayLab lab;
    const auto fault = [&](const std::string& body) {
        const auto response = lab.ask("POST", kSessions, body);
        const auto read = GatewayLab::read(response);
        const auto& exception = read.begin().value();
        return std::to_string(response.status) + " " + std::string(exception["messageId"]);
    };
    CHECK(fault("{") == "400 SVC0002");
    CHECK(fault(R"({"somethingElse":{}})") == "400 SVC0002");
    CHECK(fault(R"({"callSessionInformation":{}})") == "400 SVC0002");
    CHECK(lab.ask("POST", kSessions, "<a>").status == 400);
    CHECK(fault(GatewayLab::order(kAlice, "mailto:bob@home.example")) == "400 SVC0004");
    CHECK(fault(GatewayLab::order(kAlice, "")) == "400 SVC0004");
    CHECK(fault(GatewayLab::order(kAlice, kAlice)) == "400 SVC0004");
    CHECK(fault(GatewayLab::order(kAlice, kBob + "\\r\\nEvil: yes")) == "400 SVC0004");
    CHECK(fault(R"({"callSessionInformation":{"participant":[{"participantAddress":"tel:+1"},)"
                R"({"participantAddress":"tel:+2"},{"participantAddress":"tel:+3"}]}})") ==
          "403 POL0003");
    CHECK(lab.sip_sent.empty());

    auto request = lab.request("POST", kSessions, "callSessionInformation=1");
    request.fields.set("Content-Type", "application/x-www-form-urlencoded");
    CHECK(lab.ask(std::move(request)).status == 415);
    CHECK(lab.ask("PUT", kSessions, "{}").status == 405);
    CHECK(lab.ask("PUT", kSessions, "{}").fields.get("Allow") == "GET, POST");
    CHECK(lab.ask("GET", "/thirdpartycall/v1/other").status == 404);
    CHECK(lab.ask("GET", "/thirdpartycall/v1").status == 404);
    CHECK(lab.ask("GET", "/thirdpartycall/v1/callSessions/%zz").status == 404);
    CHECK(lab.ask("GET", "/").status == 404);
}

TEST_CASE("the same correlator means the same call") {
    GatewayLab lab;
    const std::string body =
        R"({"callSessionInformation":{"clientCorrelator":"7","participant":[{"participantAddress":")" +
        kAlice + R"("},{"participantAddress":")" + kBob + R"("}]}})";
    const auto first = lab.ask("POST", kSessions, body), second = lab.ask("POST", kSessions, body);
    CHECK(first.status == 201);
    CHECK(second.status == 200);
    CHECK(first.fields.get("Location") == second.fields.get("Location"));
    CHECK(GatewayLab::read(second)["clientCorrelator"] == "7");
    lab.sent();
    CHECK(lab.sip_sent.empty());
}

TEST_CASE("XML is as good as JSON, and each gets what he accepts") {
    GatewayLab lab;
    const auto created = lab.ask(
        "POST",
        kSessions,
        "<tpc:callSessionInformation xmlns:tpc=\"urn:oma:xml:rest:netapi:thirdpartycall:1\">"
        "<participant><participantAddress>" +
            kAlice + "</participantAddress></participant><participant><participantAddress>" + kBob +
            "</participantAddress></participant></tpc:callSessionInformation>");
    CHECK(created.status == 201);
    CHECK(created.fields.get("Content-Type") == "application/xml");
    CHECK(created.body.find("<tpc:callSessionInformation xmlns:tpc="
                            "\"urn:oma:xml:rest:netapi:thirdpartycall:1\">") != std::string::npos);
    auto request = lab.request("GET", kSessions);
    request.fields.add("Accept", "text/html, application/xml;q=0.5");
    CHECK(lab.ask(request).fields.get("Content-Type") == "application/xml");
    request.fields.set("Accept", "text/html");
    CHECK(lab.ask(request).status == 406);
    CHECK(lab.ask("GET", kSessions + "?resFormat=XML").fields.get("Content-Type") ==
          "application/xml");
    auto faulty = lab.request("GET", kSessions + "/none");
    faulty.fields.add("Accept", "application/xml");
    CHECK(lab.ask(faulty).body.find("<common:requestError") != std::string::npos);
}

TEST_CASE("a third one would be a conference, which is not offered") {
    GatewayLab lab;
    CHECK(lab.ask("POST", kSessions + "/x/participants", "{}").status == 404);
    lab.click();
    CHECK(lab.ask("POST", kSessions + "/" + lab.id + "/participants", "{}").status == 403);
}
