// The event package xcap-diff: who subscribes to what, and what is told of which change.
#include "as/xdm/xcap_diff.h"
#include "core/xml_escape.h"

#include "sip/headers.h"
#include "tests/unit/as/xdm/xdm_fixture.h"

using namespace imslab;
using namespace imslab::xdm;
using sip::HeaderId;

namespace {

std::string list_of(const std::vector<std::string>& uris) {
    std::string xml = "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>";
    for (const auto& uri : uris) xml += "<entry uri=\"" + xml_escaped(uri) + "\"/>";
    return xml + "</list></resource-lists>";
}

class Watched : public XdmLab {
public:
    void subscribe(const std::string& body,
                   const std::string& extra = "Event: xcap-diff\r\n",
                   const std::string& from = kServing,
                   const std::string& user = kAlice) {
        const auto number = std::to_string(++count_);
        const std::string content =
            body.empty() ? "" : "Content-Type: application/resource-lists+xml\r\n";
        const std::string bytes =
            "SUBSCRIBE sip:xdm@xdms.home.example SIP/2.0\r\nVia: SIP/2.0/UDP " + from +
            ";branch=z9hG4bKs" + number + "\r\nMax-Forwards: 60\r\nFrom: <" + user +
            ">;tag=a\r\nTo: <sip:xdm@xdms.home.example>\r\nCall-ID: call-" + number +
            "\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:127.9.0.1>\r\nRecord-Route: "
            "<sip:scscf.home.example;lr>\r\nP-Asserted-Identity: <" +
            user + ">\r\nExpires: 600\r\n" + extra + content +
            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        node.deliver(
            Arrived{{Transport::udp, *Address::parse("127.9.1.1:5060"), *Address::parse(from), 0},
                    bytes},
            now);
        take();
    }
    sip::Message next() {
        REQUIRE_FALSE(sent.empty());
        auto parsed = sip::parse(sent.front());
        REQUIRE(parsed);
        sent.erase(sent.begin());
        return std::move(*parsed);
    }
    // The body of the next NOTIFY, which is answered.
    std::string notified() {
        const auto notify = next();
        REQUIRE(notify.is_request());
        CHECK(notify.get(HeaderId::content_type) == "application/xcap-diff+xml");
        auto ok = sip::Message::response_to(notify, 200);
        node.deliver(
            Arrived{
                {Transport::udp, *Address::parse("127.9.1.1:5060"), *Address::parse(kServing), 0},
                ok.to_bytes()},
            now);
        take();
        const std::string body(notify.body());
        CHECK(DocumentTree::parse(body));
        return body;
    }
    std::string tag(const char* name = "index") const {
        return documents->find({"resource-lists", kAlice, name})->etag;
    }

private:
    unsigned count_ = 0;
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::string kDocument = "resource-lists/users/sip:alice@home.example/index";

}  // namespace

TEST_CASE("RFC 5875 §4.7: a document is told of when it is created, changed and removed") {
    Watched lab;
    lab.subscribe(list_of({kDocument}));
    CHECK(lab.next().status() == 200);
    const auto nothing = lab.notified();
    CHECK(has(nothing, "xcap-root=\"http://xdms.home.example/\""));
    CHECK_FALSE(has(nothing, "<document"));

    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto first = lab.tag();
    CHECK(has(lab.notified(), "<document sel=\"" + kDocument + "\" new-etag=\"" + first + "\"/>"));
    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto second = lab.tag();
    CHECK(has(lab.notified(), "new-etag=\"" + second + "\" previous-etag=\"" + first + "\""));
    lab.ask("DELETE", kIndex);
    CHECK(has(lab.notified(),
              "<document sel=\"" + kDocument + "\" previous-etag=\"" + second + "\"/>"));
    CHECK(lab.sent.empty());
}

TEST_CASE("RFC 5875 §4.1: a collection has all that is in it, a change elsewhere is not told") {
    Watched lab;
    lab.ask("PUT", kIndex, kFriends, kLists);
    lab.subscribe(list_of({"resource-lists/users/sip:alice@home.example/"}));
    CHECK(lab.next().status() == 200);
    CHECK(has(lab.notified(), "sel=\"" + kDocument + "\""));
    lab.ask("PUT", kIndex + "2", kFriends, kLists);
    const auto other = lab.notified();
    CHECK(has(other, "sel=\"" + kDocument + "2\""));
    CHECK_FALSE(has(other, "sel=\"" + kDocument + "\""));
    lab.ask("PUT", "/resource-lists/users/sip:bob@home.example/index", kFriends, kLists, {}, kBob);
    CHECK(lab.sent.empty());
    // Everybody's documents, as far as they may be read: one's own.
    lab.subscribe(list_of({"resource-lists/"}));
    CHECK(lab.next().status() == 200);
    const auto all = lab.notified();
    CHECK(has(all, "sip:alice@home.example/index2"));
    CHECK_FALSE(has(all, "sip:bob@home.example"));
}

TEST_CASE("RFC 5875 §4.6: elements and attributes are told with their content") {
    Watched lab;
    const auto bob = kDocument + "/~~/*/list/entry%5b@uri='sip:bob@home.example'%5d";
    const auto name = kDocument + "/~~/resource-lists/list/@name";
    lab.subscribe(list_of({bob, name}));
    CHECK(lab.next().status() == 200);
    CHECK_FALSE(has(lab.notified(), "sel="));
    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto created = lab.notified();
    CHECK(
        has(created,
            "<element sel=\"" + xml_escaped(bob) +
                "\"><entry xmlns=\"urn:ietf:params:xml:ns:resource-lists\" "
                "uri=\"sip:bob@home.example\"><display-name>Bob</display-name></entry></element>"));
    CHECK(has(created, "<attribute sel=\"" + name + "\">friends</attribute>"));
    // A change of another element is none of theirs.
    lab.ask("PUT",
            kIndex + "/~~/resource-lists/list/entry%5b3%5d",
            "<entry uri=\"sip:dan@home.example\"/>",
            kElementType);
    CHECK(lab.sent.empty());
    lab.ask("PUT", kIndex + "/~~/resource-lists/list/@name", "\"pals\"", kAttributeType);
    const auto renamed = lab.notified();
    CHECK(has(renamed, ">pals</attribute>"));
    CHECK_FALSE(has(renamed, "<element"));
    lab.ask("DELETE", kIndex);
    const auto gone = lab.notified();
    CHECK(has(gone, "exists=\"false\""));
}

TEST_CASE("RFC 6665 §4.2.2: what changes while a NOTIFY is under way is told with the next") {
    Watched lab;
    lab.subscribe(list_of({kDocument}));
    CHECK(lab.next().status() == 200);
    lab.ask("PUT", kIndex, kFriends, kLists);
    lab.ask("DELETE", kIndex);
    lab.ask("PUT", kIndex, kFriends, kLists);
    CHECK(lab.sent.size() == 1);
    lab.notified();
    CHECK(has(lab.notified(), "new-etag=\"" + lab.tag() + "\""));
    CHECK(lab.sent.empty());
}

TEST_CASE("RFC 6446 §5: what is removed before the next NOTIFY is due is told with it") {
    Watched lab;
    lab.ask("PUT", kIndex, kFriends, kLists);
    const auto tag = lab.tag();
    lab.subscribe(list_of({kDocument}), "Event: xcap-diff;max-rate=0.1\r\n");
    CHECK(lab.next().status() == 200);
    CHECK(has(lab.notified(), "new-etag=\"" + tag + "\""));
    lab.ask("DELETE", kIndex);
    CHECK(lab.sent.empty());
    lab.now += std::chrono::seconds(10);
    lab.node.deliver(Woken{}, lab.now);
    lab.take();
    CHECK(
        has(lab.notified(), "<document sel=\"" + kDocument + "\" previous-etag=\"" + tag + "\"/>"));
}

TEST_CASE("RFC 5875 §4.4: what cannot be subscribed to, and who may not") {
    Watched lab;
    const auto status = [&](const std::string& body,
                            const std::string& extra = "Event: xcap-diff\r\n",
                            const std::string& from = kServing) {
        lab.subscribe(body, extra, from);
        const auto response = lab.next();
        return response.status();
    };
    const auto fine = list_of({kDocument});
    CHECK(status(fine, "Event: presence\r\n") == 489);
    CHECK(status(fine, "Event: xcap-diff\r\nAccept: text/plain\r\n") == 406);
    CHECK(status(fine, "Event: xcap-diff\r\n", "127.9.9.9:5060") == 403);
    CHECK(status("") == 400);
    CHECK(status("<resource-lists") == 400);
    CHECK(status(list_of({})) == 400);
    CHECK(status(list_of({"nothing/users/sip:a@b/index"})) == 400);
    CHECK(status(list_of({"resource-lists/users/../index"})) == 400);
    CHECK(status(list_of({kDocument + "/~~/*/namespace::*"})) == 400);
    CHECK(status(list_of(std::vector<std::string>(201, kDocument))) == 413);
}
