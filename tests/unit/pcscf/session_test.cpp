// Sessions through the P-CSCF, message by message: TS 24.229 §5.2.6.3.3 to .6, §5.2.6.4, on both
// legs.
#include "tests/unit/pcscf/between_ue_and_core.h"

using namespace imslab;
using namespace imslab::pcscf;
using namespace imslab::pcscf::test;

namespace {

const std::string kGmOrig = "<sip:orig@127.1.1.1:5060;lr>";
const std::string kGmTerm = "<sip:term@127.1.1.1:5060;lr>";
const std::string kMwOrig = "<sip:orig@pcscf." + kHome + ";lr>";
const std::string kMwTerm = "<sip:term@pcscf." + kHome + ";lr>";
const std::string kScscfRoute = "<sip:mo@scscf." + kHome + ";lr>";

// A response of the far end to alice's INVITE, recorded by the S-CSCF in front of the P-CSCF.
sip::Message far_response(const Sent& invite, int status, std::string_view tag = "callee") {
    auto response = sip::Message::response_to(invite.message, status);
    sip::set_to_tag(response, tag);
    response.append(HeaderId::record_route, kScscfRoute);
    for (const auto value : invite.message.values(HeaderId::record_route))
        response.append(HeaderId::record_route, value);
    response.append(HeaderId::contact, "<sip:zoe@127.1.200.1:5060>");
    response.append(HeaderId::p_charging_vector,
                    invite.header(HeaderId::p_charging_vector) + ";term-ioi=far");
    response.append(HeaderId::p_asserted_identity, "<sip:zoe@far.example>");
    return response;
}

sip::Message ue_response(const Sent& request, int status, std::string_view tag = "ue") {
    auto response = response_to(request, status, tag);
    response.append(HeaderId::contact, "<" + kBob.contact() + ">");
    return response;
}

// What alice sends inside the dialog, with the route set she was given.
RequestOptions inside(unsigned cseq, const std::string& extra = "") {
    return {.cseq = cseq,
            .to_tag = "callee",
            .uri = "sip:zoe@127.1.200.1:5060",
            .route = kGmOrig + ", " + kScscfRoute,
            .extra = extra};
}

// What the far end sends to alice inside her dialog.
std::string from_far(const std::string& method, unsigned cseq) {
    static unsigned branch = 0;
    return text({method + " " + kAlice.contact() + " SIP/2.0",
                 "Via: SIP/2.0/UDP " + kScscfAddress + ";branch=z9hG4bKfar" + method +
                     std::to_string(++branch),
                 "Max-Forwards: 66",
                 "Route: " + kMwOrig,
                 "From: <sip:bob@" + kHome + ">;tag=callee",
                 "To: <" + kAlice.identity() + ">;tag=caller",
                 "Call-ID: call-1",
                 "CSeq: " + std::to_string(cseq) + " " + method,
                 "P-Charging-Vector: icid-value=other",
                 "Contact: <sip:zoe@127.1.200.1:5060>"});
}

struct Call {
    BetweenUeAndCore lab;
    Sent invite{};

    // alice calls; the far end rings and answers.
    void answered() {
        register_ue(lab, kAlice);
        lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
        invite = lab.expect_request("INVITE");
        lab.answer(invite, far_response(invite, 180));
        lab.expect_response(180);
        lab.answer(invite, far_response(invite, 200));
        lab.expect_response(200);
        lab.on_gm(request_of(kAlice, "ACK", inside(1)), kAliceAddress);
        lab.expect_request("ACK");
    }
};

}  // namespace

