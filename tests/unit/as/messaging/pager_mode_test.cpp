// Pager mode as call flows (RFC 3428, RFC 5365, RFC 5438).
#include "tests/unit/as/messaging/messaging_fixture.h"

using namespace imslab;
using namespace imslab::messaging;
using sip::HeaderId;
using std::chrono::seconds;

namespace {

const std::string kBobIsHere = "bob@home.example>;sescase=term;regstate=reg";
const std::string kBobIsAway = "bob@home.example>;sescase=term;regstate=unreg";
const std::string kAliceSends = "alice@home.example>;sescase=orig;regstate=reg";

std::string cpim(const std::string& wants) {
    return "From: <sip:alice@home.example>\r\nTo: <sip:bob@home.example>\r\n"
           "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: m1\r\n"
           "imdn.Disposition-Notification: " +
           wants + "\r\n\r\nContent-Type: text/plain\r\n\r\nhello";
}

std::string list_body(const std::string& entries) {
    return "--b\r\nContent-Type: text/plain\r\n\r\nhi all\r\n--b\r\n"
           "Content-Type: application/resource-lists+xml\r\nContent-Disposition: recipient-list\r\n"
           "\r\n<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" "
           "xmlns:cp=\"urn:ietf:params:xml:ns:copycontrol\"><list>" +
           entries + "</list></resource-lists>\r\n--b--\r\n";
}

}  // namespace

TEST_CASE("a message passes on both sides") {
    MessagingLab lab;
    lab.message("bob", kAliceSends, "hi");
    auto on = lab.sent();
    CHECK(on.flow.remote == kScscf);
    CHECK(on.message.body() == "hi");
    lab.answer(on, 200);
    CHECK(lab.sent().message.status() == 200);
    lab.message("bob", kBobIsHere, "hi");
    on = lab.sent();
    lab.answer(on, 200);
    CHECK(lab.sent().message.status() == 200);
    CHECK(lab.database.empty());
}

TEST_CASE("a message over the limit is refused with 413 and the reason (RFC 3428 §8)") {
    MessagingLab lab;
    lab.message("bob", kAliceSends, std::string(1301, 'x'));
    const auto refused = lab.sent().message;
    CHECK(refused.status() == 413);
    CHECK(refused.reason() == "A body of 1301 octets, no more than 1300 go by pager mode");
    lab.message("bob", kAliceSends, std::string(1300, 'x'));
    CHECK(lab.sent().message.is_request());
}

TEST_CASE("who does not come from the core sends nothing here") {
    MessagingLab lab;
    lab.message("bob", kBobIsHere, "hi", "text/plain", "", test::at("127.9.9.9:5060"));
    CHECK(lab.sent().message.status() == 403);
}

TEST_CASE("bodies that are none are answered 400 with the reason") {
    MessagingLab lab;
    const auto refused = [&](const std::string& body, const std::string& type) {
        lab.message("bob", kBobIsHere, body, type);
        const auto answer = lab.sent().message;
        CHECK(answer.status() == 400);
        return std::string(answer.reason());
    };
    CHECK(refused("nothing", "message/cpim").find("CPIM") == 0);
    CHECK(refused("<a", "application/im-iscomposing+xml").find("XML") == 0);
    CHECK(refused("--b", "multipart/mixed;boundary=b").find("Multipart") == 0);
    CHECK(refused("From: <sip:a@b>\r\n\r\nContent-Type: message/imdn+xml\r\n\r\n<!DOCTYPE x []>"
                  "<imdn/>",
                  "message/cpim") == "XML with a document type, which is refused");
}

