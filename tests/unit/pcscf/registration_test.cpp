// TS 24.229 §5.2.2.1, §5.2.2.2: a REGISTER on its way to the core and the answers on their way
// back.
#include "tests/unit/pcscf/between_ue_and_core.h"

using namespace imslab;
using namespace imslab::pcscf;
using namespace imslab::pcscf::test;

namespace {

std::string authorization(const std::string& extra) {
    return "Authorization: Digest username=\"001010000000001@" + kHome + "\", realm=\"" + kHome +
           "\", uri=\"sip:" + kHome + "\", nonce=\"\", response=\"\"" + extra;
}

Sent forwarded_register(BetweenUeAndCore& lab, const std::string& extra) {
    RegisterOptions options;
    options.extra = extra;
    lab.on_gm(register_request(kAlice, options), kAliceAddress);
    return lab.expect_request("REGISTER");
}

}  // namespace

TEST_CASE("a REGISTER goes to the I-CSCF of its home network with what the core needs") {
    BetweenUeAndCore lab;
    const Sent request = forwarded_register(
        lab, "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=001010001");

    CHECK(request.flow.local == lab.config().mw);
    CHECK(request.flow.remote.to_string() == kIcscfAddress);
    CHECK(request.header(HeaderId::path) == "<sip:term@pcscf." + kHome + ";lr>");
    CHECK(request.message.has_token(HeaderId::require, "path"));
    CHECK(sip::unquote(request.header(HeaderId::p_visited_network_id)) == kHome);
    CHECK(charging_parameter(request, "icid").size() >= 16);
    CHECK(charging_parameter(request, "orig-ioi") == kHome);
    CHECK(sip::ChargingVector::parse(request.header(HeaderId::p_charging_vector))->generated_at ==
          lab.config().host);
    CHECK(request.header(HeaderId::p_access_network_info) ==
          "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=001010001");
    CHECK(sip::top_via(request.message)->host == "pcscf." + kHome);
    CHECK(request.all(HeaderId::via).size() == 2);
}

TEST_CASE("policy aka-unprotected: what a UE says of its protection is overwritten") {
    const auto claim =
        GENERATE(std::string(""),
                 std::string(", integrity-protected=\"yes\""),
                 std::string(", integrity-protected=yes"),
                 std::string(", Integrity-Protected=\"tls-yes\""),
                 std::string(", integrity-protected=\"no\", integrity-protected=\"auth-done\""));
    CAPTURE(claim);
    BetweenUeAndCore lab;
    const Sent request = forwarded_register(lab, authorization(claim));
    const std::string value = request.header(HeaderId::authorization);
    CAPTURE(value);
    const auto auth = sip::AuthParams::parse(value);
    REQUIRE(auth);
    CHECK(auth->get("integrity-protected") == "no");
    CHECK(value.find("yes") == std::string::npos);
    CHECK(value.find("auth-done") == std::string::npos);
    CHECK(auth->get("username") == "001010000000001@" + kHome);
}

TEST_CASE("each of several Authorization header fields is overwritten") {
    BetweenUeAndCore lab;
    const Sent request =
        forwarded_register(lab,
                           authorization(", integrity-protected=\"yes\"") + "\r\n" +
                               authorization(", integrity-protected=\"yes\""));
    CHECK(request.message.to_bytes().find("\"yes\"") == std::string::npos);
}

TEST_CASE("without an Authorization none is made up") {
    BetweenUeAndCore lab;
    CHECK_FALSE(forwarded_register(lab, "").has(HeaderId::authorization));
}

TEST_CASE("a REGISTER loses what a UE may not say, and a security agreement that is not used") {
    BetweenUeAndCore lab;
    const Sent request = forwarded_register(
        lab,
        "P-Asserted-Identity: <sip:eve@far.example>\r\n"
        "P-Charging-Vector: icid-value=forged\r\n"
        "P-Charging-Function-Addresses: ccf=1.2.3.4\r\n"
        "P-Visited-Network-ID: forged\r\n"
        "P-Access-Network-Info: 3GPP-NR-FDD;network-provided\r\n"
        "Path: <sip:eve@far.example;lr>\r\n"
        "Route: <sip:eve@far.example;lr>\r\n"
        "Security-Client: ipsec-3gpp;alg=hmac-sha-1-96;spi-c=1;spi-s=2;port-c=3;port-s=4\r\n"
        "Require: sec-agree\r\n"
        "Proxy-Require: sec-agree\r\n"
        "Supported: path, sec-agree");
    CHECK_FALSE(request.has(HeaderId::p_asserted_identity));
    CHECK(request.header(HeaderId::p_charging_vector).find("forged") == std::string::npos);
    CHECK(request.all(HeaderId::p_charging_vector).size() == 1);
    CHECK_FALSE(request.has(HeaderId::p_charging_function_addresses));
    CHECK(sip::unquote(request.header(HeaderId::p_visited_network_id)) == kHome);
    CHECK_FALSE(request.has(HeaderId::p_access_network_info));
    CHECK(request.all(HeaderId::path) ==
          std::vector<std::string>{"<sip:term@pcscf." + kHome + ";lr>"});
    CHECK_FALSE(request.has(HeaderId::route));
    CHECK_FALSE(request.has(HeaderId::security_client));
    CHECK(request.all(HeaderId::require) == std::vector<std::string>{"path"});
    CHECK_FALSE(request.has(HeaderId::proxy_require));
    CHECK(lab.logged("may not say P-Asserted-Identity"));
}

