// Application servers on the way of a request: TS 24.229 §5.4.3.2, §5.4.3.3, §5.4.3.4.
#include "tests/unit/scscf/service_profiles.h"

using namespace imslab;
using namespace imslab::test;
using cx::SessionCase;
using sip::HeaderId;

namespace {

constexpr auto kOrig = SessionCase::originating_registered;
constexpr auto kTerm = SessionCase::terminating_registered;
const std::string kAliceUri = "sip:alice@" + kHome;
const std::string kBobUri = "sip:bob@" + kHome;

struct ServicesUnderTest : CoreUnderTest {
    explicit ServicesUnderTest(scscf::Config config = config_with_servers())
        : CoreUnderTest(std::move(config)) {}
    void alice_has(std::vector<cx::InitialFilterCriteria> criteria) {
        registers({}, profile_with(kAlice, "alice", "+15550001", std::move(criteria)));
    }
    void bob_has(std::vector<cx::InitialFilterCriteria> criteria) {
        RegisterText request;
        request.identity = kBobUri;
        request.contact = "<sip:bob@127.1.100.2:5060>;expires=600000";
        request.call_id = "reg-bob";
        request.username = kBob;
        registers(request, profile_with(kBob, "bob", "+15550002", std::move(criteria)));
    }
};

}  // namespace

TEST_CASE("A request of a registered user visits the servers of his profile by priority") {
    ServicesUnderTest core;
    core.alice_has({criterion(2, kSecondUri, "INVITE", kOrig),
                    criterion(1, kFirstUri, "INVITE", kOrig),
                    criterion(3, "sip:never." + kHome, "MESSAGE", kOrig)});
    core.originates("INVITE", kBobUri);
    const auto first = core.flow.sent();
    CHECK(first.flow.remote == kFirst);
    const auto routes = values(first.message, HeaderId::route);
    REQUIRE(routes.size() == 2);
    CHECK(routes[0] == "<" + kFirstUri + ";lr>");
    CHECK(routes[1].starts_with("<sip:odi_"));
    CHECK(routes[1].ends_with("@scscf." + kHome + ";lr>"));
    CHECK(first.message.get(HeaderId::p_served_user) ==
          "<" + kAliceUri + ">;sescase=orig;regstate=reg");
    CHECK(first.message.uri() == kBobUri);

    core.flow.arrives(kFirst, sent_back(first, kFirst, "f1"));
    const auto second = core.flow.sent();
    CHECK(second.flow.remote == kSecond);
    CHECK(values(second.message, HeaderId::route)[1] != routes[1]);

    core.flow.arrives(kSecond, sent_back(second, kSecond, "s1"));
    const auto on = core.flow.sent();
    CHECK(on.flow.remote == kIcscf);
    CHECK_FALSE(on.message.has(HeaderId::route));
    CHECK_FALSE(on.message.has(HeaderId::p_served_user));
    CHECK(values(on.message, HeaderId::record_route).size() == 4);  // three passes, the P-CSCF

    core.flow.answers(on, 200, "Contact: <sip:bob@127.1.100.2:5060>\n");
    CHECK(core.flow.sent().flow.remote == kSecond);
    CHECK(core.flow.quiet());
}

TEST_CASE("No server is visited twice in a pass, and a request that meets nothing visits none") {
    ServicesUnderTest core;
    core.alice_has({criterion(1, kFirstUri, "INVITE", kOrig),
                    criterion(2, kFirstUri, "INVITE"),
                    criterion(3, kSecondUri, "INVITE", kTerm)});
    core.originates("INVITE", kBobUri);
    const auto first = core.flow.sent();
    CHECK(first.flow.remote == kFirst);
    core.flow.arrives(kFirst, sent_back(first, kFirst, "f1"));
    CHECK(core.flow.sent().flow.remote == kIcscf);
}

TEST_CASE("A back-to-back user agent comes back with another Call-ID") {
    ServicesUnderTest core;
    core.alice_has({criterion(1, kFirstUri, "INVITE", kOrig)});
    core.originates("INVITE", kBobUri);
    auto back = sent_back(core.flow.sent(), kFirst, "f1");
    back.set(HeaderId::call_id, "another");
    back.set(HeaderId::from, "<" + kAliceUri + ">;tag=other");
    core.flow.arrives(kFirst, back);
    const auto on = core.flow.sent();
    CHECK(on.flow.remote == kIcscf);
    CHECK(on.message.get(HeaderId::call_id) == "another");
}

