// RFC 7572 §5, RFC 7247 §8: MESSAGEs on their way to XMPP users.
#include "as/messaging/cpim.h"
#include "as/messaging/imdn.h"
#include "tests/unit/gateways/interconnection/gateway_fixture.h"

using namespace imslab;
using namespace imslab::interconnection;
using sip::HeaderId;

TEST_CASE("RFC 7572 §5: a MESSAGE becomes a stanza, and is answered when the server has taken it") {
    GatewayLab lab;
    lab.message("Neither, fair saint, if either thee dislike.",
                "sip:romeo@xmpp.example",
                "text/plain",
                "Subject: the wall\r\nContent-Language: en\r\nCall-ID: 711609sa\r\n");
    CHECK(
        lab.stanza_sent().to_string() ==
        "<message from='alice@home.example' to='romeo@xmpp.example' id='z9hG4bKm1' "
        "xml:lang='en'><subject>the wall</subject><body>Neither, fair saint, if either thee "
        "dislike.</body><thread>711609sa</thread><headers "
        "xmlns='http://jabber.org/protocol/shim'><header name='Max-Forwards'>59</header></headers>"
        "</message>");
    const auto ping = lab.stanza_sent();
    CHECK(ping.to_string() ==
          "<iq from='alice@home.example' to='xmpp.example' type='get' id='after-z9hG4bKm1'><ping "
          "xmlns='urn:xmpp:ping'/></iq>");
    CHECK(lab.quiet());
    lab.server_has_taken(ping);
    CHECK(lab.sent().message.status() == 200);
    CHECK(lab.state()["waiting_to_xmpp"] == 0);
    CHECK(lab.state()["remembered"] == 1);
    lab.passes(std::chrono::seconds(61));
    CHECK(lab.state()["remembered"] == 0);
    CHECK(lab.quiet());
}

TEST_CASE("RFC 7247 §6: both addresses are those of the other world, devices included") {
    GatewayLab lab;
    lab.message("hi",
                "sip:o'malley@xmpp.example;gr=bal%20cony",
                "text/plain",
                "From: <sip:alice@home.example;gr=urn:uuid:1>;tag=a1\r\n");
    const auto stanza = lab.stanza_sent();
    CHECK(stanza.get("to") == "o\\27malley@xmpp.example/bal cony");
    CHECK(stanza.get("from") == "alice@home.example/urn:uuid:1");
    // Somebody else's device in From is not the sender's.
    lab.message("hi",
                "sip:romeo@xmpp.example",
                "text/plain",
                "From: <sip:bob@home.example;gr=urn:uuid:1>;tag=a1\r\n");
    lab.stanza_sent();
    CHECK(lab.stanza_sent().get("from") == "alice@home.example");
}

TEST_CASE("RFC 7247 §7.1: an error that comes before the server's answer is the sender's answer") {
    struct Row {
        xmpp::Condition condition;
        const char* to;
        int status;
    };
    for (const auto& row :
         {Row{xmpp::Condition::item_not_found, "sip:romeo@xmpp.example", 604},
          Row{xmpp::Condition::item_not_found, "sip:romeo@xmpp.example;gr=x", 404},
          Row{xmpp::Condition::service_unavailable, "sip:romeo@xmpp.example", 403},
          Row{xmpp::Condition::recipient_unavailable, "sip:romeo@xmpp.example", 600},
          Row{xmpp::Condition::remote_server_not_found, "sip:romeo@xmpp.example", 404},
          // Without a challenge there is no 401 and no 407 (RFC 3261 §21.4.2, §21.4.8).
          Row{xmpp::Condition::not_authorized, "sip:romeo@xmpp.example", 403},
          Row{xmpp::Condition::registration_required, "sip:romeo@xmpp.example", 403}}) {
        GatewayLab lab;
        lab.message("hi", row.to);
        const auto stanza = lab.stanza_sent();
        const auto ping = lab.stanza_sent();
        lab.arrives(*xmpp::error_reply(stanza, xmpp::StanzaError::of(row.condition, "No luck")));
        const auto response = lab.sent().message;
        CHECK(response.status() == row.status);
        CHECK(response.reason() == "No luck");
        lab.server_has_taken(ping);
        CHECK(lab.quiet());
    }
}

