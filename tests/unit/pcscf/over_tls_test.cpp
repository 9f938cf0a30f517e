// UEs on TLS and WebSocket: what the P-CSCF says of them (TS 24.229 §5.2.2.4, TS 33.203 Annex O),
// and that each is served on its own connection alone (RFC 5626 §5.3, RFC 7118 §5.3).
#include "tests/unit/pcscf/between_ue_and_core.h"

using namespace imslab;
using namespace imslab::pcscf;
using namespace imslab::pcscf::test;

namespace {

const Address kTls = *Address::parse("127.1.1.1:5061");
const Address kWss = *Address::parse("127.1.1.1:8443");
const End kTina{"tina", "127.1.100.21:40000"};

Config with_tls() {
    auto config = BetweenUeAndCore::usual_config();
    config.gm_ports = {{Transport::tls, 5061}, {Transport::ws, 8080}, {Transport::wss, 8443}};
    return config;
}

Flow tls_flow(std::uint64_t connection = 7) {
    return {Transport::tls, kTls, *Address::parse(kTina.address), connection};
}

std::string authorization(const std::string& parameters) {
    return "Authorization: Digest username=\"tina@" + kHome + "\", realm=\"" + kHome +
           "\", uri=\"sip:" + kHome + "\", " + parameters;
}

const std::string kEmpty = "nonce=\"\", response=\"\"";
const std::string kAnswer = "nonce=\"n\", response=\"0123456789abcdef0123456789abcdef\"";

RegisterOptions over_tls(unsigned cseq, const std::string& parameters) {
    RegisterOptions options;
    options.transport = "TLS";
    options.cseq = cseq;
    options.contact = "<" + kTina.contact() + ";transport=tls>";
    options.extra = authorization(parameters);
    return options;
}

// What the core is told of a REGISTER that comes there.
std::string protection_of(BetweenUeAndCore& lab, const Flow& flow, const RegisterOptions& options) {
    lab.deliver(Arrived{flow, register_request(kTina, options)});
    const auto request = lab.expect_request("REGISTER");
    const std::string value(request.header(HeaderId::authorization));
    const auto auth = sip::AuthParams::parse(value);
    REQUIRE(auth);
    return auth->get("integrity-protected").value_or("absent");
}

void register_tina(BetweenUeAndCore& lab, const Flow& flow, unsigned cseq = 1) {
    lab.deliver(Arrived{flow, register_request(kTina, over_tls(cseq, kAnswer))});
    const Sent request = lab.expect_request("REGISTER");
    lab.answer(request, registered(request, kTina));
    lab.expect_response(200);
}

RequestOptions for_tina() {
    RequestOptions options;
    options.uri = kTina.contact() + ";transport=tls";
    return options;
}

}  // namespace

TEST_CASE("the first REGISTER over TLS says nothing of its protection, whatever the UE claims") {
    BetweenUeAndCore lab(with_tls());
    const auto claim = GENERATE(std::string(""), std::string(", integrity-protected=\"tls-yes\""));
    CHECK(protection_of(lab, tls_flow(), over_tls(1, kEmpty + claim)) == "absent");
}

TEST_CASE("a response over a TLS session that is nobody's yet is tls-pending") {
    BetweenUeAndCore lab(with_tls());
    CHECK(protection_of(lab, tls_flow(), over_tls(2, kAnswer)) == "tls-pending");
}

TEST_CASE(
    "over the TLS session he registered by a user is tls-yes; nobody else, and nowhere else") {
    BetweenUeAndCore lab(with_tls());
    register_tina(lab, tls_flow());

    SECTION("he himself") {
        CHECK(protection_of(lab, tls_flow(), over_tls(3, kAnswer)) == "tls-yes");
    }
    SECTION("on another connection") {
        CHECK(protection_of(lab, tls_flow(8), over_tls(3, kAnswer)) == "tls-pending");
    }
    SECTION("somebody else on his connection") {
        auto options = over_tls(3, kAnswer);
        options.extra.replace(options.extra.find("tina@"), 5, "eve@");
        CHECK(protection_of(lab, tls_flow(), options) == "tls-pending");
    }
    SECTION("by UDP from the same address") {
        auto options = over_tls(3, kAnswer + ", integrity-protected=\"tls-yes\"");
        options.transport = "UDP";
        const Flow flow{Transport::udp, lab.config().gm, *Address::parse(kTina.address), 0};
        CHECK(protection_of(lab, flow, options) == "no");
    }
    SECTION("after that connection has closed, on one with the same number of ends") {
        lab.deliver(ConnectionClosed{tls_flow(), "closed by the peer"});
        CHECK(protection_of(lab, tls_flow(), over_tls(3, kAnswer)) == "tls-pending");
    }
}

TEST_CASE("AKAv2-SHA-256 over TLS is tls-connected, by UDP no") {
    BetweenUeAndCore lab(with_tls());
    const auto akav2 = over_tls(1, kEmpty + ", algorithm=AKAv2-SHA-256");
    Flow flow = tls_flow();

    SECTION("TLS") { CHECK(protection_of(lab, flow, akav2) == "tls-connected"); }
    SECTION("secure WebSocket") {
        flow.transport = Transport::wss;
        flow.local = kWss;
        CHECK(protection_of(lab, flow, akav2) == "tls-connected");
    }
    SECTION("WebSocket without TLS") {
        flow.transport = Transport::ws;
        CHECK(protection_of(lab, flow, akav2) == "no");
    }
}

