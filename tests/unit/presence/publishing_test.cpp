// PUBLISH (RFC 3903 §6).
#include "tests/unit/presence/presence_flow.h"

using namespace imslab;
using namespace imslab::test;
using namespace std::chrono_literals;
using sip::HeaderId;

TEST_CASE("A publication is made, renewed, changed and removed by its entity-tag") {
    PresenceUnderTest server;
    const auto first = server.publish(a_pidf("open"), "Expires: 600\n");
    CHECK(first.status() == 200);
    CHECK(first.get(HeaderId::expires) == "600");
    const std::string one(*first.get(HeaderId::sip_etag));
    const auto two = server.published("", "SIP-If-Match: " + one + "\nExpires: 600\n");
    CHECK(two != one);
    CHECK(server.publish("", "SIP-If-Match: " + one + "\n").status() == 412);  // it lost the race
    const auto three = server.published(a_pidf("closed"), "SIP-If-Match: " + two + "\n");
    CHECK(server.state()["publications"].size() == 1);
    CHECK(server.state()["publications"][0]["etag"] == three);
    const auto removed = server.publish("", "SIP-If-Match: " + three + "\nExpires: 0\n");
    CHECK(removed.status() == 200);
    CHECK(removed.get(HeaderId::expires) == "0");
    CHECK(server.state()["publications"].empty());
    CHECK(server.publish("", "SIP-If-Match: " + three + "\n").status() == 412);
}

TEST_CASE("A publication expires") {
    PresenceUnderTest server;
    server.published(a_pidf("open"), "Expires: 60\n");
    server.flow.passes(61s);
    CHECK(server.state()["publications"].empty());
}

TEST_CASE("In a network without an IMS who publishes is believed of the proxy, of nobody else") {
    PresenceUnderTest server(R"({"presence": {"plain_sip": true}})");
    PresenceUnderTest::Request request{"PUBLISH", kAlice, kAlice, "p"};
    request.extra = "Subject: P-Asserted is not here\n";
    request.body = a_pidf("open");
    request.source = at("127.9.9.9:5060");
    server.send(request);
    CHECK(server.flow.sent().message.status() == 403);
    CHECK(server.state()["publications"].empty());
    request.source = kScscf;
    server.send(request);
    CHECK(server.flow.sent().message.status() == 200);
}

TEST_CASE("What a PUBLISH can do wrong is answered, and what was published stays") {
    PresenceUnderTest server(R"({"presence": {"max_publications_of_one_user": 2}})");
    const auto etag = server.published(a_pidf("open"));
    PresenceUnderTest::Request request{"PUBLISH", kAlice, kAlice, "p"};
    request.body = a_pidf("closed");
    const auto answered = [&] {
        server.send(request);
        return server.flow.sent().message;
    };
    SECTION("somebody else's state") {
        request.from = kBob;
        CHECK(answered().status() == 403);
    }
    SECTION("nobody of ours") {
        request.from = request.to = "sip:alice@elsewhere.org";
        CHECK(answered().status() == 404);
    }
    SECTION("another event package") {
        request.event = "dialog";
        const auto refused = answered();
        CHECK(refused.status() == 489);
        CHECK(refused.get(HeaderId::allow_events) == "presence");
    }
    SECTION("no event package") {
        request.event.clear();
        CHECK(answered().status() == 489);
    }
    SECTION("two entity-tags") {
        request.extra = "SIP-If-Match: " + etag + "\nSIP-If-Match: b\n";
        CHECK(answered().status() == 400);
    }
    SECTION("too brief") {
        request.extra = "Expires: 5\n";
        const auto refused = answered();
        CHECK(refused.status() == 423);
        CHECK(refused.get(HeaderId::min_expires) == "60");
    }
    SECTION("another content type") {
        request.type = "text/plain";
        const auto refused = answered();
        CHECK(refused.status() == 415);
        CHECK(refused.get(HeaderId::accept)->starts_with("application/pidf+xml"));
    }
    SECTION("nothing at all") {
        request.body.clear();
        CHECK(answered().status() == 400);
    }
    SECTION("entities") {
        request.body = "<!DOCTYPE a [<!ENTITY b \"c\">]>" + request.body;
        const auto refused = answered();
        CHECK(refused.status() == 400);
        CHECK(refused.reason() == "Presence document: a document type declaration is not accepted");
    }
    SECTION("a broken change") {
        request.extra = "SIP-If-Match: " + etag + "\n";
        request.body = "<presence";
        CHECK(answered().status() == 400);
        CHECK(server.publish("", "SIP-If-Match: " + etag + "\n").status() == 200);
        return;
    }
    SECTION("one too many") {
        CHECK(answered().status() == 200);
        const auto refused = answered();
        CHECK(refused.status() == 503);
        CHECK(refused.has(HeaderId::retry_after));
        return;
    }
    CHECK(server.state()["publications"].size() == 1);
    CHECK(server.state()["publications"][0]["etag"] == etag);
}