TEST_CASE("RFC 3261 §21.3.2, §21.4.6: what belongs to a 301 and a 405 is there") {
    GatewayLab lab;
    lab.message("hi");
    auto gone = xmpp::StanzaError::of(xmpp::Condition::gone);
    gone.new_address = "xmpp:o%5C27malley@other.example";
    lab.arrives(*xmpp::error_reply(lab.stanza_sent(), gone));
    const auto moved = lab.sent().message;
    CHECK(moved.status() == 301);
    CHECK(moved.get(HeaderId::contact) == "<sip:o'malley@other.example>");
    lab.stanzas.clear();
    lab.message("hi", "sip:romeo@xmpp.example;gr=x");
    lab.arrives(*xmpp::error_reply(
        lab.stanza_sent(), xmpp::StanzaError::of(xmpp::Condition::feature_not_implemented)));
    const auto refused = lab.sent().message;
    CHECK(refused.status() == 405);
    CHECK(refused.get("Allow") == "OPTIONS");
}

TEST_CASE("an error or an answer of somebody whom the message was not for changes nothing") {
    GatewayLab lab;
    lab.message("hi");
    const auto stanza = lab.stanza_sent();
    auto ping = lab.stanza_sent();
    auto forged = *xmpp::error_reply(stanza, xmpp::StanzaError::of(xmpp::Condition::gone));
    forged.set("from", "romeo@evil.example");
    lab.arrives(forged);
    auto result = xmpp::result_of(ping);
    result.set("from", "mercutio@xmpp.example/x");
    lab.arrives(result);
    CHECK(lab.quiet());
    lab.server_has_taken(ping);
    CHECK(lab.sent().message.status() == 200);
}

TEST_CASE("an error that comes late is told in words, or in the notification that was asked for") {
    GatewayLab lab;
    lab.message("hi");
    const auto stanza = lab.stanza_sent();
    lab.server_has_taken(lab.stanza_sent());
    CHECK(lab.sent().message.status() == 200);
    const auto error =
        *xmpp::error_reply(stanza, xmpp::StanzaError::of(xmpp::Condition::remote_server_timeout));
    lab.arrives(error);
    const auto told = lab.sent();
    CHECK(told.flow.remote == kIcscf);
    CHECK(told.message.uri() == "sip:alice@home.example");
    CHECK(told.message.get(HeaderId::p_asserted_identity) == "<sip:romeo@xmpp.example>");
    CHECK(told.message.body() == "Not delivered: remote-server-timeout");
    lab.answer(told, 404);
    lab.arrives(error);  // once
    CHECK(lab.quiet());
}

TEST_CASE("RFC 5438, XEP-0184: who asks to be told that a message has come is told so") {
    GatewayLab lab;
    const std::string cpim =
        "From: <sip:alice@home.example>\r\nTo: <sip:romeo@xmpp.example>\r\n"
        "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 34jk324j\r\n"
        "imdn.Disposition-Notification: positive-delivery, negative-delivery\r\n"
        "DateTime: 2026-11-25T14:00:00Z\r\n\r\nContent-type: text/plain\r\n\r\nWilt thou?";
    lab.message(cpim, "sip:romeo@xmpp.example", "message/cpim");
    const auto stanza = lab.stanza_sent();
    CHECK(stanza.child("body")->text == "Wilt thou?");
    CHECK(stanza.child("request", "urn:xmpp:receipts") != nullptr);
    lab.server_has_taken(lab.stanza_sent());
    CHECK(lab.sent().message.status() == 200);
    auto receipt = GatewayLab::stanza("message", "", "r1", "romeo@xmpp.example/orchard");
    receipt.add(xmpp::Element("received", "urn:xmpp:receipts")).set("id", stanza.get("id"));
    auto forged = receipt;
    forged.set("from", "mercutio@xmpp.example/x");
    lab.arrives(forged);
    CHECK(lab.quiet());
    lab.arrives(receipt);
    const auto told = lab.sent();
    CHECK(told.message.get(HeaderId::content_type) == "message/cpim");
    const auto inside = messaging::read_cpim(told.message.body());
    REQUIRE(inside);
    const auto said = messaging::read_notification(inside->content);
    REQUIRE(said);
    CHECK(said->message_id == "34jk324j");
    CHECK(said->status == "delivered");
    lab.answer(told, 200);
    lab.arrives(receipt);  // once
    CHECK(lab.quiet());
    // What fails later is told in the same way.
    lab.message(cpim, "sip:romeo@xmpp.example", "message/cpim");
    const auto second = lab.stanza_sent();
    lab.server_has_taken(lab.stanza_sent());
    CHECK(lab.sent().message.status() == 200);
    lab.arrives(*xmpp::error_reply(second, xmpp::StanzaError::of(xmpp::Condition::gone)));
    CHECK(lab.sent().message.body().find("<failed/>") != std::string_view::npos);
}