TEST_CASE("the originating leg: INVITE, 180, 200, ACK, BYE from the caller") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
    const Sent invite = lab.expect_request("INVITE");
    const std::string icid = charging_parameter(invite, "icid");

    lab.answer(invite, far_response(invite, 180));
    const Sent ringing = lab.expect_response(180);
    CHECK(ringing.flow.remote.to_string() == kAliceAddress);
    CHECK(ringing.all(HeaderId::record_route) == std::vector<std::string>{kScscfRoute, kGmOrig});
    CHECK(ringing.all(HeaderId::via).size() == 1);
    CHECK(lab.node().state()["dialogs"][0]["state"] == "awaited");
    CHECK(lab.node().state()["dialogs"][1]["state"] == "early");

    lab.answer(invite, far_response(invite, 200));
    const Sent ok = lab.expect_response(200);
    CHECK(ok.all(HeaderId::record_route) == std::vector<std::string>{kScscfRoute, kGmOrig});

    lab.on_gm(request_of(kAlice, "ACK", inside(1)), kAliceAddress);
    const Sent ack = lab.expect_request("ACK");
    CHECK(ack.all(HeaderId::route) == std::vector<std::string>{kScscfRoute});
    CHECK(ack.flow.remote.to_string() == kScscfAddress);

    lab.on_gm(request_of(kAlice, "BYE", inside(2, "P-Asserted-Identity: <sip:eve@far.example>")),
              kAliceAddress);
    const Sent bye = lab.expect_request("BYE");
    CHECK(bye.all(HeaderId::route) == std::vector<std::string>{kScscfRoute});
    CHECK(charging_parameter(bye, "icid") == icid);
    CHECK_FALSE(bye.has(HeaderId::p_asserted_identity));
    lab.answer(bye, response_to(bye, 200));
    lab.expect_response(200);
    lab.pass(std::chrono::seconds(200));
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("requests of the far end reach the caller: re-INVITE, BYE") {
    Call call;
    call.answered();
    auto& lab = call.lab;
    lab.on_mw(from_far("INVITE", 11));
    const Sent again = lab.expect_request("INVITE");
    CHECK(again.flow.local == lab.config().gm);
    CHECK(again.flow.remote.to_string() == kAliceAddress);
    CHECK_FALSE(again.has(HeaderId::route));
    CHECK_FALSE(again.has(HeaderId::p_charging_vector));
    auto ok = response_to(again, 200);
    ok.append(HeaderId::contact, "<" + kAlice.contact() + ">");
    lab.answer(again, ok);
    const Sent passed = lab.expect_response(200);
    CHECK(charging_parameter(passed, "icid") == "other");
    CHECK(charging_parameter(passed, "term-ioi") == kHome);
    lab.on_mw(from_far("ACK", 11));
    lab.expect_request("ACK");

    lab.on_mw(from_far("BYE", 12));
    const Sent bye = lab.expect_request("BYE");
    lab.answer(bye, response_to(bye, 200));
    lab.expect_response(200);
    lab.pass(std::chrono::seconds(200));
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE(
    "the terminating leg: INVITE to the contact, PAI in what the UE answers, BYE of the callee") {
    BetweenUeAndCore lab;
    register_ue(lab, kBob);
    lab.on_mw(request_to(kBob,
                         "INVITE",
                         {.extra = "P-Called-Party-ID: <tel:+15550003>\r\n"
                                   "P-Asserted-Identity: <sip:zoe@far.example>\r\n"
                                   "P-Charging-Vector: icid-value=abc;orig-ioi=far"}));
    const Sent invite = lab.expect_request("INVITE");
    CHECK(invite.flow.local == lab.config().gm);
    CHECK(invite.flow.remote.to_string() == kBobAddress);
    CHECK(invite.message.uri() == kBob.contact());
    CHECK_FALSE(invite.has(HeaderId::route));
    CHECK(invite.header(HeaderId::p_called_party_id) == "<tel:+15550003>");
    CHECK(invite.header(HeaderId::p_asserted_identity) == "<sip:zoe@far.example>");
    CHECK(invite.all(HeaderId::record_route).front() == kGmTerm);
    CHECK(invite.all(HeaderId::record_route).size() == 3);
    CHECK_FALSE(invite.has(HeaderId::p_charging_vector));

    auto ringing = ue_response(invite, 180);
    ringing.append(HeaderId::p_preferred_identity, "<sip:eve@far.example>");
    ringing.append(HeaderId::p_asserted_identity, "<sip:eve@far.example>");
    ringing.append(HeaderId::p_charging_vector, "icid-value=forged");
    lab.answer(invite, ringing);
    const Sent passed = lab.expect_response(180);
    CHECK(passed.flow.local == lab.config().mw);
    CHECK(passed.all(HeaderId::p_asserted_identity) == std::vector<std::string>{"<tel:+15550003>"});
    CHECK_FALSE(passed.has(HeaderId::p_preferred_identity));
    CHECK(charging_parameter(passed, "icid") == "abc");
    CHECK(charging_parameter(passed, "orig-ioi") == "far");
    CHECK(charging_parameter(passed, "term-ioi") == kHome);
    CHECK(passed.all(HeaderId::record_route).front() == kMwTerm);

    lab.answer(invite, ue_response(invite, 200));
    lab.expect_response(200);
    lab.on_mw(request_to(kBob, "ACK", {.to_tag = "ue"}));
    CHECK(lab.expect_request("ACK").flow.remote.to_string() == kBobAddress);

    // bob hangs up, with the route set he was given.
    const auto bye_text = text(
        {"BYE sip:zoe@127.1.200.1:5060 SIP/2.0",
         "Via: SIP/2.0/UDP " + kBobAddress + ";branch=z9hG4bKbobbye",
         "Max-Forwards: 70",
         "Route: " + kGmTerm + ", <sip:mt@scscf." + kHome + ";lr>, <sip:mo@scscf.far.example;lr>",
         "From: <" + kBob.identity() + ">;tag=ue",
         "To: <sip:zoe@far.example>;tag=caller",
         "Call-ID: call-1",
         "CSeq: 1 BYE"});
    lab.on_gm(bye_text, kBobAddress);
    const Sent bye = lab.expect_request("BYE");
    CHECK(bye.flow.remote.to_string() == kScscfAddress);
    CHECK(bye.all(HeaderId::route).size() == 2);
    CHECK(charging_parameter(bye, "icid") == "abc");
    lab.answer(bye, response_to(bye, 200));
    lab.expect_response(200);
    lab.pass(std::chrono::seconds(200));
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("a call between two UEs of one P-CSCF passes it twice, with one Call-ID") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    register_ue(lab, kBob);
    lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
    const Sent out = lab.expect_request("INVITE");
    // The S-CSCF sends it back to bob's contact.
    sip::Message back = out.message;
    back.remove(HeaderId::route);
    back.prepend(HeaderId::route, kMwTerm);
    back.prepend(HeaderId::record_route, kScscfRoute);
    back.prepend(HeaderId::via, "SIP/2.0/UDP " + kScscfAddress + ";branch=z9hG4bKback");
    back.set_uri(kBob.contact());
    lab.on_mw(back.to_bytes());
    const Sent in = lab.expect_request("INVITE");
    CHECK(in.flow.remote.to_string() == kBobAddress);
    CHECK(in.all(HeaderId::record_route) ==
          std::vector<std::string>{kGmTerm, kScscfRoute, kMwOrig});

    lab.answer(in, ue_response(in, 200));
    const Sent to_core = lab.expect_response(200);
    CHECK(to_core.all(HeaderId::record_route) ==
          std::vector<std::string>{kMwTerm, kScscfRoute, kMwOrig});
    sip::Message on = to_core.message;
    on.remove_first_value(HeaderId::via);
    lab.answer(out, on);
    const Sent to_alice = lab.expect_response(200);
    CHECK(to_alice.flow.remote.to_string() == kAliceAddress);
    CHECK(to_alice.all(HeaderId::record_route) ==
          std::vector<std::string>{kMwTerm, kScscfRoute, kGmOrig});
    const auto state = lab.node().state();
    std::size_t confirmed = 0;
    for (const auto& dialog : state["dialogs"]) confirmed += dialog["state"] == "confirmed" ? 1 : 0;
    CHECK(confirmed == 2);

    RequestOptions bye_options = inside(2);
    bye_options.to_tag = "ue";
    bye_options.uri = kBob.contact();
    bye_options.route = kGmOrig + ", " + kScscfRoute + ", " + kMwTerm;
    lab.on_gm(request_of(kAlice, "BYE", bye_options), kAliceAddress);
    const Sent bye = lab.expect_request("BYE");
    CHECK(bye.flow.remote.to_string() == kScscfAddress);
    CHECK(bye.all(HeaderId::route) == std::vector<std::string>{kScscfRoute, kMwTerm});
    sip::Message bye_back = bye.message;
    bye_back.remove_first_value(HeaderId::route);
    bye_back.prepend(HeaderId::via, "SIP/2.0/UDP " + kScscfAddress + ";branch=z9hG4bKbyeback");
    lab.on_mw(bye_back.to_bytes());
    CHECK(lab.expect_request("BYE").flow.remote.to_string() == kBobAddress);
}

TEST_CASE("PRACK, UPDATE and INFO pass within the early and the confirmed dialog") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
    const Sent invite = lab.expect_request("INVITE");
    auto progress = far_response(invite, 183);
    progress.append(HeaderId::require, "100rel");
    progress.append(HeaderId::rseq, "1");
    lab.answer(invite, progress);
    lab.expect_response(183);
    unsigned cseq = 1;
    for (const std::string method : {"PRACK", "UPDATE", "INFO"}) {
        CAPTURE(method);
        lab.on_gm(request_of(kAlice, method, inside(++cseq)), kAliceAddress);
        const Sent sent = lab.expect_request(method);
        CHECK(sent.all(HeaderId::route) == std::vector<std::string>{kScscfRoute});
        CHECK(charging_parameter(sent, "icid") == charging_parameter(invite, "icid"));
        CHECK(sent.has(HeaderId::record_route) == (method == "UPDATE"));
        lab.answer(sent, response_to(sent, 200));
        lab.expect_response(200);
    }
}

