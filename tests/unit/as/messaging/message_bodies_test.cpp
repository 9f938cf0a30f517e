// The bodies of instant messages: CPIM, IMDN, is-composing, multipart, recipient lists.
#include <catch2/catch_test_macros.hpp>
#include <string>

#include "as/messaging/body_parts.h"
#include "as/messaging/cpim.h"
#include "as/messaging/imdn.h"
#include "as/messaging/is_composing.h"
#include "as/messaging/recipient_list.h"

using namespace imslab::messaging;

namespace {

const std::string kIm =
    "From: MR SANDERS <im:piglet@100akerwood.com>\r\n"
    "To: Depressed Donkey <im:eeyore@100akerwood.com>\r\n"
    "DateTime: 2000-12-13T13:40:00-08:00\r\n"
    "Subject: the weather will be fine\\u002e\r\n"
    "NS: imdn <urn:ietf:params:imdn>\r\n"
    "imdn.Message-ID: 34jk324j\r\n"
    "imdn.Disposition-Notification: positive-delivery, display\r\n"
    "\r\n"
    "Content-type: text/plain; charset=utf-8\r\n"
    "\r\n"
    "Here is the text of my message.";

}  // namespace

TEST_CASE("a CPIM message is read and written (RFC 3862)") {
    const auto cpim = read_cpim(kIm);
    REQUIRE(cpim);
    CHECK(uri_in(*cpim->get("From")) == "im:piglet@100akerwood.com");
    CHECK(cpim->get("Subject") == "the weather will be fine.");
    CHECK(cpim->get("Message-ID", kImdnNamespace) == "34jk324j");
    CHECK(cpim->content_type() == "text/plain; charset=utf-8");
    CHECK(cpim->content == "Here is the text of my message.");
    const auto again = read_cpim(write_cpim(*cpim));
    REQUIRE(again);
    CHECK(again->headers.size() == cpim->headers.size());
    CHECK(again->get("Message-ID", kImdnNamespace) == "34jk324j");
    CHECK(again->content == cpim->content);
}

TEST_CASE("what is no CPIM message is refused with a reason") {
    CHECK(read_cpim("From: a").error().find("without an empty line") != std::string::npos);
    CHECK(read_cpim("nothing\r\n\r\n\r\n").error().find("without a name and a colon") !=
          std::string::npos);
    CHECK(read_cpim("From: a\r\n\r\nContent-type: text/plain").error().find("content") !=
          std::string::npos);
    CHECK(read_cpim("x.y: a\r\n\r\n\r\n").error().find("prefix x") != std::string::npos);
    CHECK(read_cpim("Require: MyFeatures.VitalMessageOption\r\n\r\n\r\n").error() ==
          "CPIM requires MyFeatures.VitalMessageOption, which is not known here");
    CHECK(read_cpim("").error().find("empty line") != std::string::npos);
}

TEST_CASE("what a sender wants to hear of his message (RFC 5438)") {
    const auto wish = disposition_wish(*read_cpim(kIm));
    REQUIRE(wish);
    CHECK(wish->positive_delivery);
    CHECK(wish->display);
    CHECK_FALSE(wish->processing);
    CHECK(wish->message_id == "34jk324j");

    DispositionNotification stored;
    stored.kind = DispositionNotification::Kind::processing;
    stored.status = "stored";
    const auto body = notification_body(*wish, stored, "own1");
    const auto cpim = read_cpim(body);
    REQUIRE(cpim);
    CHECK(cpim->content_type() == "message/imdn+xml");
    CHECK(uri_in(*cpim->get("To")) == "im:piglet@100akerwood.com");
    const auto read = read_notification(cpim->content);
    REQUIRE(read);
    CHECK(read->status == "stored");
    CHECK(read->kind == DispositionNotification::Kind::processing);
    CHECK(read->message_id == "34jk324j");
    CHECK(read->recipient == "im:eeyore@100akerwood.com");
    CHECK_FALSE(disposition_wish(*cpim));  // nobody is notified of a notification
}

TEST_CASE("XML that is no notification, or declares entities, is refused") {
    CHECK(read_notification("<imdn").error().starts_with("XML"));
    CHECK(read_notification("<x/>").error() == "The document is no imdn");
    CHECK(read_notification("<imdn xmlns='urn:ietf:params:xml:ns:imdn'/>").error() ==
          "imdn without a message-id");
    CHECK(read_notification("<!DOCTYPE imdn [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>"
                            "<imdn xmlns='urn:ietf:params:xml:ns:imdn'>&b;</imdn>")
              .error() == "XML with a document type, which is refused");
    CHECK(read_notification("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><imdn/>").error() ==
          "XML with a document type, which is refused");
}

