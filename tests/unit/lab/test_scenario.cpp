// Scenario files, read and refused.
#include <catch2/catch_test_macros.hpp>

#include "lab/scenario.h"
#include "registration_run.h"

using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

std::string first_mistake(const std::string& text) {
    const auto scenario = parse_scenario("reg.md", text);
    return scenario ? "" : scenario.error().front().to_string();
}

}  // namespace

TEST_CASE("a scenario's parts are read from its Markdown") {
    const auto scenario = parse_scenario("reg.md", registration_scenario());
    REQUIRE(scenario);
    CHECK(scenario->id == "REG-001");
    CHECK(scenario->title == "Initial registration with IMS AKA");
    CHECK(scenario->topology == "core");
    CHECK(scenario->preconditions == "alice is provisioned; nobody is registered");
    CHECK(scenario->tags == std::vector<std::string>{"registration", "aka"});
    CHECK(scenario->purpose == "Alice's phone asks for a challenge.");
    REQUIRE(scenario->steps.size() == 1);
    CHECK(scenario->steps[0].command == "alice register");
    CHECK(scenario->steps[0].text == "Alice's phone registers.");
    CHECK(scenario->steps[0].line == 14);
    CHECK(scenario->steps[0].column == 5);
    CHECK(scenario->flow.arrow_count == 10);
    CHECK(scenario->flow.arrows()[9]->line == 28);
    REQUIRE(scenario->criteria.size() == 2);
    CHECK(scenario->criteria[1].reference == "TS 24.229 §5.2.2.2");
    CHECK(scenario->criteria[1].line == 35);
    CHECK(check_against(*scenario, core_network()).empty());
}

TEST_CASE("a mistake in a scenario says where it is, what was found and what was expected") {
    const std::string good = registration_scenario();
    CHECK(first_mistake(replaced(good, "# REG-001", "# Reg1")) ==
          "reg.md:1:3: found 'Reg1', expected an identifier such as REG-001");
    CHECK(first_mistake(replaced(good, "| Tags |", "| Tag |")) ==
          "reg.md:9:3: found the row 'Tag', expected Test object, Specification, SCR, Topology, "
          "Also on, Preconditions, Tags, Departures or Actors");
    CHECK(first_mistake(replaced(good, "HSS-->>I-CSCF: UAA", "HSS=>I-CSCF: UAA")) ==
          "reg.md:22:5: found 'HSS=>I-CSCF: UAA', expected FROM->>TO: MESSAGE, participant, Note, "
          "par, and, opt, alt, else, loop or end");
    CHECK(
        first_mistake(replaced(good, "P-CSCF-->>alice: 401 Unauthorized", "P-CSCF-->>bob: 401")) ==
        "reg.md:28:5: found '401' from P-CSCF to bob, expected above it an unanswered request from "
        "bob to P-CSCF");
    CHECK(first_mistake(replaced(good, "has no `ck`", "lacks `ck`")) ==
          "reg.md:35:41: found 'lacks', expected has, has no, is, is not, contains, contains no, "
          "matches, matches no, same as, differs from, less than, at most or at least");
    CHECK(
        first_mistake(replaced(good, "| REGISTER P-CSCF→I-CSCF |", "| Register P-CSCF→I-CSCF |")) ==
        "reg.md:34:3: found 'Register', expected a message such as REGISTER, 401, 200 (INVITE) or "
        "UAR, then FROM→TO");
    CHECK(first_mistake(replaced(good, "## Call flow", "## Flow")) ==
          "reg.md:16:4: found the section 'Flow', expected Test procedure, Call flow, Pass "
          "criteria or Notes");
    CHECK(first_mistake(replaced(good, "1. `alice register`", "1. alice register")) ==
          "reg.md:14:4: found a step without a command, expected a command in `backticks`, as in "
          "`alice register`");
    CHECK(
        first_mistake("") ==
        "reg.md:1:1: found no title, expected # ID Title, as in '# REG-001 Initial registration'");
}

TEST_CASE("an answer of another Diameter command than was asked is a mistake") {
    CHECK(first_mistake(
              replaced(registration_scenario(), "HSS-->>I-CSCF: UAA", "HSS-->>I-CSCF: MAA")) ==
          "reg.md:22:5: found 'MAA' from HSS to I-CSCF, expected above it MAR from I-CSCF to HSS");
}

TEST_CASE("a criterion on a message that is not drawn is a mistake") {
    const auto mistakes_with = [](const std::string& row) {
        const auto scenario = parse_scenario("reg.md", registration_scenario(row));
        REQUIRE(scenario);
        std::string all;
        for (const auto& mistake : check_against(*scenario, core_network()))
            all += mistake.to_string() + "\n";
        return all;
    };
    CHECK(mistakes_with("| 404 P-CSCF→alice | has `To` | RFC 3261 §8.2.6.2 |\n") ==
          "reg.md:36:3: found '404 P-CSCF→alice', which is not drawn, expected a message of the "
          "call flow\n");
    CHECK(mistakes_with("| 401 alice→P-CSCF | has `To` | RFC 3261 §8.2.6.2 |\n") != "");
    CHECK(mistakes_with("| 401 (INVITE) P-CSCF→alice | has `To` | RFC 3261 §8.2.6.2 |\n") != "");
    CHECK(mistakes_with("| LIR | has `Public-Identity` | TS 29.228 §6.1.4 |\n") != "");
    CHECK(mistakes_with("| MAA | `User-Name` same as in 2nd SAR | TS 29.228 §6.3 |\n") != "");
    for (const auto* row :
         {"| 401 (REGISTER) P-CSCF→alice | has `To` | RFC 3261 §8.2.6.2 |\n",
          "| 4xx P-CSCF→alice | has `To` | RFC 3261 §8.2.6.2 |\n",
          "| every response | has `To` | RFC 3261 §8.2.6.2 |\n",
          "| 100 P-CSCF→alice | has `To` | RFC 3261 §8.2.6.2 |\n",
          "| MAA HSS→S-CSCF | `User-Name` same as in its request | TS 29.228 §6.3 |\n"}) {
        INFO(row);
        CHECK(mistakes_with(row) == "");
    }
}

