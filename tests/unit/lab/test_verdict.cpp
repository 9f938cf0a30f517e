// Expected against observed: what passes, and the first difference in words.
#include <catch2/catch_test_macros.hpp>

#include "lab/ladder.h"
#include "lab/verdict.h"
#include "registration_run.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

Scenario scenario_of(const std::string& text) {
    auto scenario = parse_scenario("reg.md", text);
    if (!scenario) FAIL(scenario.error().front().to_string());
    return *scenario;
}

Diagram diagram_of(const std::string& arrows) {
    auto diagram = parse_mermaid("flow.md", "sequenceDiagram\n" + arrows, 1);
    if (!diagram) FAIL(diagram.error().front().to_string());
    return *diagram;
}

std::string difference(const std::string& arrows, const Recording& run) {
    const auto diagram = diagram_of(arrows);
    const auto match = match_flow(diagram, run.observation());
    return match.difference ? match.difference->sentence : "";
}

std::string request(const std::string& method,
                    const std::string& branch,
                    const std::string& cseq = "1",
                    const std::string& to_tag = "") {
    return Text{method + " sip:bob@home SIP/2.0", branch, cseq + " " + method, to_tag};
}
std::string response(const std::string& status,
                     const std::string& branch,
                     const std::string& cseq,
                     const std::string& to_tag = "b1") {
    return Text{"SIP/2.0 " + status, branch, cseq, to_tag};
}

}  // namespace

TEST_CASE("a hop seen by both ends is one message") {
    const auto observation = RegistrationRun{}.record().observation();
    REQUIRE(observation.messages.size() == 10);
    const auto& message = observation.messages[1];
    CHECK(message.label == "REGISTER");
    CHECK(observation.network[message.from].name == "P-CSCF");
    CHECK(observation.network[message.to].name == "I-CSCF");
    CHECK(message.reference_point == "Mw");
    CHECK(message.sent_ns);
    CHECK(message.received_ns);
    CHECK(observation.messages[2].label == "UAR");
    CHECK(observation.messages[2].reference_point == "Cx");
    CHECK(observation.messages[3].answers == 2);
    CHECK(observation.messages[9].answers == 0);
    CHECK(observation.hop_before(message)->index == 0);
}

TEST_CASE("a run as drawn passes, rules and criteria included") {
    const auto scenario = scenario_of(registration_scenario());
    const auto observation = RegistrationRun{}.record().observation();
    const auto verdict = judge(scenario, observation);
    INFO(verdict.sentence);
    CHECK(verdict.passed);
    CHECK(verdict.findings.empty());
    CHECK(verdict.flow.arrow_of[9] == 9);
}

TEST_CASE("a 401 that still carries ck fails with a sentence that says so") {
    RegistrationRun run;
    run.challenge_to_ue =
        "WWW-Authenticate: Digest realm=\"home\", "
        "nonce=\"cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\", algorithm=AKAv1-MD5, "
        "ck=\"63\"\r\n";
    const auto verdict = judge(scenario_of(registration_scenario()), run.record().observation());
    CHECK_FALSE(verdict.passed);
    CHECK(verdict.sentence ==
          "The P-CSCF forwarded the 401 with `ck` still in its `WWW-Authenticate`; TS 24.229 "
          "§5.2.2.2 has it removed.");
    REQUIRE(verdict.findings.size() == 1);
    CHECK(verdict.findings[0].rule == "GM-NO-CK");
}

TEST_CASE("an answer that never came is named, with what its sender did last") {
    RegistrationRun run;
    run.maa_missing = true;
    const auto verdict = judge(scenario_of(registration_scenario()), run.record().observation());
    CHECK(verdict.sentence ==
          "`MAA` from the HSS to the S-CSCF is drawn (line 25) and never came; the last thing the "
          "HSS received was `MAR`.");
}

TEST_CASE("a retransmission makes good for a loss and need not be drawn") {
    RegistrationRun run;
    run.register_lost_first = true;
    const auto observation = run.record().observation();
    REQUIRE(observation.messages.size() == 11);
    CHECK(observation.messages[2].retransmission_of == 1);
    CHECK(judge(scenario_of(registration_scenario()), observation).passed);
}

TEST_CASE("what came and was not drawn fails") {
    auto recording = RegistrationRun{}.record();
    recording.hop("P-CSCF", "alice", request("OPTIONS", "z9hG4bKo"));
    const auto verdict = judge(scenario_of(registration_scenario()), recording.observation());
    CHECK(
        verdict.sentence ==
        "The P-CSCF sent `OPTIONS` to alice, which is not drawn; the diagram has ended before it.");
}

