// TLS and WebSocket in the lab: topology files, commands, the UE's words, captures.
#include <catch2/catch_test_macros.hpp>

#include "lab/capture.h"
#include "lab/node_config.h"
#include "lab/observation_parts.h"
#include "lab/pcapng.h"
#include "lab/procedure.h"
#include "lab/topology.h"
#include "lab/ue.h"

#include "lab/chance.h"
#include "sip/headers.h"

using namespace imslab;
using namespace imslab::lab;

namespace {

std::string file(const std::string& transports, const std::string& ue = "address: 127.1.100.1") {
    return "nodes:\n"
           "  pcscf: {kind: pcscf, addresses: {Gm: 127.1.1.1, Mw: 127.1.1.2}" +
           (transports.empty() ? "" : ", transports: " + transports) +
           "}\n"
           "  hss: {kind: hss, address: 127.1.4.1}\n"
           "ues:\n  tina: {" +
           ue + "}\n";
}

const std::string kAll = "{Gm: [udp, tcp, tls, ws, wss:9443]}";

// The first mistake in a file, as a person reads it; empty: none.
std::string mistake_in(const std::string& yaml) {
    const auto topology = Topology::parse(yaml, "t.yaml");
    return topology ? std::string() : topology.error().front().to_string();
}

std::string mistake(const std::string& command, const Topology& topology) {
    const auto commands = parse_command(command, topology);
    return commands ? "" : commands.error().found + ", expected " + commands.error().expected;
}

}  // namespace

TEST_CASE("a P-CSCF's transports on Gm, with the ports they have if nothing is said") {
    const auto topology = Topology::parse(file(kAll), "t.yaml");
    REQUIRE(topology);
    const auto& pcscf = *topology->node("pcscf");
    CHECK(pcscf.has_certificate());
    CHECK(pcscf.address("Gm", Transport::udp)->to_string() == "127.1.1.1:5060");
    CHECK(pcscf.address("Gm", Transport::tls)->to_string() == "127.1.1.1:5061");
    CHECK(pcscf.address("Gm", Transport::ws)->to_string() == "127.1.1.1:8080");
    CHECK(pcscf.address("Gm", Transport::wss)->to_string() == "127.1.1.1:9443");
    CHECK_FALSE(pcscf.address("Mw", Transport::tls));

    NodeOptions options;
    options.folder = "out/r";
    const auto config = node_config(*topology, pcscf, options);
    CHECK(config["transports"]["Gm"]["TLS"] == 5061);
    CHECK(config["tls"]["certificate"] == "out/r/pcscf.pem");
}

TEST_CASE("what is wrong with transports is said with what was expected") {
    const auto says = [](const std::string& yaml, const std::string& words) {
        const auto mistake = mistake_in(yaml);
        INFO(mistake);
        CHECK(mistake.find(words) != std::string::npos);
    };
    CHECK(mistake_in(file(kAll)).empty());
    says(file("{Gm: [udp, tcp, sctp]}"), "'sctp', expected one of udp, tcp, tls, ws, wss");
    says(file("{Gm: [udp, tcp, tls:0]}"), "'tls:0', expected");
    says(file("{Gm: [udp, tcp, tls, tls]}"), "'tls' a second time");
    says(file("{Gm: [tls]}"), "no udp, expected udp and tcp among them");
    says(file("{Gm: tls}"), "expected a list like");
    says(file("{Mw: [udp, tcp, tls]}"), "expected those of Gm on a pcscf");
    says(file("{Gm: [udp, tcp, tls:8080, ws]}"), "127.1.1.1:8080, which");
    says(file("{Gm: [udp:5070, tcp]}"), "the port of udp and tcp in the address of Gm");
    says(file("", "address: 127.1.100.1, transport: tls"),
         "'tls', expected a transport of pcscf on Gm: udp, tcp");
    says(file(kAll, "address: 127.1.100.1, transport: tls, driver: sipp"), "expected udp");
    says(file(kAll, "address: 127.1.100.1, driver: browser, password: x"),
         "a browser by udp, expected transport: ws or wss");
    says(file(kAll, "address: 127.1.100.1, driver: browser, transport: wss"),
         "a browser phone without a password");
    says(file(kAll, "address: 127.1.100.1, driver: baresip"), "a baresip phone without a password");
    says(file(kAll, "address: 127.1.100.1, driver: linphone, password: x, transport: tls"),
         "expected udp: linphone speaks nothing else here");
    says(file(kAll, "address: 127.1.100.1, driver: twinkle"),
         "expected lab, sipp, browser, baresip or linphone");
}

