// RFC 7572 §4, RFC 7247 §7.2, §8: stanzas on their way to SIP users.
#include "tests/unit/gateways/interconnection/gateway_fixture.h"

using namespace imslab;
using namespace imslab::interconnection;
using sip::HeaderId;
using xmpp::Element;

namespace {

std::string condition_of(const Element& stanza) {
    const auto error = xmpp::error_of(stanza);
    return error ? std::string(to_string(error->condition)) : "no error";
}

}  // namespace

TEST_CASE("RFC 7572 §4: a message stanza becomes a MESSAGE to the user's home") {
    GatewayLab lab;
    auto stanza = GatewayLab::message_of("Art thou not Romeo, and a Montague?");
    stanza.set("xml:lang", "en");
    stanza.add(Element("subject", {}, "a\nquestion"));
    stanza.add(Element("thread", {}, "D9AA95FD-2BD5-46E2-AF0F-6CFAA96BDDFA"));
    lab.arrives(stanza);
    const auto sent = lab.sent();
    const auto& request = sent.message;
    CHECK(sent.flow.remote == kIcscf);
    CHECK(request.method() == sip::Method::message);
    CHECK(request.uri() == "sip:alice@home.example");
    CHECK(sip::uri_of(request.get(HeaderId::from)) == "sip:romeo@xmpp.example;gr=orchard");
    CHECK(request.get(HeaderId::to) == "<sip:alice@home.example>");
    CHECK(request.get(HeaderId::p_asserted_identity) == "<sip:romeo@xmpp.example>");
    CHECK(request.get(HeaderId::call_id) == "D9AA95FD-2BD5-46E2-AF0F-6CFAA96BDDFA");
    CHECK(request.get(HeaderId::subject) == "a question");
    CHECK(request.get(HeaderId::content_language) == "en");
    CHECK(request.get(HeaderId::content_type) == "text/plain");
    CHECK(request.body() == "Art thou not Romeo, and a Montague?");
    CHECK_FALSE(request.has(HeaderId::p_served_user));
    CHECK_FALSE(request.has(HeaderId::route));
    lab.answer(sent, 200);
    CHECK(lab.quiet());
    CHECK(lab.state()["waiting_to_sip"] == 0);
}

TEST_CASE("RFC 7247 §7.2: what the SIP side refuses is an error stanza with the same id") {
    struct Row {
        int status;
        const char *reason, *contact, *condition, *text, *address;
    };
    for (const auto& row :
         {Row{404, "Not Found", "", "item-not-found", "Not Found", ""},
          Row{480, "Away", "", "recipient-unavailable", "Away", ""},
          Row{603, "Decline", "", "recipient-unavailable", "Decline", ""},
          Row{503, "Service Unavailable", "", "internal-server-error", "Service Unavailable", ""},
          Row{301, "Moved", "<sip:alice@new.example>", "gone", "Moved", "xmpp:alice@new.example"},
          Row{302,
              "Moved",
              "<sip:bob@home.example>",
              "redirect",
              "Moved",
              "xmpp:bob@home.example"}}) {
        GatewayLab lab;
        lab.arrives(GatewayLab::message_of("hi"));
        lab.answer(lab.sent(), row.status, row.reason, row.contact);
        const auto error = lab.stanza_sent();
        CHECK(error.name == "message");
        CHECK(error.get("type") == "error");
        CHECK(error.get("id") == "s1");
        CHECK(error.get("from") == "alice@home.example");
        CHECK(error.get("to") == "romeo@xmpp.example/orchard");
        const auto said = xmpp::error_of(error);
        REQUIRE(said);
        CHECK(to_string(said->condition) == row.condition);
        CHECK(said->text == row.text);
        CHECK(said->new_address == row.address);
    }
}

TEST_CASE("nobody answers the MESSAGE: remote-server-timeout") {
    GatewayLab lab;
    lab.arrives(GatewayLab::message_of("hi"));
    lab.passes(std::chrono::seconds(60));
    CHECK(condition_of(lab.stanza_sent()) == "remote-server-timeout");
}

TEST_CASE("XEP-0184: a receipt when the device itself has said 200, not for somebody's 202") {
    for (const int status : {200, 202}) {
        GatewayLab lab;
        auto stanza = GatewayLab::message_of("hi");
        stanza.add(Element("request", "urn:xmpp:receipts"));
        lab.arrives(stanza);
        lab.answer(lab.sent(), status);
        if (status == 202) {
            CHECK(lab.quiet());
            continue;
        }
        const auto receipt = lab.stanza_sent();
        CHECK(receipt.get("to") == "romeo@xmpp.example/orchard");
        CHECK(receipt.child("received", "urn:xmpp:receipts")->get("id") == "s1");
    }
}

TEST_CASE("RFC 7573 §6: chat states become isComposing, beside a text they are nothing") {
    GatewayLab lab;
    for (const auto& [state, expected] :
         {std::pair<std::string, std::string>{"composing", "active"},
          {"paused", "idle"},
          {"active", "idle"},
          {"inactive", "idle"},
          {"gone", "idle"}}) {
        auto stanza = GatewayLab::stanza();
        stanza.add(Element(state, "http://jabber.org/protocol/chatstates"));
        lab.arrives(stanza);
        const auto sent = lab.sent();
        CHECK(sent.message.get(HeaderId::content_type) == "application/im-iscomposing+xml");
        CHECK(sent.message.body().find("<state>" + expected + "</state>") !=
              std::string_view::npos);
        lab.answer(sent, 200);
    }
    auto both = GatewayLab::message_of("hi");
    both.add(Element("active", "http://jabber.org/protocol/chatstates"));
    lab.arrives(both);
    CHECK(lab.sent().message.body() == "hi");
    CHECK(lab.quiet());
}

