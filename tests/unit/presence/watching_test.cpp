// Who watches a user is told what he may see (RFC 3856, RFC 5025, RFC 3857).
#include "tests/unit/presence/presence_flow.h"

using namespace imslab;
using namespace imslab::test;
using namespace std::chrono_literals;
using sip::HeaderId;

TEST_CASE("A watcher gets the state, and what changes; nothing when nothing changes") {
    PresenceUnderTest server;
    const auto etag = server.published(a_pidf("open"));
    CHECK(server.subscribe(kBob).answer.status() == 200);
    const auto first = server.notified();
    CHECK(first.get(HeaderId::content_type) == "application/pidf+xml");
    CHECK(first.get(HeaderId::event) == "presence");
    CHECK(first.get(HeaderId::subscription_state) == "active;expires=3600");
    CHECK(says(first, "<basic>open</basic>"));
    const auto second = server.published(a_pidf("closed"), "SIP-If-Match: " + etag + "\n");
    CHECK(says(server.notified(), "<basic>closed</basic>"));
    const auto third = server.published(a_pidf("closed"), "SIP-If-Match: " + second + "\n");
    CHECK(server.flow.quiet());
    server.published("", "SIP-If-Match: " + third + "\nExpires: 0\n");
    CHECK(says(server.notified(), "<tuple id=\"state\"><status><basic>closed</basic>"));
}

TEST_CASE("Two publishers make one document, and one of them expires") {
    PresenceUnderTest server;
    server.published(a_pidf("open"), "Expires: 60\n");
    server.published(
        a_pidf("closed", "<dm:person id=\"p\"><rpid:mood><rpid:happy/></rpid:mood></dm:person>"));
    server.subscribe(kBob);
    const auto first = server.notified();
    CHECK(says(first, "<basic>closed</basic>"));
    CHECK(says(first, "<rpid:happy/>"));
    server.flow.passes(61s);
    CHECK(server.flow.quiet());  // the later one had the same service
}

TEST_CASE("Somebody who is only registered is open; permanent state counts while nothing is published") {
    PresenceUnderTest server;
    server.subscribe(kBob);
    CHECK(says(server.notified(), "<basic>closed</basic>"));
    const auto registers = [&](unsigned expires) {
        server.flow.arrives(kScscf,
                            "REGISTER sip:presence@" + kAs +
                                " SIP/2.0\nVia: SIP/2.0/UDP 127.1.3.1:5060;branch=z9hG4bKreg" +
                                std::to_string(expires) +
                                "\nMax-Forwards: 70\nFrom: <sip:scscf." + kHome +
                                ">;tag=s\nTo: <" + kAlice + ">\nCall-ID: r" +
                                std::to_string(expires) + "\nCSeq: 1 REGISTER\nContact: <sip:scscf." +
                                kHome + ">\nExpires: " + std::to_string(expires) +
                                "\nContent-Length: 0\n\n");
        CHECK(server.flow.sent().message.status() == 200);
    };
    registers(3600);
    CHECK(says(server.notified(), "<basic>open</basic>"));
    server.stores("pidf-manipulation", kAlice, "index", a_pidf("closed", "<note>on leave</note>"));
    const auto permanent = server.notified();
    CHECK(says(permanent, "on leave"));
    CHECK(says(permanent, "<basic>closed</basic>"));
    server.stores("pidf-manipulation", kAlice, "index", std::nullopt);
    CHECK(says(server.notified(), "<basic>open</basic>"));
    registers(0);
    CHECK(says(server.notified(), "<basic>closed</basic>"));
    registers(60);
    CHECK(says(server.notified(), "<basic>open</basic>"));
    server.flow.passes(61s);  // and nobody has said that it is over
    CHECK(says(server.notified(), "<basic>closed</basic>"));
}