TEST_CASE("a lifeline that the topology does not have is a mistake") {
    auto text = registration_scenario();
    const auto scenario =
        parse_scenario("reg.md",
                       replaced(text,
                                "    alice->>P-CSCF: REGISTER",
                                "    eve->>P-CSCF: REGISTER\n    alice->>P-CSCF: REGISTER"));
    REQUIRE(scenario);
    const auto mistakes = check_against(*scenario, core_network());
    REQUIRE(mistakes.size() == 1);
    CHECK(mistakes[0].to_string() ==
          "reg.md:19:5: found the lifeline 'eve', expected one of the topology core: alice, "
          "P-CSCF, I-CSCF, S-CSCF, HSS, bob");
}

TEST_CASE("par, opt, alt and loop open and close, and a block without its end is named") {
    const auto flow =
        parse_mermaid("x.md",
                      "sequenceDiagram\n  par first\n    a->>b: INVITE\n  and second\n    a->>c: "
                      "INVITE\n  end\n  opt maybe\n    b-->>a: 180\n  end\n"
                      "  loop 2..3 times\n    b-->>a: 183\n  end\n  alt\n    b-->>a: 200\n  else\n "
                      "   b-->>a: 486\n  end\n",
                      1);
    REQUIRE(flow);
    REQUIRE(flow->body.size() == 4);
    CHECK(flow->body[0].branches.size() == 2);
    CHECK(flow->body[0].captions[1] == "second");
    CHECK(flow->body[2].at_least == 2);
    CHECK(flow->body[2].at_most == 3);
    const auto open =
        parse_mermaid("x.md", "sequenceDiagram\n  opt maybe\n    a->>b: INVITE\n", 10);
    REQUIRE_FALSE(open);
    CHECK(open.error()[0].to_string() == "x.md:11:3: found a opt without its end, expected end");
}

TEST_CASE("the checks of the criteria are read, and what is not a check is refused") {
    CHECK(parse_check("`icid-value` of `P-Charging-Vector` same as in INVITE P-CSCF→S-CSCF"));
    CHECK(parse_check("number of `Via` is `3`"));
    CHECK(
        parse_check("`nonce` of `WWW-Authenticate` differs from `nonce` of `WWW-Authenticate` in "
                    "2nd 401 P-CSCF->alice"));
    CHECK(parse_check("has no `P-Charging-Vector`"));
    CHECK(parse_check("`auts` of `Authorization` exists"));
    CHECK(parse_check("`P-Asserted-Identity` is absent"));
    CHECK(parse_check("body contains `hello`"));
    CHECK(parse_check("`a=curr` contains `qos local sendrecv`"));
    CHECK(parse_check("`//*[local-name()='registration']/@state` is `active`"));
    const auto broken = parse_check("`Path` matches `(`");
    REQUIRE_FALSE(broken);
    CHECK(broken.error().column == 16);
    CHECK_FALSE(parse_check("`Path` is"));
    CHECK_FALSE(parse_check("`Path"));
    CHECK_FALSE(parse_check("`Path` has `lr` and more"));
}

namespace {

// The scenario above, played on plain-sip too.
std::string on_two_networks() {
    return replaced(registration_scenario(),
                    "| Topology | core |\n",
                    "| Topology | core |\n| Also on | plain-sip |\n") +
           "\n## Call flow on plain-sip\n```mermaid\nsequenceDiagram\n    alice->>Proxy: REGISTER\n"
           "    Proxy-->>alice: 401\n```\n\n## Pass criteria on plain-sip\n"
           "| Message | Check | Reference |\n|---|---|---|\n"
           "| 401 Proxy→alice | has `WWW-Authenticate` | RFC 3261 §22.2 |\n";
}

}  // namespace

TEST_CASE("a scenario may have a call flow and criteria for another network") {
    const auto scenario = parse_scenario("reg.md", on_two_networks());
    REQUIRE(scenario);
    CHECK(scenario->flow.arrow_count == 10);
    CHECK(scenario->criteria.size() == 2);
    CHECK_FALSE(scenario->is_on_another_network());
    REQUIRE(scenario->also_on.size() == 1);
    const auto there = on_another_network(*scenario, scenario->also_on.front());
    CHECK(there.id == "REG-001@plain-sip");
    CHECK(there.base_id == "REG-001");
    CHECK(there.is_on_another_network());
    CHECK(there.topology == "plain-sip");
    CHECK(there.flow.arrow_count == 2);
    CHECK(there.criteria.size() == 1);
    CHECK(there.steps.size() == scenario->steps.size());
}

TEST_CASE("mistakes in the sections of another network") {
    const auto good = on_two_networks();
    CHECK(first_mistake(replaced(good, "| Also on | plain-sip |\n", ""))
              .find("found 'plain-sip', expected a topology of the row Also on") !=
          std::string::npos);
    CHECK(first_mistake(replaced(good, "| Also on | plain-sip |", "| Also on | plain-sip, other |"))
              .find("expected ## Call flow on other") != std::string::npos);
    CHECK(first_mistake(good + "\n## Call flow on plain-sip\n").find("a second time") !=
          std::string::npos);
}