TEST_CASE("Who is called: the terminating services, then the contacts") {
    ServicesUnderTest core;
    core.bob_has({criterion(1, kFirstUri, "INVITE", kTerm)});
    core.terminates("INVITE", kBobUri);
    const auto first = core.flow.sent();
    CHECK(first.flow.remote == kFirst);
    CHECK(first.message.get(HeaderId::p_served_user) ==
          "<" + kBobUri + ">;sescase=term;regstate=reg");
    core.flow.arrives(kFirst, sent_back(first, kFirst, "f1"));
    const auto on = core.flow.sent();
    CHECK(on.flow.remote == kPcscf);
    CHECK(on.message.uri() == "sip:bob@127.1.100.2:5060");
}

TEST_CASE("An alias of the served user goes on; another Request-URI ends the services") {
    ServicesUnderTest core;
    core.bob_has(
        {criterion(1, kFirstUri, "INVITE", kTerm), criterion(2, kSecondUri, "INVITE", kTerm)});
    core.terminates("INVITE", kBobUri);
    auto back = sent_back(core.flow.sent(), kFirst, "f1");
    SECTION("the number of the same user") {
        back.set_uri("tel:+15550002");
        core.flow.arrives(kFirst, back);
        CHECK(core.flow.sent().flow.remote == kSecond);
    }
    SECTION("somebody else") {
        back.set_uri("sip:carol@" + kHome);
        core.flow.arrives(kFirst, back);
        const auto on = core.flow.sent();
        CHECK(on.flow.remote == kIcscf);
        CHECK(on.message.uri() == "sip:carol@" + kHome);
    }
}

TEST_CASE("After a diversion the services of the diverting user are those of session case 4") {
    ServicesUnderTest core;
    core.bob_has({criterion(1, kFirstUri, "INVITE", kTerm),
                  criterion(2, kSecondUri, "INVITE", SessionCase::originating_cdiv)});
    core.terminates("INVITE", kBobUri);
    auto back = sent_back(core.flow.sent(), kFirst, "f1");
    back.set_uri("sip:carol@" + kHome);
    core.flow.arrives(kFirst, back);
    const auto second = core.flow.sent();
    CHECK(second.flow.remote == kSecond);
    CHECK(second.message.get(HeaderId::p_served_user) == "<" + kBobUri + ">;orig-cdiv");
    core.flow.arrives(kSecond, sent_back(second, kSecond, "s1"));
    CHECK(core.flow.sent().flow.remote == kIcscf);
}

TEST_CASE("Default handling: a server that fails is left out, or ends the session") {
    for (const int status : {408, 500, 503}) {
        ServicesUnderTest core;
        core.alice_has({criterion(1, kFirstUri, "MESSAGE", kOrig)});
        core.originates("MESSAGE", kBobUri);
        core.flow.answers(core.flow.sent(), status);
        CHECK(core.flow.sent().flow.remote == kIcscf);
    }
    ServicesUnderTest core;
    auto strict = criterion(1, kFirstUri, "MESSAGE", kOrig);
    strict.application_server.default_handling = cx::DefaultHandling::session_terminated;
    core.alice_has({strict});
    core.originates("MESSAGE", kBobUri);
    core.flow.answers(core.flow.sent(), 504);
    const auto answer = core.flow.sent();
    CHECK(answer.flow.remote == kPcscf);
    CHECK(answer.message.status() == 504);
}

TEST_CASE("What a server that works answers is the answer") {
    ServicesUnderTest core;
    core.alice_has({criterion(1, kFirstUri, "MESSAGE", kOrig)});
    core.originates("MESSAGE", kBobUri);
    const auto first = core.flow.sent();
    SECTION("its own refusal") {
        core.flow.answers(first, 403);
        CHECK(core.flow.sent().message.status() == 403);
    }
    SECTION("the failure of what lies behind it") {
        core.flow.arrives(kFirst, sent_back(first, kFirst, "f1"));
        core.flow.answers(core.flow.sent(), 500);
        CHECK(core.flow.sent().flow.remote == kFirst);
        core.flow.answers(first, 500);
        CHECK(core.flow.sent().message.status() == 500);
    }
}

TEST_CASE("A silent server is given up; one that has sent a 100 is not") {
    ServicesUnderTest core;
    core.alice_has({criterion(1, kFirstUri, "INVITE", kOrig)});
    core.originates("INVITE", kBobUri);
    const auto first = core.flow.sent();
    SECTION("silence") {
        core.flow.passes(std::chrono::milliseconds(4100));
        auto next = core.flow.sent();
        while (next.flow.remote == kFirst) next = core.flow.sent();  // retransmissions
        CHECK(next.flow.remote == kIcscf);
        core.flow.answers(next, 486);
        CHECK(core.flow.sent().message.method() == sip::Method::ack);
        CHECK(core.flow.sent().message.status() == 486);
    }
    SECTION("Trying") {
        core.flow.answers(first, 100);
        core.flow.passes(std::chrono::seconds(5));
        CHECK(core.flow.quiet());
    }
}

