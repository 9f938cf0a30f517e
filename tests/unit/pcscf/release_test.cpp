// TS 24.229 §5.2.8.1: the UE is lost, the P-CSCF releases its sessions.
#include "tests/unit/pcscf/between_ue_and_core.h"

using namespace imslab;
using namespace imslab::pcscf;
using namespace imslab::pcscf::test;

namespace {

constexpr std::uint64_t kConnection = 7;

Event lost(const BetweenUeAndCore& lab, const End& ue) {
    return ConnectionClosed{
        Flow{Transport::tcp, lab.config().gm, *Address::parse(ue.address), kConnection}, "reset"};
}

RequestOptions over_tcp() { return {.transport = "TCP"}; }

Sent calling(BetweenUeAndCore& lab) {
    register_ue(lab, kAlice, {}, kConnection);
    lab.on_gm(request_of(kAlice, "INVITE", over_tcp()), kAliceAddress, kConnection);
    return lab.expect_request("INVITE");
}

void answered(BetweenUeAndCore& lab, const Sent& invite) {
    auto ok = response_to(invite, 200, "callee");
    ok.prepend(HeaderId::record_route, "<sip:mo@scscf." + kHome + ";lr>");
    ok.append(HeaderId::contact, "<sip:zoe@127.1.200.1:5060>");
    lab.answer(invite, ok);
    const Sent passed = lab.expect_response(200);
    CHECK(passed.all(HeaderId::record_route).back() ==
          "<sip:orig@127.1.1.1:5060;lr;transport=tcp>");
}

}  // namespace

TEST_CASE("an established session of a lost UE is released with a BYE to the other end") {
    BetweenUeAndCore lab;
    const Sent invite = calling(lab);
    answered(lab, invite);
    lab.deliver(lost(lab, kAlice));
    const Sent bye = lab.expect_request("BYE");
    CHECK(bye.flow.remote.to_string() == kScscfAddress);
    CHECK(bye.message.uri() == "sip:zoe@127.1.200.1:5060");
    CHECK(bye.all(HeaderId::route) == std::vector<std::string>{"<sip:mo@scscf." + kHome + ";lr>"});
    CHECK(sip::from_tag(bye.message) == "caller");
    CHECK(sip::to_tag(bye.message) == "callee");
    CHECK(sip::cseq(bye.message)->number == 2);
    CHECK(bye.header(HeaderId::reason).starts_with("SIP;cause=503"));
    CHECK(charging_parameter(bye, "icid") == charging_parameter(invite, "icid"));
    lab.answer(bye, response_to(bye, 200));
    CHECK(lab.quiet());
    lab.pass(std::chrono::seconds(200));
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("a call that is being set up by a lost UE is cancelled") {
    BetweenUeAndCore lab;
    const Sent invite = calling(lab);
    lab.answer(invite, response_to(invite, 180, "callee"));
    lab.expect_response(180);
    lab.deliver(lost(lab, kAlice));
    bool cancelled = false;
    while (!lab.quiet()) cancelled |= lab.next().message.method_text() == "CANCEL";
    CHECK(cancelled);
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("a callee that is lost while it rings: the caller is told 503 or 500") {
    BetweenUeAndCore lab;
    register_ue(lab, kBob, {}, kConnection);
    lab.on_mw(request_to(kBob, "INVITE"));
    const Sent invite = lab.expect_request("INVITE");
    CHECK(invite.flow.connection == kConnection);
    lab.answer(invite, response_to(invite, 180, "bob"));
    lab.expect_response(180);
    lab.deliver(lost(lab, kBob));
    int status = 0;
    while (!lab.quiet()) {
        const Sent sent = lab.next();
        if (!sent.message.is_request() && sent.message.method() == sip::Method::invite)
            status = sent.message.status();
    }
    CHECK((status == 503 || status == 500));
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("a UE that has come back over another connection is not lost") {
    BetweenUeAndCore lab;
    answered(lab, calling(lab));
    End again = kAlice;
    lab.on_gm(register_request(again, {.call_id = "reg-again", .cseq = 2, .transport = "TCP"}),
              kAliceAddress,
              kConnection + 1);
    const Sent request = lab.expect_request("REGISTER");
    lab.answer(request, registered(request, kAlice));
    lab.expect_response(200);
    lab.deliver(lost(lab, kAlice));
    CHECK(lab.quiet());
    CHECK(lab.node().dialogs() >= 1);
}

TEST_CASE("an operator may choose not to release") {
    Config config = BetweenUeAndCore::usual_config();
    config.release_sessions = false;
    BetweenUeAndCore lab(config);
    answered(lab, calling(lab));
    lab.deliver(lost(lab, kAlice));
    CHECK(lab.quiet());
}

TEST_CASE("a registered UE whose connection broke is reached at its contact") {
    BetweenUeAndCore lab;
    register_ue(lab, kBob, {.contact = "<sip:bob@127.1.100.2:5060;transport=tcp>"}, kConnection);
    lab.deliver(lost(lab, kBob));
    CHECK(lab.node().bindings() == 1);
    lab.on_mw(request_to(kBob, "MESSAGE", {.uri = "sip:bob@127.1.100.2:5060;transport=tcp"}));
    const Sent message = lab.expect_request("MESSAGE");
    CHECK(message.flow.connection == 0);
    CHECK(message.flow.transport == Transport::tcp);
    CHECK(message.flow.remote.to_string() == "127.1.100.2:5060");
}