TEST_CASE("whom the recipient has blocked is answered 403, from the next message on") {
    MessagingLab lab;
    const auto put = [&](const std::string& etag, const std::string& entries) {
        lab.lists->all[{"resource-lists", "sip:bob@home.example", "index"}] = {
            etag,
            "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">"
            "<list name=\"friends\"><entry uri=\"sip:alice@home.example\"/></list>"
            "<list name=\"oma_blockedcontacts\">" +
                entries + "</list></resource-lists>",
            "application/resource-lists+xml"};
    };
    put("1", "");
    lab.message("bob", kBobIsHere, "hi");
    CHECK(lab.sent().message.is_request());
    put("2", "<entry uri=\"sip:alice@HOME.example\"/>");
    lab.message("bob", kBobIsHere, "hi");
    CHECK(lab.sent().message.status() == 403);
    lab.message("bob", kBobIsHere, "hi", "text/plain", "", kScscf, "carol");
    CHECK(lab.sent().message.is_request());
    put("3", "");
    lab.message("bob", kBobIsHere, "hi");
    CHECK(lab.sent().message.is_request());
}

TEST_CASE("a message for somebody who is away is durable before it is answered 202") {
    MessagingLab lab;
    lab.database_waits = true;
    lab.message("bob", kBobIsAway, "one");
    CHECK(lab.quiet());
    REQUIRE(lab.database.size() == 1);
    lab.deliver(Answered{lab.waiting.at(0), StoreAnswer{}});
    CHECK(lab.sent().message.status() == 202);
    lab.database_waits = false;
    lab.message("bob", kBobIsAway, "two");
    CHECK(lab.sent().message.status() == 202);
    CHECK(lab.state()["deferred"]["messages"].size() == 2);

    lab.registers("bob");
    CHECK(lab.sent().message.status() == 200);
    auto delivered = lab.sent();
    CHECK(delivered.flow.remote == kIcscf);
    CHECK(delivered.message.uri() == "sip:bob@home.example");
    CHECK(delivered.message.body() == "one");
    CHECK(delivered.message.has(HeaderId::date));
    CHECK(delivered.message.get(HeaderId::p_asserted_identity) == "<sip:alice@home.example>");
    CHECK(lab.quiet());  // one after the other
    lab.answer(delivered, 200);
    delivered = lab.sent();
    CHECK(delivered.message.body() == "two");
    lab.answer(delivered, 480);  // gone again: it stays
    CHECK(lab.quiet());
    CHECK(lab.state()["deferred"]["messages"].size() == 1);
    lab.registers("bob");
    CHECK(lab.sent().message.status() == 200);
    delivered = lab.sent();
    lab.answer(delivered, 200);
    CHECK(lab.state()["deferred"]["messages"].empty());
    CHECK(std::holds_alternative<RemoveMessages>(lab.database.back()));
}

TEST_CASE("the delivery passes through the server a second time, untouched") {
    MessagingLab lab;
    lab.message("bob", kBobIsAway, "one");
    CHECK(lab.sent().message.status() == 202);
    lab.registers("bob");
    lab.sent();
    const auto delivered = lab.sent();
    auto back = delivered.message;
    back.prepend(HeaderId::via, "SIP/2.0/UDP 127.1.3.1:5060;branch=z9hG4bKback");
    back.append(HeaderId::route,
                "<sip:messaging@" + kHost + ";lr>, <sip:odi@scscf.home.example;lr>");
    back.append(HeaderId::p_served_user, "<sip:" + kBobIsHere);
    lab.deliver(Arrived{Flow{Transport::udp, kIm, kScscf, 0}, back.to_bytes()});
    const auto on = lab.sent();
    CHECK(on.flow.remote == kScscf);
    lab.answer(on, 480);
    CHECK(lab.sent().message.status() == 480);  // not deferred again
}

TEST_CASE("a user who turns out to be away gets it later; one who refuses does not") {
    MessagingLab lab;
    lab.message("bob", kBobIsHere, "hi");
    lab.answer(lab.sent(), 480);
    CHECK(lab.sent().message.status() == 202);
    lab.message("bob", kBobIsHere, "hi");
    lab.answer(lab.sent(), 415);
    CHECK(lab.sent().message.status() == 415);
    CHECK(lab.database.size() == 1);
}

