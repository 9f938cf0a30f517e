// The commands of a test procedure: what they mean, and how a mistake is answered.
#include "lab/procedure.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab;
using namespace imslab::lab;

namespace {

const Topology& topology() {
    static const Topology core = *Topology::parse(R"(nodes:
  pcscf: {kind: pcscf, addresses: {Gm: 127.1.1.1, Mw: 127.1.1.2}}
  scscf: {kind: scscf, address: 127.1.3.1}
  hss: {kind: hss, address: 127.1.4.1}
  as1: {kind: as, address: 127.1.10.1, settings: {enablers: {marking: {}}}}
ues:
  alice: {address: 127.1.100.1}
  alice2: {address: 127.1.100.11}
  bob: {address: 127.1.100.2}
  carol: {address: 127.1.100.3}
)",
                                                  "t.yaml");
    return core;
}

template <class T>
T one(const std::string& text) {
    const auto commands = parse_command(text, topology());
    INFO(text);
    REQUIRE(commands);
    REQUIRE(commands->size() == 1);
    REQUIRE(std::holds_alternative<T>(commands->front()));
    return std::get<T>(commands->front());
}

std::string mistake(const std::string& text) {
    const auto commands = parse_command(text, topology());
    if (commands) return "";
    const auto& error = commands.error();
    return std::to_string(error.column) + ": found " + error.found + ", expected " + error.expected;
}

}  // namespace

TEST_CASE("registrations and their options") {
    CHECK(one<RegisterCommand>("alice register").kind == RegisterCommand::Kind::initial);
    const auto options = one<RegisterCommand>(
        "alice register expires 60 contact 2 with old SQN with integrity-protected yes");
    CHECK(options.expires == 60U);
    CHECK(options.contact == 2);
    CHECK(options.answer == RegisterCommand::Answer::old_sqn);
    CHECK(options.integrity_protected == "yes");
    CHECK_FALSE(one<RegisterCommand>("alice register digest").with_authorization);
    CHECK(one<RegisterCommand>("alice deregister").expires == 0U);
    CHECK(one<RegisterCommand>("alice deregister all").kind == RegisterCommand::Kind::remove_all);
    CHECK(one<RegisterCommand>("alice replay authorization").kind == RegisterCommand::Kind::replay);
    CHECK(one<RegisterCommand>(
              "alice register as sip:mallory@example.net with username m@example.net")
              .as == "sip:mallory@example.net");
    CHECK(one<RegisterCommand>("alice deregister without answering").answer ==
          RegisterCommand::Answer::none);
    const auto header = one<RegisterCommand>("alice register with header \"X-Test: a, b\"");
    CHECK(header.headers == std::vector<std::pair<std::string, std::string>>{{"X-Test", "a, b"}});
}

TEST_CASE("a list of UEs is a command for each") {
    const auto commands = parse_command("alice, bob and carol register expires 60", topology());
    REQUIRE(commands);
    REQUIRE(commands->size() == 3);
    CHECK(std::get<RegisterCommand>((*commands)[2]).ue == "carol");
    CHECK(std::get<RegisterCommand>((*commands)[1]).expires == 60U);
}

TEST_CASE("a call is a script for each device") {
    const auto scripts = [](const std::string& text) {
        const auto call = one<PlayCommand>(text);
        std::string all = call.caller.script;
        for (const auto& other : call.others) all += " " + other.ue + ":" + other.script;
        return all;
    };
    CHECK(scripts("alice call bob") == "call.xml bob:answer.xml");
    CHECK(scripts("alice call bob, bob is busy") == "call_fails.xml bob:busy.xml");
    CHECK(scripts("alice call bob, alice cancels") == "call_cancel.xml bob:ring.xml");
    CHECK(scripts("alice call bob, alice cancels, bob rings") == "call_cancel.xml bob:ring.xml");
    CHECK(scripts("alice call bob, alice cancels, bob answers late") ==
          "call_cancel_late.xml bob:answer_late.xml");
    CHECK(scripts("bob call alice, alice answers, alice2 rings") ==
          "call.xml alice:answer.xml alice2:ring.xml");
    CHECK(scripts("bob call alice, alice is busy, alice2 answers") ==
          "call.xml alice:busy.xml alice2:answer.xml");
    CHECK(scripts("alice call bob, with preconditions") ==
          "call_preconditions.xml bob:answer_preconditions.xml");
    CHECK(scripts("alice call sip:nobody@example.net, fails") == "call_fails.xml");
    CHECK(scripts("alice message bob \"hello, bob\"") == "message.xml bob:accept.xml");
    CHECK(scripts("alice message bob \"hello\", fails") == "message_fails.xml");
    CHECK(scripts("alice subscribe bob presence") == "subscribe.xml bob:notify.xml");
    CHECK(scripts("alice refer bob to carol") == "refer.xml bob:accept_refer.xml");
    CHECK(scripts("alice play a.xml to bob, bob play b.xml") == "a.xml bob:b.xml");
}

TEST_CASE("nodes are stopped, started and waited for") {
    CHECK(one<NodeCommand>("kill hss").kind == NodeCommand::Kind::kill);
    CHECK(one<NodeCommand>("kill as1").at_message == 0);
    CHECK(one<NodeCommand>("kill as1 at message 2").at_message == 2);
    CHECK(one<NodeCommand>("stop S-CSCF").node == "scscf");
    const auto wait = one<WaitCommand>("wait until scscf forgets alice contact 2 within 3 s");
    CHECK_FALSE(wait.present);
    CHECK(wait.contact == 2);
    CHECK(wait.within == std::chrono::seconds(3));
    CHECK(one<SendCommand>("alice send a.sip").node.empty());
    CHECK(one<SendCommand>("alice send a.sip to scscf").node == "scscf");
    CHECK(one<WaitCommand>("wait until scscf shows \"registered\"").text == "registered");
}

TEST_CASE("a mistake is told by column, found and expected") {
    CHECK(
        mistake("zoe register")
            .starts_with("1: found 'zoe', expected a UE of the topology: alice alice2 bob carol"));
    CHECK(mistake("alice regster").starts_with("7: found 'regster', expected one of register"));
    CHECK(mistake("alice register expires soon") ==
          "24: found 'soon', expected a number of seconds");
    CHECK(mistake("alice call bob, bob sleeps")
              .starts_with("21: found 'sleeps', expected one of answers"));
    CHECK(mistake("alice message bob") ==
          "18: found the end of the command, expected a text in quotes");
    CHECK(mistake("kill hss at message 2") == "21: found '2', expected an application server");
    CHECK(mistake("kill as1 at message 0") ==
          "21: found '0', expected 1, the next, or a later one");
    CHECK(mistake("alice message bob \"hello") ==
          "19: found a quote that is not closed, expected \"…\"");
    CHECK(mistake("alice send a.sip to hss") == "21: found 'hss', expected a node that takes SIP");
    CHECK(mistake("stop everything") ==
          "6: found 'everything', expected a node of the topology: pcscf scscf hss as1");
    CHECK(
        mistake("wait until scscf sings").starts_with("18: found 'sings', expected one of knows"));
    CHECK(mistake("alice options bob twice").starts_with("19: found 'twice'"));
    CHECK(mistake("").starts_with("1: found the end of the command"));
}