TEST_CASE("Rules: allowed, blocked, politely blocked, to be confirmed") {
    PresenceUnderTest server;
    server.published(a_pidf("open"));
    server.rules(a_rule(kBob, "allow") + a_rule(kCarol, "polite-block") +
                 a_rule("sip:dave@h", "confirm"));
    CHECK(server.subscribe(kBob).answer.status() == 200);
    CHECK(says(server.notified(), "<basic>open</basic>"));
    CHECK(server.subscribe(kCarol).answer.status() == 200);
    const auto polite = server.notified();
    CHECK(polite.get(HeaderId::subscription_state)->starts_with("active"));
    CHECK(says(polite, "<basic>closed</basic>"));
    CHECK(server.subscribe("sip:dave@h").answer.status() == 200);
    const auto pending = server.notified();
    CHECK(pending.get(HeaderId::subscription_state) == "pending;expires=3600");
    CHECK(pending.body().empty());
    CHECK(server.subscribe("sip:eve@h").answer.status() == 403);
    // the user himself sees all of it
    CHECK(server.subscribe(kAlice).answer.status() == 200);
    CHECK(says(server.notified(), "<basic>open</basic>"));
    // what is published is told to those alone who may see it
    server.published(a_pidf("open", "<note>new</note>"));
    CHECK(says(server.notified(), "new"));
    CHECK(says(server.notified(), "new"));
    CHECK(server.flow.quiet());
}

TEST_CASE("Rules are obeyed the moment they change") {
    PresenceUnderTest server;
    server.published(a_pidf("open", "<note>tea</note>"));
    server.rules(a_rule(kBob, "confirm"));
    server.subscribe(kBob);
    CHECK(server.notified().get(HeaderId::subscription_state)->starts_with("pending"));
    SECTION("let in, then shown less, then more, then put out") {
        server.rules(a_rule(kBob, "allow"));
        const auto active = server.notified();
        CHECK(active.get(HeaderId::subscription_state)->starts_with("active"));
        CHECK(says(active, "tea"));
        server.rules(a_rule(
            kBob, "allow", "<pr:provide-services><pr:all-services/></pr:provide-services>"));
        CHECK_FALSE(says(server.notified(), "tea"));
        server.rules(a_rule(kBob, "polite-block"));
        CHECK(says(server.notified(), "closed"));
        server.rules(a_rule(kBob, "block"));
        CHECK(server.notified().get(HeaderId::subscription_state) ==
              "terminated;reason=rejected");
    }
    SECTION("refused") {
        server.rules("");
        CHECK(server.notified().get(HeaderId::subscription_state) ==
              "terminated;reason=rejected");
    }
    SECTION("let in, and asked about anew") {
        server.rules(a_rule(kBob, "allow"));
        server.notified();
        server.rules(a_rule(kBob, "confirm"));
        CHECK(server.notified().get(HeaderId::subscription_state) ==
              "terminated;reason=deactivated");
    }
    SECTION("by the clock") {
        auto rule = a_rule(kBob, "allow");
        const auto at = rule.find("</conditions>");
        rule.insert(at,
                    "<validity><from>1970-01-01T01:00:10Z</from>"
                    "<until>2030-01-01T00:00:00Z</until></validity>");
        server.rules(rule + a_rule(kBob, "confirm"));
        CHECK(server.flow.quiet());
        server.flow.passes(15s);  // the node's clock began at one o'clock in 1970
        CHECK(server.notified().get(HeaderId::subscription_state)->starts_with("active"));
    }
}

TEST_CASE("A list of friends is a rule, and follows the list") {
    PresenceUnderTest server;
    server.published(a_pidf("open"));
    const auto friends = [&](const std::string& entries) {
        server.stores("resource-lists",
                      kAlice,
                      "index",
                      "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">"
                      "<list name=\"friends\">" +
                          entries + "</list></resource-lists>");
    };
    friends("<entry uri=\"" + kBob + "\"/>");
    server.rules("<rule id=\"f\"><conditions><o:external-list><o:entry "
                 "anc=\"http://xcap/resource-lists/users/" +
                 kAlice +
                 "/index/~~/resource-lists/list%5B@name=%22friends%22%5D\"/></o:external-list>"
                 "</conditions><actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>");
    CHECK(server.subscribe(kCarol).answer.status() == 403);
    CHECK(server.subscribe(kBob).answer.status() == 200);
    server.notified();
    friends("<entry uri=\"" + kCarol + "\"/>");
    CHECK(server.notified().get(HeaderId::subscription_state) == "terminated;reason=rejected");
    CHECK(server.subscribe(kCarol).answer.status() == 200);
    server.notified();
}

