// The resource list server (RFC 4662): one subscription for a list, one to each of its members.
#include "tests/unit/presence/presence_flow.h"

using namespace imslab;
using namespace imslab::test;
using namespace std::chrono_literals;
using sip::HeaderId;

namespace {

const std::string kBuddies = "sip:alice-buddies@" + kHome;

struct ListsUnderTest : PresenceUnderTest {
    ListsUnderTest() : PresenceUnderTest(R"({"lists": {"kind": "resource-lists"}})") {
        stores("rls-services",
               kAlice,
               "index",
               "<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\" "
               "xmlns:r=\"urn:ietf:params:xml:ns:resource-lists\"><service uri=\"" +
                   kBuddies +
                   "\"><resource-list>http://xcap/resource-lists/users/" + kAlice +
                   "/index/~~/resource-lists/list%5B@name=%22friends%22%5D</resource-list>"
                   "<packages><package>presence</package></packages></service></rls-services>");
        friends("<entry uri=\"" + kBob + "\"><display-name>Bob B.</display-name></entry>" +
                "<list name=\"more\"><entry uri=\"" + kCarol + "\"/><entry uri=\"" + kBob +
                "\"/></list>");
    }
    void friends(const std::string& entries) {
        stores("resource-lists",
               kAlice,
               "index",
               "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">"
               "<list name=\"friends\">" +
                   entries + "</list></resource-lists>");
    }
    sip::Message subscribes(const std::string& extra = "Supported: eventlist\n",
                            const std::string& who = kAlice,
                            const std::string& list = kBuddies) {
        Request request{"SUBSCRIBE", who, list, "list-" + std::to_string(number)};
        request.enabler = "lists";
        request.extra = extra;
        send(request);
        return flow.sent().message;
    }
    // A member's presence server answers, and notifies.
    void member_notifies(const SentMessage& subscribe,
                         std::string_view state,
                         std::string_view body,
                         unsigned cseq = 1) {
        const auto& message = subscribe.message;
        flow.arrives(kScscf,
                     "NOTIFY " + std::string(*sip::uri_of(message.get(HeaderId::contact))) +
                         " SIP/2.0\nVia: SIP/2.0/UDP 127.1.3.1:5060;branch=z9hG4bKn" +
                         std::to_string(++number) + "\nMax-Forwards: 70\nFrom: " +
                         std::string(*message.get(HeaderId::to)) + ";tag=remote\nTo: " +
                         std::string(*message.get(HeaderId::from)) + "\nCall-ID: " +
                         std::string(*message.get(HeaderId::call_id)) +
                         "\nCSeq: " + std::to_string(cseq) +
                         " NOTIFY\nEvent: presence\nSubscription-State: " + std::string(state) +
                         "\nContact: <sip:ps@127.1.3.1>\nContent-Type: application/pidf+xml\n"
                         "Content-Length: " +
                         std::to_string(body.size()) + "\n\n" + std::string(body));
    }
};

}  // namespace