TEST_CASE("a database that does not work: 500, and nothing is promised") {
    MessagingLab lab;
    lab.database_error = "the disk is full";
    lab.message("bob", kBobIsAway, "one");
    CHECK(lab.sent().message.status() == 500);
    CHECK(lab.state()["deferred"]["messages"].empty());
}

TEST_CASE("deferred messages have limits, and an end") {
    MessagingSettings settings;
    settings.deferral.messages = 2;
    MessagingLab lab(settings);
    lab.message("bob", kBobIsAway, cpim("negative-delivery"), "message/cpim", "Expires: 60\r\n");
    CHECK(lab.sent().message.status() == 202);
    lab.message("bob", kBobIsAway, "two");
    CHECK(lab.sent().message.status() == 202);
    lab.message("bob", kBobIsAway, "three");
    const auto full = lab.sent().message;
    CHECK(full.status() == 480);
    CHECK(full.reason() == "No more than 2 deferred messages are kept");
    lab.message("carol", "carol@home.example>;sescase=term;regstate=unreg", "for carol");
    CHECK(lab.sent().message.status() == 202);
    lab.message("dave",
                "dave@home.example>;sescase=term;regstate=unreg",
                "x",
                "text/plain",
                "Expires: 0\r\n");
    CHECK(lab.sent().message.status() == 480);
    lab.passes(seconds(61));
    // RFC 5438 §8.2: it failed, and the sender wanted to know
    const auto report = lab.sent().message;
    CHECK(report.uri() == "sip:alice@home.example");
    CHECK(report.body().find("<failed/>") != std::string_view::npos);
    CHECK(lab.state()["deferred"]["messages"].size() == 2);
    lab.passes(std::chrono::hours(73));
    CHECK(lab.state()["deferred"]["messages"].empty());
}

TEST_CASE("who asked for it hears that his message is stored (RFC 5438 §8.1)") {
    MessagingLab lab;
    lab.message("bob", kBobIsAway, cpim("processing, display"), "message/cpim");
    CHECK(lab.sent().message.status() == 202);
    const auto report = lab.sent().message;
    CHECK(report.uri() == "sip:alice@home.example");
    CHECK(report.get(HeaderId::content_type) == "message/cpim");
    CHECK(report.body().find("<processing-notification><status><stored/>") !=
          std::string_view::npos);
    CHECK(report.body().find("<message-id>m1</message-id>") != std::string_view::npos);
    lab.message("bob", kBobIsAway, cpim("display"), "message/cpim");
    CHECK(lab.sent().message.status() == 202);
    CHECK(lab.quiet());
}

TEST_CASE("that somebody is writing is not kept for later (RFC 3994)") {
    MessagingLab lab;
    const std::string status =
        "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state>"
        "</isComposing>";
    lab.message("bob", kBobIsAway, status, "application/im-iscomposing+xml");
    CHECK(lab.sent().message.status() == 480);
    lab.message("bob", kBobIsHere, status, "application/im-iscomposing+xml");
    lab.answer(lab.sent(), 480);
    CHECK(lab.sent().message.status() == 480);
    CHECK(lab.database.empty());
}

TEST_CASE("what was stored before a restart is delivered after it") {
    StoredMessage kept;
    kept.id = 7;
    kept.owner = "sip:bob@home.example";
    kept.peer = "sip:alice@home.example";
    kept.from = "<sip:alice@home.example>";
    kept.content_type = "text/plain";
    kept.body = "before the crash";
    kept.expires_at = 1'000'000'000'000;
    MessagingLab lab({}, {kept});
    lab.registers("bob");
    lab.sent();
    const auto delivered = lab.sent();
    CHECK(delivered.message.body() == "before the crash");
    lab.answer(delivered, 200);
    lab.message("bob", kBobIsAway, "new");
    CHECK(std::get<PutMessage>(lab.database.back()).message.id == 8);
}