TEST_CASE("RFC 7573 §6: that somebody is writing, and that he has stopped") {
    GatewayLab lab;
    const auto composing = [](const std::string& state) {
        return "<?xml version=\"1.0\"?><isComposing "
               "xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>" +
               state + "</state></isComposing>";
    };
    for (const auto& [state, expected] :
         {std::pair<std::string, std::string>{"active", "composing"}, {"idle", "active"}}) {
        lab.message(composing(state), "sip:romeo@xmpp.example", "application/im-iscomposing+xml");
        const auto stanza = lab.stanza_sent();
        CHECK(stanza.child(expected, "http://jabber.org/protocol/chatstates") != nullptr);
        CHECK(stanza.child("body") == nullptr);
        lab.server_has_taken(lab.stanza_sent());
        CHECK(lab.sent().message.status() == 200);
    }
    lab.message("<isComposing/>", "sip:romeo@xmpp.example", "application/im-iscomposing+xml");
    CHECK(lab.sent().message.status() == 400);
}

TEST_CASE("RFC 7572 §7: what has no form over there is refused, and it is said what has one") {
    GatewayLab lab;
    for (const std::string type : {"image/png",
                                   "text/html",
                                   "text/plain;charset=ISO-8859-1",
                                   "multipart/mixed;boundary=x"}) {
        lab.message("x", "sip:romeo@xmpp.example", type);
        const auto response = lab.sent().message;
        CHECK(response.status() == 415);
        CHECK(response.get(HeaderId::accept) ==
              "text/plain, message/cpim, application/im-iscomposing+xml");
    }
    lab.message("x", "sip:romeo@xmpp.example", "text/plain", "Content-Encoding: gzip\r\n");
    CHECK(lab.sent().message.status() == 415);
    for (const std::string body : {"\xFF", "a\x01z", "\xED\xA0\x80"}) {
        lab.message(body);
        CHECK(lab.sent().message.status() == 400);
    }
    lab.message("no empty line", "sip:romeo@xmpp.example", "message/cpim");
    CHECK(lab.sent().message.status() == 400);
    lab.message("x", "sip:romeo@xmpp.example", "text/plain;charset=\"UTF-8\"");
    CHECK(lab.stanza_sent().child("body")->text == "x");
}