TEST_CASE("CANCEL: the branch is cancelled, 487 comes back, nothing is kept") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    const std::string invite_text = request_of(kAlice, "INVITE");
    lab.on_gm(invite_text, kAliceAddress);
    const Sent invite = lab.expect_request("INVITE");
    lab.answer(invite, far_response(invite, 180));
    lab.expect_response(180);
    std::string cancel = invite_text;
    cancel.replace(0, 6, "CANCEL");
    cancel.replace(cancel.find("1 INVITE"), 8, "1 CANCEL");
    lab.on_gm(cancel, kAliceAddress);
    lab.expect_response(200);
    const Sent cancelled = lab.expect_request("CANCEL");
    CHECK(cancelled.flow.remote.to_string() == kScscfAddress);
    lab.answer(cancelled, response_to(cancelled, 200));
    lab.answer(invite, far_response(invite, 487));
    lab.expect_request("ACK");
    lab.expect_response(487);
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("a busy callee: 486 reaches the caller, the dialogs are forgotten") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
    const Sent invite = lab.expect_request("INVITE");
    lab.answer(invite, far_response(invite, 486));
    lab.expect_request("ACK");
    lab.expect_response(486);
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("a call tried again with the same Call-ID and From tag keeps its own early dialog") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
    const Sent first = lab.expect_request("INVITE");
    lab.answer(first, far_response(first, 422));
    lab.expect_request("ACK");
    lab.expect_response(422);
    lab.on_gm(request_of(kAlice, "INVITE", {.cseq = 2}), kAliceAddress);
    const Sent second = lab.expect_request("INVITE");
    lab.answer(second, far_response(second, 183));
    lab.expect_response(183);
    lab.pass(std::chrono::seconds(20));
    while (!lab.quiet()) lab.next();
    lab.on_gm(request_of(kAlice, "PRACK", inside(3)), kAliceAddress);
    lab.expect_request("PRACK");
}