TEST_CASE("another answer than the one drawn is named beside it") {
    Recording run;
    run.hop("alice", "P-CSCF", request("INVITE", "z9hG4bK1"))
        .hop("P-CSCF", "alice", response("486 Busy Here", "z9hG4bK1", "1 INVITE"));
    CHECK(difference("alice->>P-CSCF: INVITE\nP-CSCF-->>alice: 200\n", run) ==
          "The P-CSCF answered the INVITE of alice with `486 Busy Here`; the diagram has `200` "
          "there (line 3).");
}

TEST_CASE("order is kept on a lifeline and free between lifelines") {
    Recording run;
    run.hop("P-CSCF", "I-CSCF", request("MESSAGE", "z9hG4bK1"))
        .hop("S-CSCF", "P-CSCF", request("NOTIFY", "z9hG4bK2", "2"));
    // Drawn the other way round on the P-CSCF's lifeline:
    CHECK(difference("S-CSCF->>P-CSCF: NOTIFY\nP-CSCF->>I-CSCF: MESSAGE\n", run) ==
          "At the P-CSCF, `MESSAGE` (line 3) came before `NOTIFY` from the S-CSCF to the P-CSCF, "
          "which is drawn above it (line 2).");
    Recording apart;
    apart.hop("alice", "P-CSCF", request("MESSAGE", "z9hG4bK1"))
        .hop("I-CSCF", "S-CSCF", request("NOTIFY", "z9hG4bK2", "2"));
    CHECK(difference("I-CSCF->>S-CSCF: NOTIFY\nalice->>P-CSCF: MESSAGE\n", apart).empty());
}

TEST_CASE("par takes either order, a sequence does not") {
    Recording run;
    run.hop("P-CSCF", "alice", request("MESSAGE", "z9hG4bK1"))
        .hop("P-CSCF", "bob", request("MESSAGE", "z9hG4bK2"));
    CHECK(
        difference("par\nP-CSCF->>bob: MESSAGE\nand\nP-CSCF->>alice: MESSAGE\nend\n", run).empty());
    CHECK_FALSE(difference("P-CSCF->>bob: MESSAGE\nP-CSCF->>alice: MESSAGE\n", run).empty());
}

TEST_CASE("opt may be left out, alt takes one branch, loop repeats within its bounds") {
    const auto ringing = [](int times, const std::string& final) {
        Recording run;
        run.hop("alice", "P-CSCF", request("INVITE", "z9hG4bK1"));
        for (int i = 0; i < times; ++i) {
            run.hop("P-CSCF",
                    "alice",
                    Text{"SIP/2.0 180 Ringing",
                         "z9hG4bK1",
                         "1 INVITE",
                         "b1",
                         "RSeq: " + std::to_string(i + 1) + "\r\n"});
        }
        run.hop("P-CSCF", "alice", response(final, "z9hG4bK1", "1 INVITE"));
        return run;
    };
    const std::string optional =
        "alice->>P-CSCF: INVITE\nopt\nP-CSCF-->>alice: 180\nend\nP-CSCF-->>alice: 200\n";
    CHECK(difference(optional, ringing(0, "200 OK")).empty());
    CHECK(difference(optional, ringing(1, "200 OK")).empty());
    CHECK_FALSE(difference(optional, ringing(2, "200 OK")).empty());
    const std::string looped =
        "alice->>P-CSCF: INVITE\nloop 1..2\nP-CSCF-->>alice: 180\nend\nP-CSCF-->>alice: 200\n";
    CHECK_FALSE(difference(looped, ringing(0, "200 OK")).empty());
    CHECK(difference(looped, ringing(2, "200 OK")).empty());
    CHECK_FALSE(difference(looped, ringing(3, "200 OK")).empty());
    const std::string either =
        "alice->>P-CSCF: INVITE\nalt\nP-CSCF-->>alice: 200\nelse\nP-CSCF-->>alice: 486\nend\n";
    CHECK(difference(either, ringing(0, "486 Busy Here")).empty());
    CHECK(difference(either, ringing(0, "200 OK")).empty());
    CHECK_FALSE(difference(either, ringing(0, "603 Decline")).empty());
}

TEST_CASE("100 Trying and the ACK to a failure are implied, the ACK to a success is not") {
    Recording failed;
    failed.hop("alice", "P-CSCF", request("INVITE", "z9hG4bK1"))
        .hop("P-CSCF", "alice", response("100 Trying", "z9hG4bK1", "1 INVITE", ""));
    failed.hop("P-CSCF", "alice", response("486 Busy Here", "z9hG4bK1", "1 INVITE"))
        .hop("alice", "P-CSCF", request("ACK", "z9hG4bK1", "1", "b1"));
    CHECK(difference("alice->>P-CSCF: INVITE\nP-CSCF-->>alice: 486\n", failed).empty());
    CHECK(difference("alice->>P-CSCF: INVITE\nP-CSCF-->>alice: 100\nP-CSCF-->>alice: "
                     "486\nalice->>P-CSCF: ACK\n",
                     failed)
              .empty());
    Recording answered;
    answered.hop("alice", "P-CSCF", request("INVITE", "z9hG4bK1"))
        .hop("P-CSCF", "alice", response("200 OK", "z9hG4bK1", "1 INVITE"));
    answered.hop("alice", "P-CSCF", request("ACK", "z9hG4bK2", "1", "b1"));
    CHECK_FALSE(difference("alice->>P-CSCF: INVITE\nP-CSCF-->>alice: 200\n", answered).empty());
    CHECK(
        difference("alice->>P-CSCF: INVITE\nP-CSCF-->>alice: 200\nalice->>P-CSCF: ACK\n", answered)
            .empty());
}

