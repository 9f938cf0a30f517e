// TS 24.229 §5.2.6.3: initial requests and standalone transactions of a UE.
#include "tests/unit/pcscf/between_ue_and_core.h"

using namespace imslab;
using namespace imslab::pcscf;
using namespace imslab::pcscf::test;

namespace {

Sent forwarded(BetweenUeAndCore& lab,
               const std::string& method,
               const RequestOptions& options = {}) {
    lab.on_gm(request_of(kAlice, method, options), kAliceAddress);
    return lab.expect_request(method);
}

}  // namespace

TEST_CASE("a registered UE's INVITE goes to its S-CSCF: routed, recorded, asserted, charged") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    const Sent invite = forwarded(
        lab, "INVITE", {.extra = "P-Access-Network-Info: 3GPP-E-UTRAN-FDD\r\nPrivacy: id"});

    CHECK(invite.flow.local == lab.config().mw);
    CHECK(invite.flow.remote.to_string() == kScscfAddress);
    CHECK(invite.all(HeaderId::route) == std::vector<std::string>{"<" + kOrigRoute + ">"});
    CHECK(invite.all(HeaderId::record_route) ==
          std::vector<std::string>{"<sip:orig@pcscf." + kHome + ";lr>"});
    CHECK(invite.header(HeaderId::p_asserted_identity) == "<" + kAlice.identity() + ">");
    CHECK(charging_parameter(invite, "icid").size() >= 16);
    CHECK(charging_parameter(invite, "orig-ioi") == kHome);
    CHECK(charging_parameter(invite, "term-ioi").empty());
    CHECK(invite.header(HeaderId::p_access_network_info) == "3GPP-E-UTRAN-FDD");
    CHECK(invite.header(HeaderId::privacy) == "id");  // the S-CSCF's to honour
    CHECK(invite.header(HeaderId::max_forwards) == "69");
}

TEST_CASE("every call and every standalone request has an ICID of its own") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    const Sent first = forwarded(lab, "INVITE");
    const Sent second = forwarded(lab, "MESSAGE", {.call_id = "message-1"});
    CHECK(charging_parameter(first, "icid") != charging_parameter(second, "icid"));
}

TEST_CASE("who is not registered from there is forbidden, and the core hears nothing of it") {
    const auto method = GENERATE(std::string("INVITE"),
                                 std::string("MESSAGE"),
                                 std::string("SUBSCRIBE"),
                                 std::string("PUBLISH"),
                                 std::string("OPTIONS"),
                                 std::string("REFER"));
    CAPTURE(method);
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    lab.on_gm(request_of(kAlice, method), "127.1.100.77:5060");  // as alice, from somewhere else
    CHECK(lab.expect_response(403).flow.remote.to_string() == "127.1.100.77:5060");
    CHECK(lab.quiet());
}

TEST_CASE("who has deregistered is forbidden") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    register_ue(lab, kAlice, {.cseq = 2, .expires = 0});
    lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
    lab.expect_response(403);
}

TEST_CASE("the identity asserted is one of the UE's own") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    SECTION("a preferred one of its own") {
        const Sent sent =
            forwarded(lab, "INVITE", {.extra = "P-Preferred-Identity: \"A\" <tel:+1-555-0005>"});
        CHECK(sent.all(HeaderId::p_asserted_identity) ==
              std::vector<std::string>{"<tel:+15550005>"});
    }
    SECTION("a preferred one of somebody else: the default one") {
        const Sent sent =
            forwarded(lab, "INVITE", {.extra = "P-Preferred-Identity: <sip:bob@" + kHome + ">"});
        CHECK(sent.all(HeaderId::p_asserted_identity) ==
              std::vector<std::string>{"<" + kAlice.identity() + ">"});
    }
    SECTION("a forged assertion is removed") {
        const Sent sent =
            forwarded(lab, "MESSAGE", {.extra = "P-Asserted-Identity: <sip:bob@" + kHome + ">"});
        CHECK(sent.all(HeaderId::p_asserted_identity) ==
              std::vector<std::string>{"<" + kAlice.identity() + ">"});
        CHECK(lab.logged("may not say P-Asserted-Identity"));
    }
    SECTION("no preference") {
        const Sent sent = forwarded(lab, "MESSAGE");
        CHECK(sent.all(HeaderId::p_asserted_identity) ==
              std::vector<std::string>{"<" + kAlice.identity() + ">"});
    }
    lab.quiet();
}

TEST_CASE("the preferred identity goes no further") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    const Sent sent =
        forwarded(lab, "INVITE", {.extra = "P-Preferred-Identity: <" + kAlice.identity() + ">"});
    CHECK_FALSE(sent.has(HeaderId::p_preferred_identity));
}

TEST_CASE("users who share one flow are told apart by what they claim") {
    BetweenUeAndCore lab;
    End carol{"carol", kAliceAddress};
    register_ue(lab, kAlice);
    register_ue(lab, carol);
    lab.on_gm(request_of(carol, "MESSAGE", {.call_id = "m-carol"}), kAliceAddress);
    CHECK(lab.expect_request("MESSAGE").header(HeaderId::p_asserted_identity) ==
          "<" + carol.identity() + ">");
    lab.on_gm(request_of(kAlice, "MESSAGE", {.call_id = "m-alice"}), kAliceAddress);
    CHECK(lab.expect_request("MESSAGE").header(HeaderId::p_asserted_identity) ==
          "<" + kAlice.identity() + ">");
}