TEST_CASE("without registrations that somebody tells, it is tried again and again") {
    MessagingSettings settings;
    settings.deferral.retry = seconds(2);
    settings.any_recipient = true;
    MessagingLab lab(settings);
    lab.message("bob", "", "hi");  // plain SIP: nobody is served, the Request-URI says who
    const auto on = lab.sent();
    CHECK(on.flow.remote == kIcscf);
    lab.answer(on, 480);
    CHECK(lab.sent().message.status() == 202);
    lab.passes(seconds(2));
    auto again = lab.sent();
    CHECK(again.message.body() == "hi");
    lab.answer(again, 480);
    lab.passes(seconds(2));
    again = lab.sent();
    lab.answer(again, 200);
    CHECK(lab.state()["deferred"]["delivered"] == 1);
    CHECK_FALSE(lab.state()["deferred"]["messages"].size() != 0);
}

TEST_CASE("a message to a list becomes one for each, who see what they may (RFC 5365)") {
    MessagingSettings settings;
    settings.identities = {"sip:list@home.example"};
    settings.max_recipients = 3;
    MessagingLab lab(settings);
    const std::string type = "multipart/mixed;boundary=b";
    lab.message("list",
                "",
                list_body("<entry uri=\"sip:bob@home.example\" cp:copyControl=\"to\"/>"
                          "<entry uri=\"sip:carol@home.example?body=x\" cp:copyControl=\"cc\" "
                          "cp:anonymize=\"true\"/><entry uri=\"sip:bob@home.example\"/>"),
                type);
    CHECK(lab.sent().message.status() == 202);
    const auto to_bob = lab.sent().message, to_carol = lab.sent().message;
    CHECK(lab.quiet());
    CHECK(to_bob.uri() == "sip:bob@home.example");
    CHECK(to_carol.uri() == "sip:carol@home.example");
    CHECK(sip::uri_of(to_bob.get(HeaderId::from)) == "sip:alice@home.example");
    CHECK(to_bob.get(HeaderId::p_asserted_identity) == "<sip:alice@home.example>");
    CHECK(to_bob.get(HeaderId::call_id) != to_carol.get(HeaderId::call_id));
    const auto parts = parts_of(*to_carol.get(HeaderId::content_type), to_carol.body());
    REQUIRE(parts);
    REQUIRE(parts->size() == 2);
    CHECK((*parts)[0].content == "hi all");
    CHECK((*parts)[1].disposition == "recipient-list-history; handling=optional");
    CHECK((*parts)[1].content.find("sip:anonymous@anonymous.invalid") != std::string::npos);
    CHECK((*parts)[1].content.find("carol") == std::string::npos);

    lab.message("list", "", list_body("<entry uri=\"sip:bob@home.example\"/>"), type);
    CHECK(lab.sent().message.status() == 202);
    // Nothing is left but the text: no multipart around it
    CHECK(lab.sent().message.get(HeaderId::content_type) == "text/plain");
}

TEST_CASE("who has not given permission is written to by no list (RFC 5360 §5.9.1)") {
    MessagingSettings settings;
    settings.identities = {"sip:list@home.example"};
    settings.consent_list = "granted";
    MessagingLab lab(settings);
    const auto grants = [&](const std::string& user) {
        lab.lists->all[{"resource-lists", "sip:" + user + "@home.example", "index"}] = {
            user,
            "<resource-lists><list name=\"granted\"><entry uri=\"sip:alice@home.example\"/>"
            "</list></resource-lists>",
            ""};
    };
    const auto send = [&] {
        lab.message("list",
                    "",
                    list_body("<entry uri=\"sip:bob@home.example\"/>"
                              "<entry uri=\"sip:carol@home.example\"/>"
                              "<entry uri=\"sip:alice@home.example\"/>"),
                    "multipart/mixed;boundary=b");
        return lab.sent().message;
    };
    auto refused = send();
    CHECK(refused.status() == 470);
    CHECK(refused.get("Permission-Missing") ==
          "<sip:bob@home.example>, <sip:carol@home.example>");
    grants("bob");
    CHECK(send().get("Permission-Missing") == "<sip:carol@home.example>");
    CHECK(lab.quiet());
    grants("carol");
    CHECK(send().status() == 202);
    for (int copies = 0; copies < 3; ++copies) CHECK(lab.sent().message.is_request());
}

