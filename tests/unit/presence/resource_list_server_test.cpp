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
                   kBuddies + "\"><resource-list>http://xcap/resource-lists/users/" + kAlice +
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
                         std::to_string(++number) +
                         "\nMax-Forwards: 70\nFrom: " + std::string(*message.get(HeaderId::to)) +
                         ";tag=remote\nTo: " + std::string(*message.get(HeaderId::from)) +
                         "\nCall-ID: " + std::string(*message.get(HeaderId::call_id)) +
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
    server.flow.answers(to_bob, 200, "Contact: <sip:ps@127.1.3.1>\nExpires: 600\n", "remote");
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

namespace {

std::string a_filter_set(std::string_view filters) {
    return "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"><ns-bindings><ns-binding "
           "prefix=\"p\" urn=\"urn:ietf:params:xml:ns:pidf\"/></ns-bindings>" +
           std::string(filters) + "</filter-set>";
}
const std::string kStatus = "<what><include>//p:basic</include></what>";
const std::string kFilters = "application/simple-filter+xml";

// A list of two, both of whose servers have answered.
struct FilteredListUnderTest : ListsUnderTest {
    sip::Message ok;
    SentMessage to_bob, to_carol;
    unsigned cseq = 1, member_cseq = 0;

    explicit FilteredListUnderTest(const std::string& filters) {
        Request request{"SUBSCRIBE", kAlice, kBuddies, "filtered-list"};
        request.enabler = "lists";
        request.extra = "Supported: eventlist\n";
        request.body = filters.empty() ? "" : a_filter_set(filters);
        request.type = kFilters;
        send(request);
        ok = flow.sent().message;
        CHECK(ok.status() == 200);
        notified();
        to_bob = flow.sent();
        to_carol = flow.sent();
        for (const auto& one : {to_bob, to_carol})
            flow.answers(one, 200, "Contact: <sip:ps@127.1.3.1>\nExpires: 3600\n", "remote");
        CHECK(flow.quiet());
    }
    sip::Message refreshes(const std::string& filters) {
        Request request{"SUBSCRIBE", kAlice, kBuddies, "filtered-list"};
        request.to_tag = std::string(*sip::to_tag(ok));
        request.enabler = "lists";
        request.cseq = ++cseq;
        request.extra = "Supported: eventlist\n";
        request.body = filters.empty() ? "" : a_filter_set(filters);
        request.type = kFilters;
        send(request);
        return flow.sent().message;
    }
    // What comes of Bob's server; that it was answered.
    void bob_is(std::string_view basic, std::string_view more = {}) {
        member_notifies(to_bob, "active;expires=3600", a_pidf(basic, more), ++member_cseq);
        CHECK(flow.sent().message.status() == 200);
    }
};

}  // namespace

TEST_CASE("RFC 4660 §4.1: what a watcher wants of a list holds for what comes of each member") {
    const auto uri = GENERATE(std::string(), " uri=\"" + kBuddies + "\"");
    FilteredListUnderTest server("<filter id=\"1\"" + uri + ">" + kStatus + "</filter>");
    // it is the list server's own business
    CHECK(server.to_bob.message.body().empty());
    server.bob_is("open", "<note>tea</note>");
    const auto told = server.notified();
    CHECK(says(told, "<basic>open</basic>"));
    CHECK_FALSE(says(told, "tea"));
    server.bob_is("open", "<note>coffee</note>");
    CHECK(server.flow.quiet());
    server.bob_is("closed", "<note>coffee</note>");
    CHECK(says(server.notified(), "<basic>closed</basic>"));
    // taken back: all of what is known
    CHECK(server.refreshes("<filter id=\"1\" remove=\"true\"/>").status() == 200);
    CHECK(says(server.notified(), "coffee"));
}

TEST_CASE("A list with a trigger: of a member the watcher is told when it is set off") {
    FilteredListUnderTest server(
        "<filter id=\"1\"><trigger><changed to=\"open\">//p:basic</changed></trigger></filter>");
    server.bob_is("closed");
    CHECK(says(server.notified(), "closed"));  // nothing to compare it with
    server.bob_is("closed", "<note>tea</note>");
    CHECK(server.flow.quiet());
    server.bob_is("open");
    CHECK(says(server.notified(), "open"));
    // that it is over is told in any case
    server.member_notifies(server.to_bob, "terminated;reason=rejected", "", 9);
    CHECK(server.flow.sent().message.status() == 200);
    CHECK(says(server.notified(), "state=\"terminated\" reason=\"rejected\""));
}

