// Sessions released because the registration of the served user ends (TS 24.229 §5.4.5.1.1,
// §5.4.5.1.2, §5.4.5.1.2A).
#include "tests/unit/scscf/registered_users.h"

using namespace imslab;
using namespace imslab::test;
using sip::HeaderId;

namespace {

const std::string kBobUri = "sip:bob@" + kHome;

cx::Request end_of_registration() {
    cx::RegistrationTerminationRequest rtr;
    rtr.private_identity = kAlice;
    return rtr;
}

// Alice is registered and has called Bob.
SentMessage alice_calls(CoreUnderTest& core, unsigned expires = 600) {
    RegisterText request;
    request.contact = "<sip:alice@127.1.100.1:5060>;expires=" + std::to_string(expires);
    core.registers_alice(request);
    core.originates("INVITE", kBobUri);
    return core.flow.sent();
}

void bob_answers(CoreUnderTest& core, const SentMessage& invite) {
    core.flow.answers(invite,
                      200,
                      "Contact: <sip:bob@127.1.100.2:5060>\nRecord-Route: <sip:mo@scscf." + kHome +
                          ";lr>, <sip:pcscf." + kHome + ";lr>\n",
                      "b1");
    CHECK(core.flow.sent().message.status() == 200);
}

void is_released(CoreUnderTest& core) {
    const auto to_bob = core.flow.sent();
    CHECK(to_bob.message.method() == sip::Method::bye);
    CHECK(to_bob.message.uri() == "sip:bob@127.1.100.2:5060");
    CHECK(to_bob.message.get(HeaderId::cseq) == "2 BYE");
    CHECK(sip::from_tag(to_bob.message) == "a1");
    CHECK(sip::to_tag(to_bob.message) == "b1");
    CHECK(to_bob.message.get(HeaderId::reason)->starts_with("SIP;cause=480"));
    const auto to_alice = core.flow.sent();
    CHECK(to_alice.flow.remote == kPcscf);
    CHECK(to_alice.message.uri() == "sip:alice@127.1.100.1:5060");
    CHECK(to_alice.message.get(HeaderId::route) == "<sip:pcscf." + kHome + ";lr>");
    CHECK(to_alice.message.get(HeaderId::call_id) == "call-1");
    CHECK(to_alice.message.get(HeaderId::cseq) == "1 BYE");
    CHECK(sip::from_tag(to_alice.message) == "b1");
    CHECK(sip::to_tag(to_alice.message) == "a1");
    CHECK(to_alice.message.has(HeaderId::reason));
    core.flow.answers(to_bob, 200);
    core.flow.answers(to_alice, 481);
    CHECK(core.flow.quiet());
    CHECK(core.node.dialogs() == 0);
}

}  // namespace

TEST_CASE("Given a call, when the HSS ends the registration, both sides get a BYE that says why") {
    CoreUnderTest core;
    bob_answers(core, alice_calls(core));
    const auto rta = core.flow.hss_asks<cx::RegistrationTerminationAnswer>(end_of_registration());
    CHECK(rta.result == cx::result::success);
    is_released(core);
}

TEST_CASE("Given a call, when the caller's registration expires, both sides get a BYE") {
    CoreUnderTest core;
    bob_answers(core, alice_calls(core));
    core.flow.passes(std::chrono::seconds(600));
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::timeout_deregistration);
    core.flow.answered(granted());
    is_released(core);
}

TEST_CASE("Given a call that rings, when the HSS ends the registration, it is cancelled: 480") {
    CoreUnderTest core;
    const auto invite = alice_calls(core);
    core.flow.answers(invite, 180, "Contact: <sip:bob@127.1.100.2:5060>\n", "b1");
    CHECK(core.flow.sent().message.status() == 180);
    core.flow.hss_asks<cx::RegistrationTerminationAnswer>(end_of_registration());
    const auto cancel = core.flow.sent();
    CHECK(cancel.message.method() == sip::Method::cancel);
    CHECK(cancel.message.get(HeaderId::reason)->starts_with("SIP;cause=480"));
    CHECK(core.flow.sent().message.status() == 480);
    CHECK(core.flow.quiet());
    CHECK(core.node.dialogs() == 0);
}

TEST_CASE("A subscription and somebody else's call outlive the end of a registration") {
    CoreUnderTest core;
    core.registers_alice();
    core.registers_bob();
    core.originates("SUBSCRIBE", kBobUri);
    core.flow.answers(core.flow.sent(), 200, "Contact: <sip:bob@127.1.100.2:5060>\n", "b1");
    core.flow.forget_sent();
    CHECK(core.node.dialogs() == 1);
    core.flow.hss_asks<cx::RegistrationTerminationAnswer>(end_of_registration());
    CHECK(core.flow.quiet());
    CHECK(core.node.dialogs() == 1);
}

TEST_CASE("Given two phones of one user, the one that leaves takes its own call with it") {
    CoreUnderTest core;
    bob_answers(core, alice_calls(core));
    RegisterText second;
    second.contact = "<sip:127.1.100.11:5060>;expires=600000";
    second.call_id = "reg-2";
    core.registers_alice(second);
    const bool calling_one = GENERATE(true, false);
    RegisterText leaves;
    leaves.cseq = 3;
    leaves.contact = "<sip:alice@127.1.100.1:5060>;expires=0";
    if (!calling_one) {
        leaves.contact = "<sip:127.1.100.11:5060>;expires=0";
        leaves.call_id = "reg-2";
    }
    core.authenticates(leaves);
    if (calling_one) {
        const auto to_bob = core.flow.sent();
        CHECK(to_bob.message.method() == sip::Method::bye);
        CHECK(to_bob.message.uri() == "sip:bob@127.1.100.2:5060");
        const auto to_alice = core.flow.sent();
        CHECK(to_alice.message.method() == sip::Method::bye);
        CHECK(to_alice.message.uri() == "sip:alice@127.1.100.1:5060");
        core.flow.answers(to_bob, 200);
        core.flow.answers(to_alice, 200);
    }
    CHECK(core.flow.sent().message.status() == 200);
    CHECK(core.flow.quiet());
    CHECK(core.node.dialogs() == (calling_one ? 0 : 1));
    CHECK(core.node.bindings() == 1);
}

TEST_CASE("Given two phones of one user, the one whose time is over gives up what it calls") {
    CoreUnderTest core;
    const auto invite = alice_calls(core, 100);
    core.flow.answers(invite, 180, "Contact: <sip:bob@127.1.100.2:5060>\n", "b1");
    CHECK(core.flow.sent().message.status() == 180);
    RegisterText second;
    second.contact = "<sip:127.1.100.11:5060>;expires=600000";
    second.call_id = "reg-2";
    core.registers_alice(second);
    core.flow.passes(std::chrono::seconds(100));
    std::vector<std::string> seen;
    while (core.flow.sent_waiting() > 0) {
        const auto sent = core.flow.sent().message;
        seen.push_back(sent.is_request() ? std::string(sent.method_text())
                                         : std::to_string(sent.status()));
    }
    REQUIRE_FALSE(seen.empty());
    CHECK(std::count(seen.begin(), seen.end(), "480") >= 1);
    CHECK(std::count(seen.begin(), seen.end(), "CANCEL") >= 1);
    CHECK(core.node.bindings() == 1);
}