TEST_CASE("a home network that nobody knows: 404, and nothing goes to the core") {
    const auto uri = GENERATE(std::string("sip:elsewhere.example"),
                              std::string("sip:127.1.3.1"),
                              "sip:pcscf." + kHome,
                              std::string("tel:+15550001"));
    CAPTURE(uri);
    BetweenUeAndCore lab;
    std::string bytes = register_request(kAlice);
    bytes.replace(bytes.find("sip:" + kHome), 4 + kHome.size(), uri);
    lab.on_gm(bytes, kAliceAddress);
    CHECK(lab.expect_response(404).flow.remote.to_string() == kAliceAddress);
    CHECK(lab.quiet());
}

TEST_CASE("a challenge reaches the UE without the keys") {
    BetweenUeAndCore lab;
    const Sent request = forwarded_register(lab, authorization(""));
    auto challenge = response_to(request, 401);
    challenge.append(
        HeaderId::www_authenticate,
        "Digest realm=\"" + kHome +
            "\", nonce=\"abc\", algorithm=AKAv1-MD5, ck=\"00112233445566778899aabbccddeeff\", "
            "ik=\"ffeeddccbbaa99887766554433221100\"");
    challenge.append(HeaderId::p_charging_vector, request.header(HeaderId::p_charging_vector));
    lab.answer(request, challenge);

    const Sent passed = lab.expect_response(401);
    CHECK(passed.flow.local == lab.config().gm);
    const std::string challenged = passed.header(HeaderId::www_authenticate);
    const auto auth = sip::AuthParams::parse(challenged);
    REQUIRE(auth);
    CHECK_FALSE(auth->has("ck"));
    CHECK_FALSE(auth->has("ik"));
    CHECK(auth->get("nonce") == "abc");
    CHECK(auth->get("algorithm") == "AKAv1-MD5");
    CHECK(passed.message.to_bytes().find("00112233") == std::string::npos);
    CHECK_FALSE(passed.has(HeaderId::p_charging_vector));
    CHECK(lab.node().bindings() == 0);
}

TEST_CASE("a 200 is kept: contact, flow, Service-Route, identities, expiry") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    REQUIRE(lab.node().bindings() == 1);
    const auto state = lab.node().state();
    const auto& binding = state["bindings"][0];
    CHECK(binding["contact"] == kAlice.contact());
    CHECK(binding["address_of_record"] == kAlice.identity());
    CHECK(binding["flow"] == "UDP " + kAliceAddress);
    CHECK(binding["public_identities"][0] == kAlice.identity());
    CHECK(binding["service_route"][0] == kOrigRoute);
    CHECK(binding["expires_seconds"] == 600);
}

TEST_CASE(
    "a re-registration from a new port refreshes the binding, a new contact replaces the old one") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    End moved = kAlice;
    moved.address = "127.1.100.1:5080";
    RegisterOptions again;
    again.cseq = 2;
    again.contact = "<" + kAlice.contact() + ">";
    register_ue(lab, moved, again);
    CHECK(lab.node().bindings() == 1);
    CHECK(lab.node().state()["bindings"][0]["flow"] == "UDP 127.1.100.1:5080");

    RegisterOptions changed;
    changed.cseq = 3;
    register_ue(lab, moved, changed);  // the registrar lists the new contact alone
    REQUIRE(lab.node().bindings() == 1);
    CHECK(lab.node().state()["bindings"][0]["contact"] == moved.contact());
}

TEST_CASE("two contacts of one user stay side by side") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    End tablet = kAlice;
    tablet.address = "127.1.100.11:5060";
    lab.on_gm(register_request(tablet, {.call_id = "reg-tablet"}), tablet.address);
    const Sent request = lab.expect_request("REGISTER");
    auto response = registered(request, tablet);
    response.append(HeaderId::contact, "<" + kAlice.contact() + ">;expires=300");
    lab.answer(request, response);
    lab.expect_response(200);
    CHECK(lab.node().bindings() == 2);
}

TEST_CASE("deregistration removes the binding, by contact and by star") {
    const bool star = GENERATE(false, true);
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    RegisterOptions options;
    options.cseq = 2;
    options.expires = 0;
    if (star) options.contact = "*";
    register_ue(lab, kAlice, options);
    CHECK(lab.node().bindings() == 0);
}

