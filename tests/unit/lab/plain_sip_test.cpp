// Plain SIP: the topology kind, the tables that Kamailio reads, the services, and with real
// processes a call, an application server that the registrar reaches, and who is refused.
#include "lab/plain_sip.h"

#include <catch2/catch_test_macros.hpp>

#include "hss/subscriber_file.h"
#include "lab/kamailio.h"
#include "lab/network.h"
#include "lab/stock.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

constexpr const char* kPlain = R"(name: small
nodes:
  proxy: {kind: plain-sip, label: Proxy, address: 127.1.6.1}
ues:
  alice: {address: 127.1.100.1}
)";

std::string mistake_in(const std::string& yaml) {
    const auto topology = Topology::parse(yaml, "t.yaml");
    return topology ? std::string() : topology.error().front().to_string();
}

std::string with_services(const std::string& services) {
    return "nodes:\n  proxy:\n    kind: plain-sip\n    address: 127.1.6.1\n    services:\n" +
           services;
}

// The plain-sip topology of scenarios/, moved to addresses of this process.
std::string own_topology(const OwnPlace& place, const std::string& services = {}) {
    auto yaml = content_of(IMSLAB_SOURCE_DIR "/scenarios/topologies/plain-sip.yaml");
    OwnPlace::replace(yaml, "127.1.", place.network);
    OwnPlace::replace(yaml,
                      "core.subscribers.xml",
                      IMSLAB_SOURCE_DIR "/scenarios/topologies/core.subscribers.xml");
    if (!services.empty())
        OwnPlace::replace(yaml, "label: Proxy,", "label: Proxy, services: {" + services + "},");
    return place.write("elsewhere.yaml", yaml);
}

bool can_be_played() { return nodes_are_built() && why_no_plain_sip().empty(); }

// Own scenarios name the moved topology by its path.
std::string scenario_on(const std::string& topology,
                        const std::string& step,
                        const std::string& flow,
                        const std::string& preconditions = "`alice register` has been done") {
    return "# OWN-004 Plain SIP\n\n| | |\n|---|---|\n| Test object | Proxy |\n"
           "| Specification | RFC 3261 §16.3 |\n| Topology | " +
           topology + " |\n| Preconditions | " + preconditions + " |\n\n## Test procedure\n1. `" +
           step + "`\n\n## Call flow\n```mermaid\nsequenceDiagram\n" + flow + "```\n";
}

}  // namespace

TEST_CASE("a topology of plain SIP has one node that phones are attached to") {
    auto topology = Topology::parse(kPlain, "small.yaml");
    REQUIRE(topology);
    CHECK(topology->is_plain_sip());
    const auto& proxy = *topology->node("proxy");
    CHECK(proxy.is_stock());
    CHECK_FALSE(proxy.is_ours());
    CHECK(topology->ue("alice")->pcscf == "proxy");
    CHECK(proxy.sip_address()->to_string() == "127.1.6.1:5060");
    CHECK(topology->hosts().contains(topology->home));
    CHECK(reference_point_between("ue", "plain-sip", false) == "SIP");
    CHECK(network_of(*topology).named("Proxy"));

    run_cscfs_on(*topology, "kamailio");
    CHECK(topology->node("proxy")->is_stock());  // it is no CSCF
    CHECK(play_by_stock(*topology, "all").find("no CSCF 'all'") == 0);
}

TEST_CASE("mistakes in a topology of plain SIP") {
    CHECK(mistake_in("nodes:\n  p: {kind: plain-sip, address: 127.1.6.1, runs_on: asio}\n")
              .find("'asio', expected stock-kamailio") != std::string::npos);
    CHECK(mistake_in("nodes:\n  p: {kind: icscf, address: 127.1.2.1, services: {a: {to: p}}}\n")
              .find("found services at a icscf, expected services at a plain-sip node") !=
          std::string::npos);
    CHECK(
        mistake_in(with_services("      presence: {to: nobody}\n"))
            .find("'nobody', expected a node of the topology that speaks SIP, or an IP address") !=
        std::string::npos);
    CHECK(mistake_in(with_services("      presence: {methods: [publish], to: 127.1.5.1}\n"))
              .find("'publish', expected a method such as PUBLISH") != std::string::npos);
    CHECK(mistake_in(with_services("      presence: {event: presence}\n")).find("no to") !=
          std::string::npos);
}