TEST_CASE("a Route that is not the Service-Route is replaced, or refused where so configured") {
    const auto route = GENERATE(std::string(""),
                                std::string("<sip:127.1.1.1:5060;lr>"),
                                std::string("<sip:127.1.1.1:5060;lr>, <sip:eve@127.1.66.6;lr>"),
                                std::string("<sip:eve@127.1.66.6;lr>"));
    CAPTURE(route);
    SECTION("replaced") {
        BetweenUeAndCore lab;
        register_ue(lab, kAlice);
        const Sent sent = forwarded(lab, "INVITE", {.route = route});
        CHECK(sent.all(HeaderId::route) == std::vector<std::string>{"<" + kOrigRoute + ">"});
        CHECK(sent.flow.remote.to_string() == kScscfAddress);
    }
    SECTION("refused") {
        Config config = BetweenUeAndCore::usual_config();
        config.wrong_route = WrongRoute::refused;
        BetweenUeAndCore lab(config);
        register_ue(lab, kAlice);
        lab.on_gm(request_of(kAlice, "INVITE", {.route = route}), kAliceAddress);
        lab.expect_response(400);
        CHECK(lab.quiet());
    }
}

TEST_CASE("a standalone request records no route") {
    const auto method = GENERATE(std::string("MESSAGE"),
                                 std::string("OPTIONS"),
                                 std::string("PUBLISH"),
                                 std::string("INFO"));
    CAPTURE(method);
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    const Sent sent = forwarded(lab, method);
    CHECK_FALSE(sent.has(HeaderId::record_route));
    CHECK(sent.has(HeaderId::p_asserted_identity));
    CHECK(sent.has(HeaderId::p_charging_vector));
    lab.answer(sent, response_to(sent, 202));
    lab.expect_response(202);
    CHECK(lab.node().dialogs() == 0);
}

TEST_CASE("what only the network says does not pass from Gm to Mw") {
    const auto header =
        GENERATE(std::string("P-Charging-Function-Addresses: ccf=1.1.1.1"),
                 std::string("P-Visited-Network-ID: forged"),
                 std::string("P-User-Database: <aaa://forged.example>"),
                 std::string("P-Profile-Key: <sip:forged@far.example>"),
                 std::string("P-Served-User: <sip:forged@far.example>;sescase=orig"),
                 std::string("P-Asserted-Service: urn:urn-7:3gpp-service.forged"),
                 std::string("P-Called-Party-ID: <sip:forged@far.example>"),
                 std::string("P-Associated-URI: <sip:forged@far.example>"),
                 std::string("P-Private-Network-Indication: forged.example"),
                 std::string("Path: <sip:forged@far.example;lr>"),
                 std::string("Service-Route: <sip:forged@far.example;lr>"),
                 std::string("P-Charging-Vector: icid-value=forged"),
                 std::string("P-Access-Network-Info: 3GPP-NR-FDD;network-provided;forged=1"),
                 std::string("Security-Verify: forged;q=0.1"),
                 std::string("Record-Route: <sip:forged@far.example;lr>"));
    CAPTURE(header);
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    const Sent sent = forwarded(lab, "INVITE", {.extra = header});
    CHECK(sent.message.to_bytes().find("forged") == std::string::npos);
    CHECK_FALSE(sent.has(HeaderId::p_visited_network_id));
    CHECK_FALSE(sent.has(HeaderId::security_verify));
}

TEST_CASE("an S-CSCF that does not answer an initial request: 504") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    forwarded(lab, "MESSAGE");
    lab.pass(std::chrono::seconds(40));
    int status = 0;
    while (!lab.quiet()) {
        const Sent sent = lab.next();
        if (!sent.message.is_request()) status = sent.message.status();
    }
    CHECK(status == 504);
}

TEST_CASE("an S-CSCF that refuses with 408 or 503 itself is heard") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    const Sent sent = forwarded(lab, "MESSAGE");
    lab.answer(sent, response_to(sent, 408));
    lab.expect_response(408);
}

TEST_CASE("Max-Forwards spent: 483") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    std::string bytes = request_of(kAlice, "MESSAGE");
    bytes.replace(bytes.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
    lab.on_gm(bytes, kAliceAddress);
    lab.expect_response(483);
}

TEST_CASE("a UE's stream: registered over TCP, served over the same connection") {
    BetweenUeAndCore lab;
    End alice = kAlice;
    alice.address = "127.1.100.1:49152";  // the source port; her Via and Contact say 5060
    RegisterOptions options{.contact = "<sip:alice@127.1.100.1:5060;transport=tcp>",
                            .transport = "TCP"};
    options.call_id = "reg-alice";
    std::string bytes = register_request(kAlice, options);
    lab.on_gm(bytes, alice.address, 7);
    const Sent request = lab.expect_request("REGISTER");
    lab.answer(request, registered(request, kAlice));
    CHECK(lab.expect_response(200).flow.connection == 7);

    lab.on_gm(request_of(kAlice, "MESSAGE", {.transport = "TCP"}), alice.address, 7);
    lab.expect_request("MESSAGE");
    // A new connection from the same host that says it listens on the same port.
    lab.on_gm(request_of(kAlice, "MESSAGE", {.call_id = "m2", .transport = "TCP"}),
              "127.1.100.1:49153",
              8);
    lab.expect_request("MESSAGE");
    // A request to her goes over the connection she registered on.
    lab.on_mw(request_to(
        kAlice, "MESSAGE", {.call_id = "m3", .uri = "sip:alice@127.1.100.1:5060;transport=tcp"}));
    const Sent message = lab.expect_request("MESSAGE");
    CHECK(message.flow.connection == 7);
    CHECK(message.flow.transport == Transport::tcp);
}