TEST_CASE("RFC 4660 §4.1, §8: which filter goes to whom") {
    FilteredListUnderTest server(
        "<filter id=\"bob\" uri=\"" + kBob + "\">" + kStatus + "</filter>" +
        "<filter id=\"domain\" domain=\"" + kHome + "\">" + kStatus + "</filter>" +
        "<filter id=\"foreign\" uri=\"sip:sarah@biloxi.com\">" + kStatus + "</filter>" +
        "<filter id=\"secret\" uri=\"sip:dave@" + kHome + "\">" + kStatus + "</filter>" +
        "<filter id=\"off\" uri=\"" + kCarol + "\" enabled=\"false\">" + kStatus + "</filter>");
    const auto ids = [](const sip::Message& subscribe) {
        std::string all;
        for (const std::string id : {"bob", "domain", "foreign", "secret", "off"}) {
            if (says(subscribe, "<filter id=\"" + id + "\"")) all += id + " ";
        }
        return all;
    };
    CHECK(server.to_bob.message.get(HeaderId::content_type) == kFilters);
    CHECK(ids(server.to_bob.message) == "bob domain foreign ");
    CHECK(ids(server.to_carol.message) == "domain foreign ");
    // the list server leaves it to theirs
    server.bob_is("open", "<note>tea</note>");
    CHECK(says(server.notified(), "tea"));
    SECTION("changed within the dialog: each is told what has changed") {
        const auto again_bob =
            server.refreshes("<filter id=\"bob\" remove=\"true\"/><filter id=\"off\"/>");
        const auto again_carol = server.flow.sent();
        CHECK(server.flow.sent().message.status() == 200);
        server.notified();
        CHECK(again_bob.uri() == "sip:ps@127.1.3.1");
        CHECK(says(again_bob, "<filter id=\"bob\" remove=\"true\">"));
        CHECK(ids(again_bob) == "bob ");
        CHECK(ids(again_carol.message) == "off ");
        // refused there, the subscription stays (RFC 6665 §4.1.2.2)
        server.flow.answers(again_carol, 488);
        CHECK(server.flow.quiet());
    }
    SECTION("a refresh without a body leaves them alone") {
        CHECK(server.refreshes("").status() == 200);
        server.notified();
        CHECK(server.flow.quiet());
    }
    SECTION("two for one are refused, and nothing has changed") {
        const auto refused =
            server.refreshes("<filter id=\"x\" uri=\"" + kBob + "\">" + kStatus + "</filter>");
        CHECK(refused.status() == 488);
        CHECK(refused.get(HeaderId::warning)->find("filters bob and x are for the same") !=
              std::string_view::npos);
        CHECK(server.flow.quiet());
    }
    SECTION("who comes onto the list gets his") {
        server.friends("<entry uri=\"" + kBob + "\"/><entry uri=\"sip:dave@" + kHome + "\"/>");
        CHECK(server.flow.sent().message.get(HeaderId::expires) == "0");  // Carol's
        const auto to_dave = server.flow.sent();
        CHECK(to_dave.message.uri() == "sip:dave@" + kHome);
        CHECK(ids(to_dave.message) == "domain foreign secret ");
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
    SECTION("a body that is none of filters") {
        PresenceUnderTest::Request request{"SUBSCRIBE", kAlice, kBuddies, "wrong"};
        request.enabler = "lists";
        request.extra = "Supported: eventlist\n";
        request.body = "<a/>";
        request.type = "application/xml";
        server.send(request);
        const auto refused = server.flow.sent().message;
        CHECK(refused.status() == 415);
        CHECK(refused.get(HeaderId::accept) == kFilters);
    }
    SECTION("no list") {
        CHECK(
            server.subscribes("Supported: eventlist\n", kAlice, "sip:nothing@" + kHome).status() ==
            404);
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