TEST_CASE("a response belongs to its transaction") {
    const std::string drawn =
        "alice->>P-CSCF: INVITE\nP-CSCF-->>alice: 183\nalice->>P-CSCF: UPDATE\nP-CSCF-->>alice: "
        "200\nP-CSCF-->>alice: 200\n";
    const auto run = [](const std::string& first, const std::string& second) {
        Recording recording;
        recording.hop("alice", "P-CSCF", request("INVITE", "z9hG4bK1"))
            .hop("P-CSCF", "alice", response("183 Session Progress", "z9hG4bK1", "1 INVITE"));
        recording.hop("alice", "P-CSCF", request("UPDATE", "z9hG4bK2", "2", "b1"));
        for (const auto& method : {first, second}) {
            recording.hop("P-CSCF",
                          "alice",
                          response("200 OK",
                                   method == "INVITE" ? "z9hG4bK1" : "z9hG4bK2",
                                   method == "INVITE" ? "1 INVITE" : "2 UPDATE"));
        }
        return recording;
    };
    CHECK(difference(drawn, run("UPDATE", "INVITE")).empty());
    CHECK_FALSE(difference(drawn, run("INVITE", "UPDATE")).empty());
}

TEST_CASE("a message drawn as lost must be lost, any other must arrive") {
    Recording run;
    run.send("P-CSCF", "I-CSCF", request("MESSAGE", "z9hG4bK1"));
    CHECK(difference("P-CSCF-xI-CSCF: MESSAGE\n", run).empty());
    CHECK(difference("P-CSCF->>I-CSCF: MESSAGE\n", run) ==
          "The P-CSCF sent `MESSAGE` to the I-CSCF, and it never arrived.");
}

TEST_CASE("traces that were written later than read are put in order by cause") {
    // Clocks that disagree by less than a message takes: the receiver's record is earlier than the
    // sender's.
    auto records = RegistrationRun{}.record().records();
    for (auto& record : records["icscf"]) record.time_ns -= 1'500'000;
    std::vector<NodeTrace> traces;
    for (auto& [id, list] : records) traces.push_back({id, list});
    CHECK_FALSE(match_flow(scenario_of(registration_scenario()).flow, merge(core_network(), traces))
                    .difference);
}

TEST_CASE("what was said before the window and is sent again within it is no part of it") {
    Recording run;
    run.send("P-CSCF", "I-CSCF", request("MESSAGE", "z9hG4bK1"));
    std::int64_t last = 0;
    for (const auto& [id, list] : run.records()) {
        for (const auto& record : list) last = std::max(last, record.time_ns);
    }
    run.send("P-CSCF", "I-CSCF", request("MESSAGE", "z9hG4bK1"));
    run.send("P-CSCF", "I-CSCF", request("OPTIONS", "z9hG4bK2"));
    std::vector<NodeTrace> traces;
    for (const auto& [id, list] : run.records()) traces.push_back({id, list});
    Window window;
    window.from_ns = last + 1;
    const auto observation = merge(core_network(), traces, window);
    REQUIRE(observation.messages.size() == 1);
    CHECK(observation.messages.front().method == "OPTIONS");
}

TEST_CASE("the ladder has SIP and Diameter in one picture") {
    const auto observation = RegistrationRun{}.record().observation();
    LadderStyle style;
    style.width = 100;
    const auto text = draw_ladder(observation, style);
    INFO(text);
    CHECK(text.find("REGISTER") != std::string::npos);
    CHECK(text.find("UAR") != std::string::npos);
    CHECK(text.find("FIRST_REGISTRATION (2001)") != std::string::npos);
    CHECK(text.find("\x1b[") == std::string::npos);
    style.ascii = true;
    for (const char c : draw_ladder(observation, style)) CHECK((c & '\x80') == 0);
}

TEST_CASE("a failure shows both ladders with the difference marked") {
    RegistrationRun run;
    run.maa_missing = true;
    const auto scenario = scenario_of(registration_scenario());
    const auto observation = run.record().observation();
    LadderStyle style;
    style.width = 200;
    const auto text =
        explain_failure(scenario, observation, judge(scenario, observation), style, true);
    CHECK(text.find("Expected") != std::string::npos);
    CHECK(text.find("Observed") != std::string::npos);
    CHECK(text.find("here") != std::string::npos);
}