TEST_CASE("a forked call: each early dialog has its own requests, the one that answers stays") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
    const Sent invite = lab.expect_request("INVITE");
    for (const std::string tag : {"callee", "tablet"}) {
        lab.answer(invite, far_response(invite, 183, tag));
        lab.expect_response(183);
        RequestOptions prack = inside(tag == "callee" ? 2 : 3);
        prack.to_tag = tag;
        lab.on_gm(request_of(kAlice, "PRACK", prack), kAliceAddress);
        const Sent sent = lab.expect_request("PRACK");
        lab.answer(sent, response_to(sent, 200));
        lab.expect_response(200);
    }
    CHECK(lab.node().dialogs() == 3);  // two early ones and what is awaited
    lab.answer(invite, far_response(invite, 200, "tablet"));
    lab.expect_response(200);
    lab.pass(std::chrono::seconds(200));
    REQUIRE(lab.node().dialogs() == 1);
    CHECK(lab.node().state()["dialogs"][0]["callee"] == "<sip:bob@" + kHome + ">;tag=tablet");
}

TEST_CASE("a request of no dialog: 403 to a UE, 481 to the core, an ACK is dropped") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    const auto method = GENERATE(
        std::string("BYE"), std::string("INVITE"), std::string("UPDATE"), std::string("NOTIFY"));
    lab.on_gm(request_of(kAlice, method, inside(5)), kAliceAddress);
    lab.expect_response(403);
    lab.on_mw(from_far(method, 5));
    lab.expect_response(481);
    lab.on_gm(request_of(kAlice, "ACK", inside(5)), kAliceAddress);
    lab.on_mw(from_far("ACK", 5));
    while (!lab.quiet()) CHECK(lab.next().message.method_text() != "ACK");
}