TEST_CASE("A server that is silent after another has failed is given up no later") {
    ServicesUnderTest core;
    core.alice_has(
        {criterion(1, kFirstUri, "INVITE", kOrig), criterion(2, kSecondUri, "INVITE", kOrig)});
    core.originates("INVITE", kBobUri);
    core.flow.answers(core.flow.sent(), 503);
    CHECK(core.flow.sent().message.method() == sip::Method::ack);
    CHECK(core.flow.sent().flow.remote == kSecond);
    core.flow.passes(std::chrono::milliseconds(4100));
    auto next = core.flow.sent();
    while (next.flow.remote == kSecond) next = core.flow.sent();  // retransmissions
    CHECK(next.flow.remote == kIcscf);
    core.flow.answers(next, 486);
    CHECK(core.flow.sent().message.method() == sip::Method::ack);
    CHECK(core.flow.sent().message.status() == 486);
}

TEST_CASE("A called user whom nobody has registered is served by his profile for that") {
    ServicesUnderTest core;
    core.terminates("INVITE", kBobUri);
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::unregistered_user);
    auto unregistered = criterion(1, kFirstUri, "INVITE", SessionCase::terminating_unregistered);
    unregistered.profile_part = cx::ProfilePart::unregistered;
    core.flow.answered(cx::Answer(profile_with(kBob, "bob", "+15550002", {unregistered})));
    const auto first = core.flow.sent();
    CHECK(first.flow.remote == kFirst);
    CHECK(first.message.get(HeaderId::p_served_user) ==
          "<" + kBobUri + ">;sescase=term;regstate=unreg");
    core.flow.arrives(kFirst, sent_back(first, kFirst, "f1"));
    CHECK(core.flow.sent().message.status() == 480);  // to the server: there is no contact
    core.flow.answers(first, 480);
    CHECK(core.flow.sent().message.method() == sip::Method::ack);
    CHECK(core.flow.sent().message.status() == 480);
    // What was learnt is kept, and given up when it is not used.
    CHECK(core.node.state()["unregistered_users"].size() == 1);
    core.flow.passes(std::chrono::hours(2));
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::timeout_deregistration);
    CHECK(core.node.state()["unregistered_users"].empty());
}

TEST_CASE("A public service identity: its server answers; without one it is 404") {
    ServicesUnderTest core;
    core.terminates("INVITE", kBobUri);
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.answered(cx::Answer(profile_with(kBob,
                                               "bob",
                                               "+15550002",
                                               {criterion(1, "sip:nowhere." + kHome, "INVITE")},
                                               cx::IdentityType::distinct_psi)));
    CHECK(core.flow.sent().message.status() == 404);
}

TEST_CASE("An application server calls on behalf of a user, registered or not") {
    ServicesUnderTest core;
    const std::string route = "Route: <sip:scscf." + kHome + ";lr;orig>\n";
    SECTION("registered, as P-Served-User says") {
        core.alice_has({criterion(1, kSecondUri, "INVITE", kOrig)});
        core.request(kFirst,
                     "INVITE",
                     kBobUri,
                     route + "P-Served-User: <" + kAliceUri + ">;sescase=orig;regstate=reg\n");
        CHECK(core.flow.sent().flow.remote == kSecond);
    }
    SECTION("not registered") {
        core.request(
            kFirst, "INVITE", kBobUri, route + "P-Asserted-Identity: <" + kAliceUri + ">\n");
        CHECK(core.flow.asked<cx::ServerAssignmentRequest>().public_identities ==
              std::vector{kAliceUri});
        core.flow.answered(cx::Answer(profile_with(
            kAlice,
            "alice",
            "+15550001",
            {criterion(1, kSecondUri, "INVITE", SessionCase::originating_unregistered)})));
        const auto second = core.flow.sent();
        CHECK(second.flow.remote == kSecond);
        CHECK(second.message.get(HeaderId::p_served_user) ==
              "<" + kAliceUri + ">;sescase=orig;regstate=unreg");
        core.flow.arrives(kSecond, sent_back(second, kSecond, "s1"));
        CHECK(core.flow.sent().flow.remote == kIcscf);
    }
    SECTION("somebody outside the trust domain does not") {
        core.request(at("127.9.9.9:5060"),
                     "INVITE",
                     kBobUri,
                     route + "P-Asserted-Identity: <" + kAliceUri + ">\n");
        CHECK(core.flow.sent().message.status() == 403);
    }
}

TEST_CASE("An identifier that nobody gave is refused") {
    ServicesUnderTest core;
    core.request(kFirst, "MESSAGE", kBobUri, "Route: <sip:odi_00@scscf." + kHome + ";lr>\n");
    CHECK(core.flow.sent().message.status() == 404);
}