TEST_CASE("who may not send, and to whom, is told so") {
    struct Row {
        const char *to, *extra;
        int status;
    };
    for (const auto& row :
         {// RFC 7247 §8: nothing that was to be secure on the whole way
          Row{"sips:romeo@xmpp.example", "", 416},
          Row{"sip:romeo@xmpp.example", "To: <sips:romeo@xmpp.example>\r\n", 416},
          // what XMPP has sent does not go back there
          Row{"sip:juliet@xmpp.example", "P-Asserted-Identity: <sip:romeo@xmpp.example>\r\n", 482},
          Row{"sip:romeo@xmpp.example", "P-Asserted-Identity: <sip:eve@other.example>\r\n", 403},
          Row{"sip:romeo@xmpp.example", "P-Asserted-Identity: <tel:+15551234>\r\n", 403},
          Row{"sip:romeo@xmpp.example", "P-Asserted-Identity: <sip:%20a@home.example>\r\n", 403},
          // RFC 5079 §5
          Row{"sip:romeo@xmpp.example", "Privacy: id\r\n", 433},
          Row{"sip:xmpp.example", "", 404},
          Row{"sip:%20@xmpp.example", "", 404}}) {
        GatewayLab lab;
        INFO(row.to << " " << row.extra);
        lab.message("hi", row.to, "text/plain", row.extra);
        CHECK(lab.sent().message.status() == row.status);
        CHECK(lab.quiet());
    }
}

TEST_CASE("of several asserted identities the SIP URI is taken; a stranger vouches for nobody") {
    GatewayLab lab;
    lab.message("hi",
                "sip:romeo@xmpp.example",
                "text/plain",
                "P-Asserted-Identity: <tel:+15551234>, <sip:alice@home.example>\r\n");
    CHECK(lab.stanza_sent().get("from") == "alice@home.example");
    lab.stanzas.clear();
    lab.message("hi", "sip:romeo@xmpp.example", "text/plain", "", test::at("127.1.100.99:5060"));
    CHECK(lab.sent().message.status() == 403);
}

TEST_CASE("another method is refused, and it is said which there are") {
    GatewayLab lab;
    lab.message("", "sip:romeo@xmpp.example", "text/plain", "", kScscf, "INFO");
    const auto response = lab.sent().message;
    CHECK(response.status() == 405);
    CHECK(response.get("Allow") == "MESSAGE, OPTIONS");
    lab.message("", "sip:romeo@xmpp.example", "text/plain", "", kScscf, "OPTIONS");
    CHECK(lab.sent().message.status() == 200);
    lab.message("hi", "sip:romeo@elsewhere.example");
    CHECK(lab.sent().message.status() == 404);
}

TEST_CASE("the XMPP server is away: 504 at once, whether it was known, is found out or happens") {
    GatewayLab lab;
    lab.message("hi");
    lab.stanzas.clear();
    lab.tell(xmpp::StreamClosed{"it has hung up"});
    CHECK(lab.sent().message.status() == 504);
    CHECK(lab.state()["stream"] == "closed");
    lab.message("hi");
    CHECK(lab.sent().message.status() == 504);
    CHECK(lab.quiet());
    lab.tell(xmpp::StreamOpened{});
    lab.away = true;
    lab.message("hi");
    CHECK(lab.sent().message.status() == 504);
    lab.away = false;
    lab.message("hi");
    lab.stanza_sent();
    lab.server_has_taken(lab.stanza_sent());
    CHECK(lab.sent().message.status() == 200);
}

TEST_CASE("a server that reads and says nothing: 504 after the gateway's patience") {
    GatewayLab lab;
    lab.message("hi");
    lab.stanza_sent();
    const auto ping = lab.stanza_sent();
    lab.passes(std::chrono::milliseconds(3'999));
    CHECK(lab.quiet());
    lab.passes(std::chrono::milliseconds(2));
    CHECK(lab.sent().message.status() == 504);
    lab.server_has_taken(ping);
    CHECK(lab.quiet());
    CHECK(lab.state()["remembered"] == 0);
}

TEST_CASE("no more messages under way than the limit") {
    auto settings = GatewayLab::usual();
    settings.max_open = 1;
    GatewayLab lab(settings);
    lab.message("hi");
    lab.message("hi");
    const auto response = lab.sent().message;
    CHECK(response.status() == 503);
    CHECK(response.has(HeaderId::retry_after));
    lab.stanza_sent();
    lab.server_has_taken(lab.stanza_sent());
    CHECK(lab.sent().message.status() == 200);
    lab.message("hi");
    CHECK(lab.stanza_sent().name == "message");
}