TEST_CASE("a call to a UE on TLS goes out on the connection of its registration") {
    BetweenUeAndCore lab(with_tls());
    register_tina(lab, tls_flow());

    lab.on_mw(request_to(kTina, "INVITE", for_tina()));

    const auto invite = lab.expect_request("INVITE");
    CHECK(invite.flow == tls_flow());
    CHECK(invite.all(HeaderId::record_route).front() ==
          "<sip:term@127.1.1.1:5061;lr;transport=tls>");
    CHECK(invite.header(HeaderId::via).find("SIP/2.0/TLS 127.1.1.1:5061") == 0);
}

TEST_CASE("RFC 5626 §5.3.1: the connection is gone: 430 to the core, nothing is opened") {
    BetweenUeAndCore lab(with_tls());
    register_tina(lab, tls_flow());
    lab.deliver(ConnectionClosed{tls_flow(), "closed by the peer"});

    lab.on_mw(request_to(kTina, "INVITE", for_tina()));

    CHECK(lab.expect_response(430).flow.local == lab.config().mw);
    CHECK(lab.quiet());
    CHECK(lab.node().state()["bindings"][0]["flow"] == "lost");

    SECTION("until the UE has registered anew") {
        register_tina(lab, tls_flow(8), 4);
        auto again = for_tina();
        again.call_id = "call-2";
        lab.on_mw(request_to(kTina, "INVITE", again));
        CHECK(lab.expect_request("INVITE").flow.connection == 8);
    }
}

TEST_CASE("the connection breaks while the request is on it: 430 to the core") {
    BetweenUeAndCore lab(with_tls());
    register_tina(lab, tls_flow());
    lab.on_mw(request_to(kTina, "MESSAGE", for_tina()));
    lab.expect_request("MESSAGE");

    lab.deliver(ConnectionClosed{tls_flow(), "closed by the peer"});

    lab.expect_response(430);
}

TEST_CASE("who registered over TLS is not served elsewhere") {
    BetweenUeAndCore lab(with_tls());
    register_tina(lab, tls_flow());
    Flow other = tls_flow(8);
    RequestOptions options;
    options.transport = "TLS";

    SECTION("another TLS connection") {}
    SECTION("UDP from the same address") {
        other = {Transport::udp, lab.config().gm, *Address::parse(kTina.address), 0};
        options.transport = "UDP";
    }
    lab.deliver(Arrived{other, request_of(kTina, "INVITE", options)});
    lab.expect_response(403);

    lab.deliver(Arrived{tls_flow(), request_of(kTina, "INVITE", options)});
    CHECK(lab.expect_request("INVITE").header(HeaderId::p_asserted_identity).find("tina") !=
          std::string::npos);
}

TEST_CASE("a TLS connection from the address of a UE that registered by UDP is not his") {
    BetweenUeAndCore lab(with_tls());
    register_ue(lab, kAlice);
    Flow flow = tls_flow();
    flow.remote = *Address::parse(kAlice.address);

    RequestOptions options;
    options.transport = "TLS";
    lab.deliver(Arrived{flow, request_of(kAlice, "INVITE", options)});

    lab.expect_response(403);
}

TEST_CASE("TS 33.203 Annex O.3.1.1: who fails to prove who he is loses the TLS session") {
    BetweenUeAndCore lab(with_tls());
    std::vector<Flow> closed;
    lab.on_close = [&](const Flow& flow) { closed.push_back(flow); };
    lab.deliver(Arrived{tls_flow(), register_request(kTina, over_tls(2, kAnswer))});
    const Sent request = lab.expect_request("REGISTER");

    lab.answer(request, response_to(request, 403));

    lab.expect_response(403);
    CHECK(closed == std::vector<Flow>{tls_flow()});
}

TEST_CASE("a failure of somebody else leaves the session to whom it belongs") {
    BetweenUeAndCore lab(with_tls());
    register_tina(lab, tls_flow());
    lab.on_close = [](const Flow&) { FAIL("closed"); };
    auto options = over_tls(3, kAnswer);
    options.extra.replace(options.extra.find("tina@"), 5, "eve@");
    lab.deliver(Arrived{tls_flow(), register_request(kTina, options)});
    const Sent request = lab.expect_request("REGISTER");

    lab.answer(request, response_to(request, 403));

    lab.expect_response(403);
}

TEST_CASE("a browser's contact names no place; it is called on its WebSocket") {
    BetweenUeAndCore lab(with_tls());
    const Flow flow{Transport::wss, kWss, *Address::parse("127.1.100.23:41000"), 9};
    RegisterOptions options;
    options.transport = "WSS";
    options.contact = "<sip:wanda@a1b2.invalid;transport=ws>";
    const End wanda{"wanda", "a1b2.invalid"};
    lab.deliver(Arrived{flow, register_request(wanda, options)});
    const Sent request = lab.expect_request("REGISTER");
    lab.answer(request, registered(request, wanda));
    lab.expect_response(200);

    RequestOptions call;
    call.uri = "sip:wanda@a1b2.invalid;transport=ws";
    lab.on_mw(request_to(wanda, "INVITE", call));

    const auto invite = lab.expect_request("INVITE");
    CHECK(invite.flow == flow);
    CHECK(invite.header(HeaderId::via).find("SIP/2.0/WSS 127.1.1.1:8443") == 0);
    CHECK(invite.all(HeaderId::record_route).front() ==
          "<sip:term@127.1.1.1:8443;lr;transport=ws>");
}