TEST_CASE("services become routes, in the order of the file") {
    const auto topology = Topology::parse(
        with_services(
            "      presence: {methods: [PUBLISH, SUBSCRIBE], event: presence, to: "
            "127.1.5.1}\n      conference: {user: \"conf-.*\", to: \"127.1.5.2:5070\"}\n"),
        "t.yaml");
    REQUIRE(topology);
    const auto routes = service_routes(*topology->node("proxy"));
    const auto presence = routes.find(
        "if (is_method(\"PUBLISH|SUBSCRIBE\") && is_present_hf(\"Event\") && $hdr(Event) =~ "
        "\"^presence[ \t]*(;.*)?$\") {    # presence\n        $du = \"sip:127.1.5.1:5060\";");
    const auto conference = routes.find("if ($rU =~ \"^(conf-.*)$\") {    # conference");
    CHECK(presence != std::string::npos);
    CHECK(conference != std::string::npos);
    CHECK(presence < conference);
    CHECK(routes.find("if ($si == \"127.1.5.2\") $var(from_service) = 1;") != std::string::npos);
}

TEST_CASE("the registrar knows passwords as hashes, and who may register what") {
    const auto subscribers = hss::read_subscribers(
        R"(<subscribers>
  <subscriber imsi="001010000000001" k="cee4a5cbed65e26027c4401f47f1e4a0" opc="8135c90891e85cc4393ea47dc94d228e" password="secret">
    <public>sip:alice@ims.mnc001.mcc001.3gppnetwork.org</public>
    <public>tel:+15550001</public>
    <public barred="yes">sip:secret@ims.mnc001.mcc001.3gppnetwork.org</public>
  </subscriber>
  <subscriber imsi="001010000000002" k="ac5d0bc51c88c8f3ae468806a8b23630" opc="4d36695f1ea91a7a8fb7f064d2273787">
    <public>sip:bob@ims.mnc001.mcc001.3gppnetwork.org</public>
  </subscriber>
</subscribers>)",
        "s.xml");
    REQUIRE(subscribers);
    const auto tables = registrar_tables(*subscribers);
    INFO(tables.subscriber);
    INFO(tables.identities);
    CHECK(tables.subscriber.find("1:001010000000001:ims.mnc001.mcc001.3gppnetwork.org:") !=
          std::string::npos);
    CHECK(tables.subscriber.find("secret") == std::string::npos);
    CHECK(tables.subscriber.find("001010000000002") == std::string::npos);  // has no password
    CHECK(tables.identities.find("sip\\:alice@ims.mnc001.mcc001.3gppnetwork.org "
                                 "001010000000001@ims.mnc001.mcc001.3gppnetwork.org:") !=
          std::string::npos);
    CHECK(tables.identities.find("tel") == std::string::npos);
    CHECK(tables.identities.find("sip\\:secret@") == std::string::npos);
    CHECK(tables.identities.find("sip\\:bob@") != std::string::npos);  // known: 480, not 404
}

TEST_CASE("given no registration, who calls is asked for the password") {
    if (!can_be_played()) SKIP("no Kamailio, or the wire may not be listened to");
    OwnPlace place;
    const auto topology = own_topology(place);
    auto script = content_of(IMSLAB_SOURCE_DIR "/scenarios/ue/message.xml");
    OwnPlace::replace(script, "response=\"200\"", "response=\"407\"");
    const auto relative = fs::path(place.write("asked.xml", script))
                              .lexically_relative(IMSLAB_SOURCE_DIR "/scenarios/ue")
                              .string();
    const auto file =
        place.write("OWN-004-asked.md",
                    scenario_on(topology,
                                "alice play " + relative + " to bob",
                                "    alice->>Proxy: MESSAGE\n    Proxy-->>alice: 407\n",
                                "nobody is registered"));
    const auto said = run_imslab("run " + file + " --out " + place.out);
    INFO(said.text);
    CHECK(said.status == 0);
}

TEST_CASE("an application server is reached by the registrar's routing") {
    if (!can_be_played()) SKIP("no Kamailio, or the wire may not be listened to");
    OwnPlace place;
    // carol's phone stands in for the server
    const auto topology = own_topology(
        place, "messages: {methods: [MESSAGE], user: archive, to: " + place.network + "100.3}");
    auto scenario = scenario_on(topology,
                                "alice play message.xml to "
                                "sip:archive@ims.mnc001.mcc001.3gppnetwork.org, carol play "
                                "accept.xml",
                                "    alice->>Proxy: MESSAGE\n    Proxy->>carol: MESSAGE\n    "
                                "carol-->>Proxy: 200\n    Proxy-->>alice: 200\n");
    const auto file = place.write("OWN-004-service.md", scenario);
    const auto said = run_imslab("run " + file + " --out " + place.out);
    INFO(said.text);
    CHECK(said.status == 0);
}