TEST_CASE("somebody is writing (RFC 3994)") {
    const std::string head =
        "<?xml version=\"1.0\"?><isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">";
    const auto active = read_is_composing(
        head +
        "<state>active</state><contenttype>text/plain</contenttype><refresh>90</refresh>"
        "</isComposing>");
    REQUIRE(active);
    CHECK(active->active);
    CHECK(active->refresh_seconds == 90);
    CHECK(active->content_type == "text/plain");
    CHECK_FALSE(read_is_composing(head + "<state>other</state></isComposing>")->active);
    CHECK(read_is_composing(head + "</isComposing>").error() == "isComposing without a state");
    CHECK(read_is_composing(head + "<state>idle</state><refresh>x</refresh></isComposing>")
              .error()
              .find("positive number") != std::string::npos);
}

TEST_CASE("a multipart body is taken apart (RFC 2046)") {
    const std::string type = "multipart/mixed;boundary=\"b 1\"";
    const std::string body =
        "preamble\r\n--b 1\r\nContent-Type: text/plain\r\n\r\nHello --b 1 World\r\n--b 1\r\n"
        "Content-Type: application/resource-lists+xml\r\nContent-Disposition: recipient-list\r\n"
        "Content-ID: <x@y>\r\n\r\n<x/>\r\n--b 1--\r\nepilogue";
    const auto parts = parts_of(type, body);
    REQUIRE(parts);
    REQUIRE(parts->size() == 2);
    CHECK((*parts)[0].content == "Hello --b 1 World");
    CHECK((*parts)[1].disposition == "recipient-list");
    CHECK((*parts)[1].other == "Content-ID: <x@y>\r\n");
    CHECK(parts_of("text/plain", "hi")->front().content == "hi");
    CHECK(parts_of("multipart/mixed", body).error().find("boundary") != std::string::npos);
    CHECK(parts_of(type, "--b 1\r\nContent-Type: a/b\r\n\r\nx").error().find("closing") !=
          std::string::npos);
    CHECK(parts_of(type, "").error().find("closing") != std::string::npos);
    CHECK(parts_of(type, "--b 1\r\nbroken\r\n--b 1--").error().find("empty line") !=
          std::string::npos);
}

TEST_CASE("recipient list and history (RFC 5364 §6)") {
    const std::string xml =
        R"(<?xml version="1.0" encoding="UTF-8"?>
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol"><list>
<entry uri="sip:bill@example.com" cp:copyControl="to"/>
<entry uri="sip:randy@example.net" cp:copyControl="to" cp:anonymize="true"/>
<entry uri="sip:eddy@example.com" cp:copyControl="to" cp:anonymize="true"/>
<entry uri="sip:joe@example.org" cp:copyControl="cc"/>
<entry uri="sip:carol@example.net" cp:copyControl="cc" cp:anonymize="true"/>
<entry uri="sip:ted@example.net" cp:copyControl="bcc"/>
<entry uri="sip:BILL@EXAMPLE.com;x=y" cp:copyControl="bcc"/>
<entry uri="sip:bill@EXAMPLE.com;x=y"/>
<entry uri="sip:andy@example.com"/></list></resource-lists>)";
    const auto list = read_recipient_list(xml, 10);
    REQUIRE(list);
    CHECK(list->size() == 8);  // one bill of two: users are case-sensitive
    CHECK(list->back().copy == Recipient::Copy::bcc);
    const auto history = write_recipient_history(*list);
    CHECK(history.find("bill") != std::string::npos);
    CHECK(history.find("joe") != std::string::npos);
    CHECK(history.find("cp:copyControl=\"to\" cp:count=\"2\"") != std::string::npos);
    CHECK(history.find("cp:copyControl=\"cc\" cp:count=\"1\"") != std::string::npos);
    for (const auto* hidden : {"randy", "eddy", "carol", "ted", "andy"})
        CHECK(history.find(hidden) == std::string::npos);
    CHECK(read_recipient_list(xml, 5).error().find("more than 5") != std::string::npos);
    CHECK(read_recipient_list("<list/>", 5).error().find("resource-lists") != std::string::npos);
    CHECK(
        read_recipient_list("<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"/>", 5)
            .error() == "The recipient list is empty");
}