TEST_CASE("A list of a rule is read once, however many watch and however often something changes") {
    PresenceUnderTest server;
    const std::string list =
        "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list name=\"friends\">"
        "<entry uri=\"" +
        kBob + "\"/><entry uri=\"" + kCarol + "\"/></list></resource-lists>";
    server.stores("resource-lists", kAlice, "index", list);
    server.rules(
        "<rule id=\"f\"><conditions><o:external-list><o:entry "
        "anc=\"http://xcap/resource-lists/users/" +
        kAlice +
        "/index/~~/resource-lists/list%5B@name=%22friends%22%5D\"/></o:external-list>"
        "</conditions><actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>");
    auto& reads = server.documents.reads["resource-lists"];
    reads = 0;
    for (const auto& watcher : {kBob, kCarol}) {
        CHECK(server.subscribe(watcher).answer.status() == 200);
        server.notified();
    }
    CHECK(server.subscribe("sip:eve@h").answer.status() == 403);
    server.published(a_pidf("open"));
    CHECK(reads == 1);
    server.stores("resource-lists", kAlice, "index", list);
    CHECK(reads == 2);
}

TEST_CASE("A user learns who watches, and lets them in") {
    PresenceUnderTest server(
        R"({"presence": {"unruled": "confirm", "watcher_information_interval_ms": 0}})");
    CHECK(server.subscribe(kBob, kAlice, {}, "presence.winfo").answer.status() == 403);
    CHECK(server.subscribe(kAlice, kAlice, {}, "presence.winfo").answer.status() == 200);
    const auto empty = server.notified();
    CHECK(empty.get(HeaderId::content_type) == "application/watcherinfo+xml");
    CHECK(says(empty, "version=\"0\" state=\"full\""));
    const auto bob = server.subscribe(kBob);
    server.notified();
    const auto asks = server.notified();
    CHECK(says(asks, "version=\"1\" state=\"partial\""));
    CHECK(says(asks, "status=\"pending\" id=\"w1\" event=\"subscribe\""));
    CHECK(says(asks, ">" + kBob + "</watcher>"));
    SECTION("approved") {
        server.rules(a_rule(kBob, "allow"));
        CHECK(server.notified().get(HeaderId::subscription_state)->starts_with("active"));
        CHECK(says(server.notified(), "status=\"active\" id=\"w1\" event=\"approved\""));
    }
    SECTION("rejected") {
        server.rules(a_rule(kBob, "block"));
        CHECK(server.notified().get(HeaderId::subscription_state) ==
              "terminated;reason=rejected");
        CHECK(says(server.notified(), "status=\"terminated\" id=\"w1\" event=\"rejected\""));
    }
    SECTION("he leaves, and waits") {
        PresenceUnderTest::Request leaves{
            "SUBSCRIBE", kBob, kAlice, "sub-" + kBob + "presence", "presence", bob.to_tag};
        leaves.cseq = 2;
        leaves.extra = "Expires: 0\n";
        server.send(leaves);
        CHECK(server.flow.sent().message.status() == 200);
        const auto told = server.flow.sent();
        const auto other = server.flow.sent();
        server.flow.answers(told, 200);
        server.flow.answers(other, 200);
        const bool first = says(told.message, "watcherinfo");
        CHECK(says((first ? told : other).message, "status=\"waiting\" id=\"w1\" event=\"timeout\""));
        server.rules(a_rule(kBob, "allow"));
        CHECK(says(server.notified(), "status=\"terminated\" id=\"w1\" event=\"approved\""));
    }
}

TEST_CASE("What a SUBSCRIBE can do wrong") {
    PresenceUnderTest server;
    PresenceUnderTest::Request request{"SUBSCRIBE", kBob, kAlice, "s"};
    const auto answered = [&] {
        server.send(request);
        return server.flow.sent().message;
    };
    SECTION("another package") {
        request.event = "dialog";
        const auto refused = answered();
        CHECK(refused.status() == 489);
        CHECK(refused.get(HeaderId::allow_events) == "presence, presence.winfo");
    }
    SECTION("nothing that we could send") {
        request.extra = "Accept: text/plain\n";
        CHECK(answered().status() == 406);
    }
    SECTION("a dialog of nobody") {
        request.to_tag = "nobody";
        CHECK(answered().status() == 481);
    }
    SECTION("a NOTIFY for no subscription") {
        request.method = "NOTIFY";
        request.to_tag = "nobody";
        CHECK(answered().status() == 481);
    }
    SECTION("nobody of ours") {
        request.to = "sip:alice@elsewhere.org";
        CHECK(answered().status() == 404);
    }
    CHECK(server.state()["watchers"].empty());
}

