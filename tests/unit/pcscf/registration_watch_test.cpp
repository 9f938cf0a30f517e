// The P-CSCF watches the registrations that it brought about (TS 24.229 §5.2.3), and obeys when the
// network ends one (§5.2.5.2).
#include "pcscf/registration_watch.h"

#include "tests/unit/pcscf/between_ue_and_core.h"

using namespace imslab;
using namespace imslab::pcscf;
using namespace imslab::pcscf::test;

namespace {

Config watching() {
    auto config = BetweenUeAndCore::usual_config();
    config.reg_event = true;
    return config;
}

sip::Message accepted(const Sent& subscribe) {
    auto ok = response_to(subscribe, 200, "notifier");
    ok.append(HeaderId::contact, "<sip:reg@scscf." + kHome + ">");
    ok.append(HeaderId::expires, "600000");
    return ok;
}

std::string notify(const Sent& subscribe,
                   const std::string& state,
                   const std::string& body,
                   unsigned cseq = 1) {
    auto message = sip::Message::request("NOTIFY", "sip:reg@pcscf." + kHome);
    message.append(HeaderId::via,
                   "SIP/2.0/UDP " + kScscfAddress + ";branch=z9hG4bKn" + std::to_string(cseq));
    message.append(HeaderId::max_forwards, "70");
    message.append(HeaderId::from, subscribe.header(HeaderId::to) + ";tag=notifier");
    message.append(HeaderId::to, subscribe.header(HeaderId::from));
    message.append(HeaderId::call_id, subscribe.header(HeaderId::call_id));
    message.append(HeaderId::cseq, std::to_string(cseq) + " NOTIFY");
    message.append(HeaderId::contact, "<sip:reg@scscf." + kHome + ">");
    message.append(HeaderId::event, "reg");
    message.append(HeaderId::subscription_state, state);
    if (!body.empty()) message.set_body("application/reginfo+xml", body);
    return message.to_bytes();
}

std::string reginfo(const std::string& state) {
    return "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"1\" state=\"partial\">"
           "<registration aor=\"" +
           kAlice.identity() + "\" id=\"a\" state=\"" + state + "\"><contact id=\"b\" state=\"" +
           state + "\" event=\"deactivated\"><uri>" + kAlice.contact() +
           "</uri></contact></registration></reginfo>";
}

}  // namespace

TEST_CASE("A reginfo document: what has ended is listed, what is none is refused") {
    const auto ended = ended_in(reginfo("terminated"));
    REQUIRE(ended);
    REQUIRE(ended->size() == 1);
    CHECK(ended->front().contact == kAlice.contact());
    CHECK(ended_in(reginfo("active"))->empty());
    CHECK_FALSE(ended_in("<other/>"));
    CHECK_FALSE(ended_in("not xml <"));
    CHECK(ended_in("<r:reginfo xmlns:r=\"x\"><r:registration aor=\"sip:a@b\" state=\"terminated\"/>"
                   "</r:reginfo>")
              ->front()
              .contact.empty());
}

TEST_CASE("Without the setting nobody is watched") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    CHECK(lab.quiet());
}

TEST_CASE("The end of a registration that a NOTIFY tells is obeyed") {
    BetweenUeAndCore lab(watching());
    register_ue(lab, kAlice);
    const auto subscribe = lab.expect_request("SUBSCRIBE");
    CHECK(subscribe.flow.remote.to_string() == kIcscfAddress);
    CHECK(subscribe.message.uri() == kAlice.identity());
    CHECK(subscribe.header(HeaderId::p_asserted_identity) == "<sip:pcscf." + kHome + ">");
    CHECK(subscribe.header(HeaderId::event) == "reg");
    CHECK(subscribe.header(HeaderId::expires) == "600000");
    lab.answer(subscribe, accepted(subscribe));
    lab.on_mw(notify(subscribe, "active;expires=600000", reginfo("active")));
    lab.expect_response(200);
    CHECK(lab.node().bindings() == 1);
    SECTION("a document that is none changes nothing") {
        lab.on_mw(notify(subscribe, "active", "<html/>", 2));
        lab.expect_response(400);
        CHECK(lab.node().bindings() == 1);
    }
    SECTION("the end") {
        lab.on_mw(notify(subscribe, "terminated;reason=noresource", reginfo("terminated"), 2));
        lab.expect_response(200);
        CHECK(lab.node().bindings() == 0);
        CHECK(lab.node().state()["registration_watches"].empty());
        lab.on_mw(notify(subscribe, "terminated", reginfo("terminated"), 3));
        lab.expect_response(481);
    }
    SECTION("it is kept alive") {
        lab.pass(std::chrono::seconds(599'401));
        const auto again = lab.expect_request("SUBSCRIBE");
        CHECK(again.message.uri() == "sip:reg@scscf." + kHome);
        CHECK(again.header(HeaderId::call_id) == subscribe.header(HeaderId::call_id));
    }
}

TEST_CASE("Who may not watch goes without") {
    BetweenUeAndCore lab(watching());
    register_ue(lab, kAlice);
    const auto subscribe = lab.expect_request("SUBSCRIBE");
    lab.answer(subscribe, response_to(subscribe, 403, "x"));
    CHECK(lab.quiet());
    CHECK(lab.logged("cannot be had: 403"));
}