TEST_CASE("REFER inside a session: the last NOTIFY ends the subscription, not the session") {
    Call call;
    call.answered();
    auto& lab = call.lab;
    lab.on_gm(request_of(kAlice, "REFER", inside(2, "Refer-To: <sip:carol@" + kHome + ">")),
              kAliceAddress);
    const Sent refer = lab.expect_request("REFER");
    lab.answer(refer, response_to(refer, 202));
    lab.expect_response(202);
    std::string notify = from_far("NOTIFY", 11);
    notify.replace(notify.find("Content-Length"),
                   0,
                   "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n");
    lab.on_mw(notify);
    const Sent notified = lab.expect_request("NOTIFY");
    lab.answer(notified, response_to(notified, 200));
    lab.expect_response(200);
    lab.on_gm(request_of(kAlice, "BYE", inside(3)), kAliceAddress);
    lab.expect_request("BYE");
}

TEST_CASE("somebody else's dialog: 403") {
    Call call;
    call.answered();
    register_ue(call.lab, kBob);
    call.lab.on_gm(request_of(kAlice, "BYE", inside(2)), kBobAddress);
    call.lab.expect_response(403);
    CHECK(call.lab.node().dialogs() >= 1);
}

TEST_CASE("a Route in a dialog that was not recorded is replaced, or refused where so configured") {
    RequestOptions bye = inside(2);
    bye.route = kGmOrig + ", <sip:eve@127.1.66.6;lr>";
    Call call;
    call.answered();
    call.lab.on_gm(request_of(kAlice, "BYE", bye), kAliceAddress);
    CHECK(call.lab.expect_request("BYE").all(HeaderId::route) ==
          std::vector<std::string>{kScscfRoute});
    CHECK(call.lab.logged("replaced"));
}

TEST_CASE("a callee that tampers with the recorded route: it is put right") {
    const auto tampered = GENERATE(std::string(""), std::string("<sip:eve@127.1.66.6;lr>"));
    BetweenUeAndCore lab;
    register_ue(lab, kBob);
    lab.on_mw(request_to(kBob, "INVITE"));
    const Sent invite = lab.expect_request("INVITE");
    auto ok = ue_response(invite, 200);
    ok.remove(HeaderId::record_route);
    if (!tampered.empty()) ok.append(HeaderId::record_route, tampered);
    lab.answer(invite, ok);
    CHECK(lab.expect_response(200).all(HeaderId::record_route) ==
          std::vector<std::string>{
              kMwTerm, "<sip:mt@scscf." + kHome + ";lr>", "<sip:mo@scscf.far.example;lr>"});
    CHECK(lab.logged("not the one given to the UE"));
}