TEST_CASE("lists that are none, or too long, reach nobody") {
    MessagingSettings settings;
    settings.identities = {"sip:list@home.example"};
    settings.max_recipients = 1;
    MessagingLab lab(settings);
    const auto refused = [&](const std::string& body, const std::string& type) {
        lab.message("list", "", body, type);
        const auto answer = lab.sent().message;
        CHECK(answer.status() == 400);
        CHECK(lab.quiet());
        return std::string(answer.reason());
    };
    CHECK(refused("hi", "text/plain") == "No recipient list in the message");
    CHECK(refused(list_body(""), "multipart/mixed;boundary=b") == "The recipient list is empty");
    CHECK(
        refused(list_body("<entry uri=\"sip:a@home.example\"/><entry uri=\"sip:b@home.example\"/>"),
                "multipart/mixed;boundary=b") == "The recipient list has more than 1 entries");
    CHECK(refused(list_body("<entry uri=\"nobody\"/>"), "multipart/mixed;boundary=b") ==
          "The recipient list has an entry without a URI");
}

TEST_CASE("what the content filter finds is refused with its name, wherever it is in the message") {
    MessagingSettings settings;
    settings.content_filter = "/run/clamd";
    MessagingLab lab(settings);
    using Verdict = ScanAnswer::Verdict;
    lab.scanner = [](const std::string& octets) {
        if (octets == "evil") return ScanAnswer{Verdict::infected, "Test.Evil"};
        if (octets == "odd") return ScanAnswer{Verdict::unknown, "clamd: no such file"};
        return ScanAnswer{};
    };
    lab.message("bob", kBobIsHere, "good");
    CHECK(lab.sent().message.is_request());
    lab.message("bob", kBobIsHere, "evil");
    auto refused = lab.sent().message;
    CHECK(refused.status() == 403);
    CHECK(refused.reason() == "The content is refused: Test.Evil");
    lab.message("bob",
                kBobIsHere,
                "From: <sip:a@b>\r\n\r\nContent-Type: text/plain\r\n\r\nevil",
                "message/cpim");
    CHECK(lab.sent().message.status() == 403);
    lab.message("bob",
                kBobIsHere,
                "--b\r\nContent-Type: text/plain\r\n\r\ngood\r\n--b\r\nContent-Type: a/b\r\n\r\n"
                "evil\r\n--b--",
                "multipart/mixed;boundary=b");
    CHECK(lab.sent().message.status() == 403);
    lab.message("bob", kBobIsHere, "odd");  // nobody knows: it passes, and the log says so
    CHECK(lab.sent().message.is_request());
    CHECK(lab.state()["unfiltered"] == 1);
    settings.content_filter_required = true;
    MessagingLab strict(settings);
    strict.scanner = lab.scanner;
    strict.message("bob", kBobIsHere, "odd");
    CHECK(strict.sent().message.status() == 500);
}

TEST_CASE("settings that are wrong are a sentence") {
    const auto wrong = [](const char* text) {
        const auto read = read_messaging_settings(nlohmann::json::parse(text));
        REQUIRE_FALSE(read);
        return read.error();
    };
    CHECK(wrong(R"({"max_message_bytes": "x"})") ==
          "max_message_bytes: found \"x\", expected a number up to 1073741824");
    CHECK(wrong(R"({"identities": ["nobody"]})").find("sip: or tel: URIs") != std::string::npos);
    CHECK(wrong(R"({"colour": 1})").find("expected one of any_recipient") != std::string::npos);
    const auto read = read_messaging_settings(
        nlohmann::json::parse(R"({"retry_seconds": 5, "keep_seconds": 10})"));
    REQUIRE(read);
    CHECK(read->deferral.retry == seconds(5));
}