TEST_CASE("connections are opened and dropped by command") {
    const auto topology =
        *Topology::parse(file(kAll, "address: 127.1.100.1, transport: wss"), "t.yaml");
    const auto commands =
        parse_command("tina connect with subprotocol xmpp, refused \"400\"", topology);
    REQUIRE(commands);
    const auto& connect = std::get<ConnectionCommand>(commands->front());
    CHECK(connect.subprotocol == "xmpp");
    CHECK(connect.refused);
    CHECK(connect.reason == "400");
    CHECK(mistake("tina connect trusting nobody", topology).empty());
    CHECK(mistake("tina disconnect", topology).empty());
    CHECK(mistake("tina connect trusting her", topology).find("'trusting', expected one of") == 0);
    const auto plain = *Topology::parse(file(kAll), "t.yaml");
    CHECK(mistake("tina connect", plain).find("which has no connections") != std::string::npos);
}

TEST_CASE("a browser is asked for no more than it can do") {
    const auto topology = *Topology::parse(
        file(kAll, "address: 127.1.100.1, driver: browser, transport: ws, password: x") +
            "  bob: {address: 127.1.100.2}\n",
        "t.yaml");
    for (const auto* command :
         {"tina register", "tina deregister", "tina call bob", "bob call tina"})
        CHECK(mistake(command, topology).empty());
    for (const auto* command : {"tina reregister",
                                "tina register with wrong password",
                                "tina message bob \"hi\"",
                                "bob call tina, tina is busy",
                                "tina connect",
                                "tina send x"}) {
        INFO(command);
        CHECK(mistake(command, topology).find("a browser does no more here") != std::string::npos);
    }
}

TEST_CASE("a UE on TLS asks for AKAv2, one on WebSocket names no place") {
    Chance chance(1);
    TopologyUe place;
    place.name = "uma";
    place.address = *Address::parse("127.1.100.22:5060");
    UeIdentity identity;
    identity.private_identity = "uma@home";
    identity.public_identities = {"sip:uma@home"};
    identity.home = "home";
    identity.aka = hss::AkaCredentials{};
    const auto pcscf = *Address::parse("127.1.1.1:5061");

    place.transport = Transport::tls;
    Ue over_tls(place, pcscf, identity, chance);
    const auto authorization = over_tls.first_authorization({});
    CHECK(authorization.find("algorithm=AKAv2-SHA-256") != std::string::npos);
    const auto request = over_tls.make_register({}, authorization);
    CHECK(request.get(sip::HeaderId::via)->find("SIP/2.0/TLS 127.1.100.22:5060") == 0);
    CHECK(request.get(sip::HeaderId::contact)->find("<sip:127.1.100.22:5060;transport=tls>") == 0);

    place.transport = Transport::ws;
    Ue browser(place, pcscf, identity, chance);
    const auto other = browser.make_register({}, browser.first_authorization({}));
    CHECK(other.get(sip::HeaderId::via)->find("SIP/2.0/WS ") == 0);
    CHECK(other.get(sip::HeaderId::contact)->find(".invalid;transport=ws>") != std::string::npos);
    CHECK(browser.first_authorization({}).find("AKAv2") == std::string::npos);
}

TEST_CASE("what was inside TLS is written as Wireshark exports it, and read back") {
    Observation seen;
    seen.network.participants = {{"pcscf", "P-CSCF", "pcscf", "", {}, true},
                                 {"tina", "tina", "ue", "", {}, false}};
    seen.network.participants[0].addresses["Gm"] = *Address::parse("127.1.1.1:5060");
    seen.network.participants[1].addresses["Gm"] = *Address::parse("127.1.100.21:5060");
    ObservedMessage message;
    message.from = 1;
    message.to = 0;
    message.transport = Transport::wss;
    message.source = *Address::parse("127.1.100.21:40000");
    message.destination = *Address::parse("127.1.1.1:8443");
    message.sent_ns = 1'000'000'000;
    message.reference_point = "Gm";
    message.bytes =
        "OPTIONS sip:pcscf SIP/2.0\r\nVia: SIP/2.0/WSS a.invalid;branch=z9hG4bK1\r\n"
        "From: <sip:t@home>;tag=1\r\nTo: <sip:pcscf>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
        "Max-Forwards: 70\r\n\r\n";
    seen.messages.push_back(message);

    const auto read = observe_capture(to_pcapng(seen));

    REQUIRE(read);
    REQUIRE(read->messages.size() == 1);
    CHECK(read->messages[0].bytes == message.bytes);
    CHECK(read->messages[0].transport == Transport::wss);
    CHECK(read->messages[0].source == message.source);
    CHECK(read->messages[0].destination == message.destination);
}