TEST_CASE("Who does not say who he is is somebody unknown") {
    PresenceUnderTest server;
    server.published(a_pidf("open"));
    server.rules(a_rule(kBob, "allow") +
                 "<rule id=\"anon\"><conditions><o:anonymous-request/></conditions><actions>"
                 "<pr:sub-handling>polite-block</pr:sub-handling></actions></rule>");
    CHECK(server.subscribe(kBob, kAlice, "Privacy: id\n").answer.status() == 200);
    CHECK(says(server.notified(), "closed"));
    CHECK(server.state()["watchers"][0]["subscriber"] == "sip:anonymous@anonymous.invalid");
}

TEST_CASE("Who waits without having said who he is is decided upon as somebody unknown") {
    PresenceUnderTest server(
        R"({"presence": {"unruled": "confirm", "watcher_information_interval_ms": 0}})");
    CHECK(server.subscribe(kAlice, kAlice, {}, "presence.winfo").answer.status() == 200);
    server.notified();
    // once, and gone before he was let in
    CHECK(server.subscribe(kBob, kAlice, "Privacy: id\nExpires: 0\n").answer.status() == 200);
    server.notified();
    CHECK(says(server.notified(), "status=\"waiting\""));
    server.flow.forget_sent();
    SECTION("let in as such") {
        server.rules(
            "<rule id=\"anon\"><conditions><o:anonymous-request/></conditions><actions>"
            "<pr:sub-handling>allow</pr:sub-handling></actions></rule>");
        CHECK(says(server.notified(), "status=\"terminated\" id=\"w1\" event=\"approved\""));
    }
    SECTION("no name that a rule could mean") {
        server.rules(
            "<rule id=\"all\"><conditions><identity><many/></identity></conditions><actions>"
            "<pr:sub-handling>allow</pr:sub-handling></actions></rule>");
        CHECK(says(server.notified(), "status=\"terminated\" id=\"w1\" event=\"rejected\""));
    }
}

TEST_CASE("Of a user who publishes nothing nothing is kept once nobody watches him") {
    PresenceUnderTest server;
    const auto leaves = [&](const std::string& who, const std::string& to_tag) {
        PresenceUnderTest::Request request{
            "SUBSCRIBE", who, kAlice, "sub-" + who + "presence", "presence", to_tag};
        request.cseq = 2;
        request.extra = "Expires: 0\n";
        server.send(request);
        CHECK(server.flow.sent().message.status() == 200);
        server.notified();
    };
    const auto bob = server.subscribe(kBob);
    server.notified();
    const auto carol = server.subscribe(kCarol);
    server.notified();
    CHECK(server.state()["composed"] == 1);
    leaves(kBob, bob.to_tag);
    CHECK(server.state()["composed"] == 1);
    SECTION("he never published") {
        leaves(kCarol, carol.to_tag);
        CHECK(server.state()["composed"] == 0);
    }
    SECTION("what is published stays") {
        server.published(a_pidf("open"), "Expires: 60\n");
        server.notified();
        leaves(kCarol, carol.to_tag);
        CHECK(server.state()["composed"] == 1);
        server.flow.passes(61s);
        CHECK(server.state()["composed"] == 0);
    }
}

TEST_CASE("In a network without an IMS From is believed of the proxy, of nobody else") {
    PresenceUnderTest server(R"({"presence": {"unruled": "block", "plain_sip": true}})");
    server.rules(a_rule(kBob, "allow"));
    PresenceUnderTest::Request request{"SUBSCRIBE", kBob, kAlice, "s"};
    request.extra = "Subject: P-Asserted is not here\n";
    server.send(request);
    CHECK(server.flow.sent().message.status() == 200);
    server.notified();
    request.call_id = "s2";
    request.source = at("127.9.9.9:5060");
    server.send(request);
    CHECK(server.flow.sent().message.status() == 403);
}

TEST_CASE("The settings of a presence server") {
    const auto said = [](const char* settings) {
        const auto recipe =
            presence::read_presence_enabler("presence", nlohmann::json::parse(settings));
        return recipe ? std::string("taken") : recipe.error();
    };
    CHECK(said(R"({"unruled": "polite-block", "domains": ["a.org"]})") == "taken");
    CHECK(said(R"({"unruled": "maybe"})") ==
          "enablers.presence.unruled: found \"maybe\", expected block, confirm, polite-block or "
          "allow");
    CHECK(said(R"({"max_expires_seconds": -1})") ==
          "enablers.presence.max_expires_seconds: found -1, expected a whole number from 1");
    CHECK(said(R"({"colour": 1})").starts_with("enablers.presence.colour: found 1, expected one"));
}