TEST_CASE("as many dialogs as there may be: the next call is told 503, those that are go on") {
    Config config = BetweenUeAndCore::usual_config();
    config.max_dialogs = 2;  // one that is awaited, one that is early
    BetweenUeAndCore lab(config);
    register_ue(lab, kAlice);
    lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
    const Sent invite = lab.expect_request("INVITE");
    lab.answer(invite, far_response(invite, 183));
    lab.expect_response(183);
    lab.on_gm(request_of(kAlice, "INVITE", {.call_id = "call-2"}), kAliceAddress);
    lab.expect_response(503);
    lab.on_gm(request_of(kAlice, "PRACK", inside(2)), kAliceAddress);
    lab.expect_request("PRACK");
}

TEST_CASE("a callee who is not registered here: 480") {
    BetweenUeAndCore lab;
    lab.on_mw(request_to(kBob, "INVITE"));
    lab.expect_response(480);
    lab.on_mw(request_to(kBob, "ACK", {.to_tag = "whatever"}));
}

TEST_CASE(
    "a callee who does not answer: 408 after the UE's own timers, slower than the network's") {
    BetweenUeAndCore lab;
    register_ue(lab, kBob);
    lab.on_mw(request_to(kBob, "MESSAGE"));
    lab.expect_request("MESSAGE");
    lab.pass(std::chrono::milliseconds(1900));
    CHECK(lab.quiet());
    lab.pass(std::chrono::milliseconds(200));
    lab.expect_request("MESSAGE");  // T1 = 2 s
    lab.pass(std::chrono::seconds(100));
    int status = 0;
    const auto drain = [&] {
        while (!lab.quiet()) {
            const Sent sent = lab.next();
            if (!sent.message.is_request()) status = sent.message.status();
        }
    };
    drain();
    CHECK(status == 0);
    lab.pass(std::chrono::seconds(30));
    drain();
    CHECK(status == 408);
}

TEST_CASE("where a dialog is charged is kept as the core says it, and no UE hears of it") {
    BetweenUeAndCore lab;
    const auto charged = [&] {
        const auto dialogs = lab.node().state()["dialogs"];
        REQUIRE_FALSE(dialogs.empty());
        return dialogs.back().value("charging_addresses", std::string());
    };
    SECTION("in the answer to the UE's request") {
        register_ue(lab, kAlice);
        CHECK(lab.node().state()["bindings"][0]["charging_addresses"] == "ccf=127.1.9.1");
        lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
        const Sent invite = lab.expect_request("INVITE");
        lab.answer(invite, far_response(invite, 180));
        CHECK_FALSE(lab.expect_response(180).has(HeaderId::p_charging_function_addresses));
        CHECK(charged().empty());
        auto ok = far_response(invite, 200);
        ok.append(HeaderId::p_charging_function_addresses, "ccf=127.1.9.2; ecf=127.1.9.3");
        lab.answer(invite, ok);
        CHECK_FALSE(lab.expect_response(200).has(HeaderId::p_charging_function_addresses));
        CHECK(charged() == "ccf=127.1.9.2; ecf=127.1.9.3");
    }
    SECTION("in the request to the UE") {
        register_ue(lab, kBob);
        lab.on_mw(
            request_to(kBob, "INVITE", {.extra = "P-Charging-Function-Addresses: ccf=127.1.9.2"}));
        const Sent invite = lab.expect_request("INVITE");
        CHECK_FALSE(invite.has(HeaderId::p_charging_function_addresses));
        auto ringing = ue_response(invite, 180);
        ringing.append(HeaderId::p_charging_function_addresses, "ccf=6.6.6.6");
        lab.answer(invite, ringing);
        CHECK_FALSE(lab.expect_response(180).has(HeaderId::p_charging_function_addresses));
        CHECK(charged() == "ccf=127.1.9.2");
    }
}