TEST_CASE("a stanza in somebody else's name is refused, in one of our own users' dropped") {
    struct Row {
        const char *from, *to, *condition;
    };
    for (const auto& row :
         {Row{"eve@evil.example/x", "alice@home.example", "forbidden"},
          Row{"bob@home.example/x", "alice@home.example", ""},
          Row{"home.example", "alice@home.example", ""},
          Row{"xmpp.example", "alice@home.example", ""},
          Row{"not a jid@@", "alice@home.example", ""},
          Row{"romeo@xmpp.example/x", "home.example", "service-unavailable"},
          Row{"romeo@xmpp.example/x", "a@elsewhere.example", "service-unavailable"},
          Row{"romeo@xmpp.example/x", "a b@home.example", "jid-malformed"}}) {
        GatewayLab lab;
        INFO(row.from << " " << row.to);
        auto stanza = GatewayLab::stanza("message", "chat", "s1", row.from, row.to);
        stanza.add(Element("body", {}, "hi"));
        lab.arrives(stanza);
        CHECK(lab.messages.empty());
        if (*row.condition != '\0') CHECK(condition_of(lab.stanza_sent()) == row.condition);
        CHECK(lab.quiet());
        CHECK(lab.state()["refused"] == 1);
    }
}

TEST_CASE("RFC 7572 §6: a message that SIP would not send so is refused with its size") {
    GatewayLab lab;
    lab.arrives(GatewayLab::message_of(std::string(1'300, 'x')));
    CHECK(condition_of(lab.stanza_sent()) == "policy-violation");
    lab.arrives(GatewayLab::message_of(std::string(600, 'x')));
    CHECK(lab.sent().message.body().size() == 600);
}

TEST_CASE("RFC 7247 §8: a message that has crossed too often goes no further") {
    GatewayLab lab;
    const auto crossed = [](const std::string& count) {
        auto stanza = GatewayLab::message_of("hi");
        Element headers("headers", "http://jabber.org/protocol/shim");
        headers.add(Element("header", "http://jabber.org/protocol/shim", count))
            .set("name", "Max-Forwards");
        stanza.add(headers);
        return stanza;
    };
    lab.arrives(crossed("3"));
    CHECK(lab.sent().message.get(HeaderId::max_forwards) == "3");
    lab.arrives(crossed("4000"));
    CHECK(lab.sent().message.get(HeaderId::max_forwards) == "70");
    for (const auto* none : {"0", "-1", "x"}) {
        lab.arrives(crossed(none));
        CHECK(condition_of(lab.stanza_sent()) == "not-acceptable");
    }
    CHECK(lab.messages.empty());
}

TEST_CASE("no two errors keep each other going, and what says nothing is nothing") {
    GatewayLab lab;
    lab.arrives(*xmpp::error_reply(GatewayLab::message_of("hi"), xmpp::StanzaError{}));
    lab.arrives(GatewayLab::stanza("presence", "error"));
    lab.arrives(GatewayLab::stanza("presence", ""));
    lab.arrives(GatewayLab::stanza("message", "chat"));
    lab.arrives(GatewayLab::stanza("iq", "result", "after-nothing"));
    auto groupchat = GatewayLab::stanza("message", "groupchat");
    groupchat.add(Element("body", {}, "hi"));
    lab.arrives(groupchat);
    CHECK(condition_of(lab.stanza_sent()) == "service-unavailable");
    CHECK(lab.quiet());
}

TEST_CASE(
    "RFC 6120 §8.2.3: each question is answered: what this is, that it is there, or an error") {
    GatewayLab lab;
    auto ping = GatewayLab::stanza("iq", "get", "q1", "romeo@xmpp.example/x", "home.example");
    ping.add(Element("ping", "urn:xmpp:ping"));
    lab.arrives(ping);
    CHECK(lab.stanza_sent().to_string() ==
          "<iq from='home.example' to='romeo@xmpp.example/x' type='result' id='q1'/>");
    auto disco = GatewayLab::stanza("iq", "get", "q2", "romeo@xmpp.example/x", "home.example");
    disco.add(Element("query", "http://jabber.org/protocol/disco#info"));
    lab.arrives(disco);
    CHECK(lab.stanza_sent().to_string().find("category='gateway' type='simple'") !=
          std::string::npos);
    lab.arrives(GatewayLab::stanza("iq", "set", "q3"));
    CHECK(condition_of(lab.stanza_sent()) == "service-unavailable");
    lab.arrives(GatewayLab::stanza("iq", "", "q4"));
    CHECK(condition_of(lab.stanza_sent()) == "bad-request");
}

TEST_CASE("of several bodies the one in the stanza's own language; a thread that is no Call-ID") {
    GatewayLab lab;
    auto stanza = GatewayLab::stanza();
    stanza.add(Element("body", {}, "ahoj")).set("xml:lang", "cs");
    stanza.add(Element("body", {}, "hello"));
    stanza.add(Element("thread", {}, "two words\r\nVia: x"));
    stanza.set("xml:lang", "en\r\nX: y");
    lab.arrives(stanza);
    const auto request = lab.sent().message;
    CHECK(request.body() == "hello");
    CHECK_FALSE(request.has(HeaderId::content_language));
    CHECK(request.get(HeaderId::call_id)->size() == 32);
}