TEST_CASE("A list subscription asks each member once, and tells what comes back") {
    ListsUnderTest server;
    const auto ok = server.subscribes();
    CHECK(ok.status() == 200);
    CHECK(ok.get(HeaderId::require) == "eventlist");
    const auto first = server.notified();
    CHECK(first.get(HeaderId::require) == "eventlist");
    CHECK(first.get(HeaderId::content_type)
              ->starts_with("multipart/related;type=\"application/rlmi+xml\";start=\"<"));
    CHECK(says(first, "uri=\"" + kBuddies + "\" version=\"0\" fullState=\"true\""));
    CHECK(says(first, "<resource uri=\"" + kBob + "\"><name>Bob B.</name></resource>"));
    const auto to_bob = server.flow.sent();
    const auto to_carol = server.flow.sent();
    CHECK(server.flow.quiet());
    CHECK(to_bob.message.uri() == kBob);
    CHECK(to_bob.message.get(HeaderId::p_asserted_identity) == "<" + kAlice + ">");
    CHECK(to_bob.message.get(HeaderId::route) == "<sip:" + kHome + ";lr;orig>");
    CHECK(to_carol.message.uri() == kCarol);
    // the NOTIFY overtakes the 200
    server.member_notifies(to_bob, "active;expires=600", "<b/>");
    CHECK(server.flow.sent().message.status() == 200);
    server.flow.answers(
        to_bob, 200, "Contact: <sip:ps@127.1.3.1>\nExpires: 600\n", "remote");
    const auto partial = server.flow.sent();
    CHECK(says(partial.message, "version=\"1\" fullState=\"false\""));
    CHECK(says(partial.message, "<instance id=\"1\" state=\"active\" cid=\""));
    CHECK(says(partial.message, "<b/>"));
    CHECK_FALSE(says(partial.message, kCarol));
    // while that is under way Carol refuses, and Bob changes: told as a whole
    server.flow.answers(to_carol, 403);
    server.member_notifies(to_bob, "active;expires=600", "<c/>", 2);
    CHECK(server.flow.sent().message.status() == 200);
    CHECK(server.flow.quiet());
    server.flow.answers(partial, 200);
    const auto whole = server.notified();
    CHECK(says(whole, "version=\"2\" fullState=\"true\""));
    CHECK(says(whole, "<instance id=\"1\" state=\"terminated\" reason=\"rejected\"/>"));
    CHECK(says(whole, "<c/>"));
    SECTION("the watcher leaves, and with him the members' subscriptions") {
        PresenceUnderTest::Request leaves{"SUBSCRIBE",
                                          kAlice,
                                          kBuddies,
                                          std::string(*ok.get(HeaderId::call_id)),
                                          "presence",
                                          std::string(*sip::to_tag(ok))};
        leaves.enabler = "lists";
        leaves.cseq = 2;
        leaves.extra = "Expires: 0\nSupported: eventlist\n";
        server.send(leaves);
        CHECK(server.flow.sent().message.status() == 200);
        CHECK(says(server.notified(), "fullState=\"true\""));
        const auto end = server.flow.sent();
        CHECK(end.message.method() == sip::Method::subscribe);
        CHECK(end.message.get(HeaderId::expires) == "0");
        CHECK(end.message.uri() == "sip:ps@127.1.3.1");
        CHECK(server.node.state()["enablers"]["lists"]["lists"].empty());
    }
    SECTION("a member's subscription is renewed in time") {
        server.flow.passes(571s);
        const auto renewed = server.flow.sent();
        CHECK(renewed.message.method() == sip::Method::subscribe);
        CHECK(renewed.message.get(HeaderId::cseq) == "2 SUBSCRIBE");
    }
    SECTION("a member's server sends us away: we come again") {
        server.member_notifies(to_bob, "terminated;reason=deactivated", "", 3);
        CHECK(server.flow.sent().message.status() == 200);
        const auto again = server.flow.sent();
        CHECK(again.message.method() == sip::Method::subscribe);
        CHECK(again.message.uri() == kBob);
    }
    SECTION("the list changes") {
        server.friends("<entry uri=\"sip:dave@" + kHome + "\"/>");
        const auto end = server.flow.sent();
        CHECK(end.message.get(HeaderId::expires) == "0");
        CHECK(server.flow.sent().message.uri() == "sip:dave@" + kHome);
        const auto told = server.notified();
        CHECK(says(told, "fullState=\"true\""));
        CHECK_FALSE(says(told, kBob));
    }
    SECTION("the list goes away") {
        server.stores("rls-services", kAlice, "index", std::nullopt);
        CHECK(server.notified().get(HeaderId::subscription_state) ==
              "terminated;reason=noresource");
    }
}

TEST_CASE("What a subscription to a list can do wrong") {
    ListsUnderTest server;
    SECTION("who does not know of lists") {
        const auto refused = server.subscribes("");
        CHECK(refused.status() == 421);
        CHECK(refused.get(HeaderId::require) == "eventlist");
    }
    SECTION("who does not take what there is") {
        CHECK(server.subscribes("Supported: eventlist\nAccept: application/pidf+xml\n").status() ==
              406);
    }
    SECTION("somebody else's list") {
        CHECK(server.subscribes("Supported: eventlist\n", kBob).status() == 403);
    }
    SECTION("no list") {
        CHECK(server.subscribes("Supported: eventlist\n", kAlice, "sip:nothing@" + kHome)
                  .status() == 404);
    }
    SECTION("a NOTIFY for no subscription") {
        auto message = sip::Message::request("SUBSCRIBE", kBob);
        message.append(HeaderId::from, "<" + kAlice + ">;tag=nobody");
        message.append(HeaderId::to, "<" + kBob + ">");
        message.append(HeaderId::call_id, "none");
        message.append(HeaderId::contact, "<sip:lists@" + kAs + ">");
        server.member_notifies({{}, message}, "active", "<b/>");
        CHECK(server.flow.sent().message.status() == 481);
    }
    CHECK(server.node.state()["enablers"]["lists"]["members"] == 0);
}
