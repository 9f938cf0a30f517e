// SUBSCRIBE, NOTIFY and REFER through the P-CSCF (TS 24.229 §5.2.6.3, §5.2.6.4; RFC 6665, RFC
// 3515).
#include "tests/unit/pcscf/between_ue_and_core.h"

using namespace imslab;
using namespace imslab::pcscf;
using namespace imslab::pcscf::test;

namespace {

std::string notify(const std::string& state, unsigned cseq, const std::string& tag = "notifier") {
    return text(
        {"NOTIFY " + kAlice.contact() + " SIP/2.0",
         "Via: SIP/2.0/UDP " + kScscfAddress + ";branch=z9hG4bKnotify" + tag + std::to_string(cseq),
         "Max-Forwards: 69",
         "Route: <sip:orig@pcscf." + kHome + ";lr>",
         "From: <sip:bob@" + kHome + ">;tag=" + tag,
         "To: <" + kAlice.identity() + ">;tag=caller",
         "Call-ID: call-1",
         "CSeq: " + std::to_string(cseq) + " NOTIFY",
         "Contact: <sip:scscf." + kHome + ">",
         "Event: presence",
         "Subscription-State: " + state});
}

Sent subscribed(BetweenUeAndCore& lab, const std::string& method = "SUBSCRIBE") {
    register_ue(lab, kAlice);
    lab.on_gm(request_of(kAlice, method, {.extra = "Event: presence\r\nExpires: 600"}),
              kAliceAddress);
    return lab.expect_request(method);
}

void accept(BetweenUeAndCore& lab, const Sent& subscribe) {
    auto ok = response_to(subscribe, 200, "notifier");
    ok.append(HeaderId::contact, "<sip:scscf." + kHome + ">");
    ok.append(HeaderId::expires, "600");
    lab.answer(subscribe, ok);
    lab.expect_response(200);
}

}  // namespace

TEST_CASE("SUBSCRIBE, 200, NOTIFY, and the NOTIFY that ends it") {
    BetweenUeAndCore lab;
    const Sent subscribe = subscribed(lab);
    CHECK(subscribe.has(HeaderId::record_route));
    accept(lab, subscribe);
    lab.on_mw(notify("active;expires=600", 1));
    const Sent first = lab.expect_request("NOTIFY");
    CHECK(first.flow.remote.to_string() == kAliceAddress);
    lab.answer(first, response_to(first, 200));
    lab.expect_response(200);
    lab.on_mw(notify("terminated;reason=timeout", 2));
    const Sent last = lab.expect_request("NOTIFY");
    lab.answer(last, response_to(last, 200));
    lab.expect_response(200);
    lab.pass(std::chrono::seconds(200));
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("a NOTIFY that overtakes the 200 to its SUBSCRIBE is let through, and so is a fork's") {
    BetweenUeAndCore lab;
    const Sent subscribe = subscribed(lab);
    lab.on_mw(notify("active;expires=600", 1));
    const Sent early = lab.expect_request("NOTIFY");
    lab.answer(early, response_to(early, 200));
    lab.expect_response(200);
    accept(lab, subscribe);
    lab.on_mw(notify("active;expires=600", 1, "fork"));
    lab.expect_request("NOTIFY");
}

TEST_CASE("a subscription that is not refreshed is forgotten, a little late") {
    BetweenUeAndCore lab;
    accept(lab, subscribed(lab));
    lab.pass(std::chrono::seconds(650));
    CHECK(lab.node().dialogs() == 1);
    lab.pass(std::chrono::seconds(100));
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("a subscription that is refused leaves nothing") {
    BetweenUeAndCore lab;
    const Sent subscribe = subscribed(lab);
    lab.answer(subscribe, response_to(subscribe, 489));
    lab.expect_response(489);
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("REFER opens a subscription of its own") {
    BetweenUeAndCore lab;
    const Sent refer = subscribed(lab, "REFER");
    auto accepted = response_to(refer, 202, "notifier");
    lab.answer(refer, accepted);
    lab.expect_response(202);
    lab.on_mw(notify("active;expires=60", 1));
    lab.expect_request("NOTIFY");
}
