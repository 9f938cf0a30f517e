// What may never appear on Gm (TS 24.229 §4.4, §5.2.2.2, §5.2.6.3.4, §5.2.6.4; RFC 7315 §6; RFC
// 3325 §9.3): in requests to a UE and in responses to it.
#include "tests/unit/pcscf/between_ue_and_core.h"

using namespace imslab;
using namespace imslab::pcscf;
using namespace imslab::pcscf::test;

namespace {

std::string secret() {
    return GENERATE(
        std::string("P-Charging-Vector: icid-value=secret;orig-ioi=secret"),
        std::string("P-Charging-Function-Addresses: ccf=secret"),
        std::string("P-Visited-Network-ID: secret"),
        std::string("P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=secret"),
        std::string("P-User-Database: <aaa://secret.example>"),
        std::string("P-Profile-Key: <sip:secret@far.example>"),
        std::string("P-Served-User: <sip:secret@far.example>;sescase=term"),
        std::string("P-Private-Network-Indication: secret.example"),
        std::string("Cellular-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=secret"),
        std::string("Restoration-Info: secret"),
        std::string("Relayed-Charge: secret"),
        std::string("P-Asserted-Identity: <sip:secret@far.example>\r\nPrivacy: id"),
        std::string("P-Asserted-Identity: <sip:secret@far.example>\r\nPrivacy: header;id"),
        std::string("Privacy: user; ID\r\nP-Asserted-Identity: <sip:secret@far.example>, "
                    "<tel:+15550199;x=secret>"));
}

bool tells(const Sent& sent) { return sent.message.to_bytes().find("secret") != std::string::npos; }

void append_lines(sip::Message& message, const std::string& lines) {
    std::size_t at = 0;
    while (at < lines.size()) {
        const std::size_t end = std::min(lines.find("\r\n", at), lines.size());
        const std::string line = lines.substr(at, end - at);
        const std::size_t colon = line.find(": ");
        message.append(line.substr(0, colon), line.substr(colon + 2));
        at = end + 2;
    }
}

}  // namespace

TEST_CASE("no request to a UE tells it what stays in the core") {
    const std::string lines = secret();
    CAPTURE(lines);
    BetweenUeAndCore lab;
    register_ue(lab, kBob);
    const auto method = GENERATE(std::string("INVITE"), std::string("MESSAGE"));
    lab.on_mw(request_to(kBob, method, {.extra = lines}));
    CHECK_FALSE(tells(lab.expect_request(method)));
}

TEST_CASE("no response to a UE tells it what stays in the core") {
    const std::string lines = secret();
    const int status = GENERATE(183, 200, 486);
    CAPTURE(lines, status);
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
    const Sent invite = lab.expect_request("INVITE");
    auto response = response_to(invite, status, "far");
    append_lines(response, lines);
    lab.answer(invite, response);
    if (status >= 300) lab.expect_request("ACK");
    CHECK_FALSE(tells(lab.expect_response(status)));
}

TEST_CASE("nor does the answer to a REGISTER") {
    const std::string lines = secret();
    const int status = GENERATE(401, 200, 403);
    CAPTURE(lines, status);
    BetweenUeAndCore lab;
    lab.on_gm(register_request(kAlice), kAliceAddress);
    const Sent request = lab.expect_request("REGISTER");
    auto response = response_to(request, status);
    append_lines(response, lines);
    lab.answer(request, response);
    CHECK_FALSE(tells(lab.expect_response(status)));
}

TEST_CASE("a repeated 200 to an INVITE is no leak") {
    BetweenUeAndCore lab;
    register_ue(lab, kAlice);
    lab.on_gm(request_of(kAlice, "INVITE"), kAliceAddress);
    const Sent invite = lab.expect_request("INVITE");
    auto ok = response_to(invite, 200, "far");
    ok.append(HeaderId::p_charging_vector, "icid-value=secret");
    lab.answer(invite, ok);
    CHECK_FALSE(tells(lab.expect_response(200)));
    lab.answer(invite, ok);
    CHECK_FALSE(tells(lab.expect_response(200)));
}

TEST_CASE("an identity that asks for no privacy is shown") {
    BetweenUeAndCore lab;
    register_ue(lab, kBob);
    const auto privacy = GENERATE(
        std::string(""), std::string("Privacy: none\r\n"), std::string("Privacy: header\r\n"));
    lab.on_mw(request_to(
        kBob, "INVITE", {.extra = privacy + "P-Asserted-Identity: <sip:zoe@far.example>"}));
    CHECK(lab.expect_request("INVITE").header(HeaderId::p_asserted_identity) ==
          "<sip:zoe@far.example>");
}