TEST_CASE("a refused or unanswered re-registration changes nothing") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    lab.on_gm(register_request(kAlice, {.call_id = "reg-alice", .cseq = 2, .expires = 0}),
              kAliceAddress);
    const Sent request = lab.expect_request("REGISTER");
    lab.answer(request, response_to(request, 403));
    lab.expect_response(403);
    CHECK(lab.node().bindings() == 1);
}

TEST_CASE("a registration that is not refreshed expires by itself") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    lab.pass(std::chrono::seconds(599));
    CHECK(lab.node().bindings() == 1);
    lab.pass(std::chrono::seconds(2));
    CHECK(lab.node().bindings() == 0);
    CHECK(lab.logged("has expired"));
}

TEST_CASE("the core does not answer a REGISTER: 504 in the end, network timers on Mw") {
    BetweenUeAndCore lab;
    lab.on_gm(register_request(kAlice), kAliceAddress);
    lab.expect_request("REGISTER");
    lab.pass(std::chrono::milliseconds(600));
    lab.expect_request("REGISTER");  // T1 of 500 ms: repeated
    lab.pass(std::chrono::seconds(40));
    while (!lab.quiet()) {
        const Sent sent = lab.next();
        if (!sent.message.is_request()) {
            CHECK(sent.message.status() == 504);
            return;
        }
    }
    FAIL("no answer to the UE");
}

TEST_CASE("an I-CSCF that cannot, or redirects, is left for the next of the home network") {
    const int status = GENERATE(302, 480, 503);
    auto config = BetweenUeAndCore::usual_config();
    config.hosts[kHome].add({*Address::parse("127.1.2.2:5060"), 1});
    BetweenUeAndCore lab(config);
    lab.on_gm(register_request(kAlice), kAliceAddress);
    const Sent first = lab.expect_request("REGISTER");
    CHECK(first.flow.remote.to_string() == kIcscfAddress);
    lab.answer(first, response_to(first, status));
    const Sent second = lab.expect_request("REGISTER");
    CHECK(second.flow.remote.to_string() == "127.1.2.2:5060");
    // TS 24.229 §5.2.2.1: the same request, with what the P-CSCF has added to it once.
    CHECK(second.all(HeaderId::path) == first.all(HeaderId::path));
    CHECK(second.header(HeaderId::p_charging_vector) == first.header(HeaderId::p_charging_vector));
    CHECK(second.message.uri() == first.message.uri());
    lab.answer(second, response_to(second, 401));
    lab.expect_response(401);
    CHECK(lab.quiet());
}

TEST_CASE("an I-CSCF that says no is believed; none that answers: 504") {
    auto config = BetweenUeAndCore::usual_config();
    config.hosts[kHome].add({*Address::parse("127.1.2.2:5060"), 1});
    BetweenUeAndCore lab(config);
    lab.on_gm(register_request(kAlice), kAliceAddress);
    const Sent refused = lab.expect_request("REGISTER");
    lab.answer(refused, response_to(refused, 403));
    lab.expect_response(403);

    lab.on_gm(register_request(kAlice, {.call_id = "again"}), kAliceAddress);
    const Sent sent = lab.expect_request("REGISTER");
    lab.deliver(SendFailed{sent.flow, "connection refused"});
    const Sent next = lab.expect_request("REGISTER");
    CHECK(next.flow.remote.to_string() == "127.1.2.2:5060");
    lab.deliver(SendFailed{next.flow, "connection refused"});
    lab.expect_response(504);
    CHECK(lab.quiet());
}

TEST_CASE("as many contacts as there may be: the next one is told 503") {
    Config config = BetweenUeAndCore::usual_config();
    config.max_bindings = 1;
    BetweenUeAndCore lab(config);
    register_ue(lab, kAlice);
    lab.on_gm(register_request(kBob, {.call_id = "reg-bob"}), kBobAddress);
    lab.expect_response(503);
    register_ue(lab, kAlice, {.cseq = 2});  // who is in may stay
    CHECK(lab.node().bindings() == 1);
}

TEST_CASE("a REGISTER that comes from the core is forbidden") {
    BetweenUeAndCore lab;
    lab.on_mw(register_request(kAlice), kIcscfAddress);
    lab.expect_response(403);
}

TEST_CASE("OPTIONS for the P-CSCF itself is answered by it") {
    BetweenUeAndCore lab;
    RequestOptions options;
    options.uri = "sip:127.1.1.1:5060";
    options.route = "";
    lab.on_gm(request_of(kAlice, "OPTIONS", options), kAliceAddress);
    lab.expect_response(200);
}

TEST_CASE("what cannot be parsed is answered 400 and logged with its place") {
    BetweenUeAndCore lab;
    std::string bytes = register_request(kAlice);
    bytes.replace(bytes.find("Max-Forwards: 70"), 16, "Max-Forwards: many");
    lab.on_gm(bytes, kAliceAddress);
    lab.expect_response(400);
    CHECK(lab.logged("malformed message from " + kAliceAddress));
}
