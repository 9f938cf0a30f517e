// Topology files: what is read, and how each mistake is answered.
#include <catch2/catch_test_macros.hpp>

#include "lab/kamailio.h"
#include "lab/node_config.h"
#include "lab/topology.h"

using namespace imslab;
using namespace imslab::lab;

namespace {

constexpr const char* kCore = R"(name: small
nodes:
  pcscf: {kind: pcscf, addresses: {Gm: 127.1.1.1, Mw: 127.1.1.2}}
  icscf: {kind: icscf, address: 127.1.2.1}
  scscf1: {kind: scscf, address: 127.1.3.1, capabilities: [1], settings: {min_expires_seconds: 1}}
  scscf2: {kind: scscf, address: 127.1.3.2, external: true}
  hss: {kind: hss, address: 127.1.4.1}
ues:
  alice: {address: 127.1.100.1}
  bob: {address: "127.1.100.2:5070", subscriber: bob, pcscf: pcscf, driver: sipp}
)";

// The first mistake in a file, as a person reads it; empty: none.
std::string mistake_in(const std::string& yaml) {
    const auto topology = Topology::parse(yaml, "t.yaml");
    return topology ? std::string() : topology.error().front().to_string();
}

}  // namespace

TEST_CASE("a topology names nodes, addresses and UEs") {
    const auto topology = Topology::parse(kCore, "small.yaml");
    REQUIRE(topology);
    CHECK(topology->name == "small");
    REQUIRE(topology->node("pcscf"));
    CHECK(topology->node("pcscf")->label == "P-CSCF");
    CHECK(topology->node("S-CSCF1") == topology->node("scscf1"));
    CHECK(topology->node("icscf")->addresses.at("Mw").to_string() == "127.1.2.1:5060");
    CHECK(topology->node("hss")->addresses.at("Cx").to_string() == "127.1.4.1:3868");
    CHECK(topology->node("scscf2")->external);
    CHECK(topology->ue("alice")->pcscf == "pcscf");
    CHECK(topology->ue("bob")->address.port == 5070);
    CHECK(topology->ue("bob")->driver == TopologyUe::Driver::sipp);
}

TEST_CASE("a CSCF may run in Kamailio, an HSS may not") {
    auto topology = Topology::parse(kCore, "small.yaml");
    REQUIRE(topology);
    CHECK(topology->node("pcscf")->runs_on == "asio");
    run_cscfs_on(*topology, "kamailio");
    CHECK(topology->node("pcscf")->runs_on == "kamailio");
    CHECK(topology->node("scscf2")->runs_on == "asio");  // somebody else's
    CHECK(topology->node("hss")->runs_on == "asio");

    const std::string cscf = "nodes:\n  p: {kind: icscf, address: 127.1.2.1, runs_on: ";
    CHECK(mistake_in(cscf + "kamailio}\n").empty());
    CHECK(mistake_in(cscf + "apache}\n").find("'apache', expected asio") != std::string::npos);
    CHECK(mistake_in("nodes:\n  hss: {kind: hss, address: 127.1.4.1, runs_on: kamailio}\n")
              .find("'kamailio', expected asio; an HSS runs natively") != std::string::npos);
    CHECK(why_not_on("apache") == "no host 'apache'; there are asio and kamailio");
}

TEST_CASE("an address leads back to its lifeline, by port and without") {
    const auto topology = Topology::parse(kCore, "small.yaml");
    REQUIRE(topology);
    CHECK(topology->lifeline_at(*Address::parse("127.1.1.2:5060")) == "P-CSCF");
    CHECK(topology->lifeline_at(*Address::parse("127.1.3.1:41234")) == "S-CSCF1");
    CHECK(topology->lifeline_at(*Address::parse("127.1.100.1:5061")) == "alice");
    CHECK_FALSE(topology->lifeline_at(*Address::parse("127.9.9.9:5060")));
}

TEST_CASE("a home domain leads to its I-CSCF, a host to its node") {
    const auto topology = Topology::parse(kCore, "small.yaml");
    REQUIRE(topology);
    const auto hosts = topology->hosts();
    CHECK(hosts.at("ims.mnc001.mcc001.3gppnetwork.org").first().to_string() == "127.1.2.1:5060");
    CHECK(hosts.at("pcscf.ims.mnc001.mcc001.3gppnetwork.org").first().to_string() ==
          "127.1.1.2:5060");
}

TEST_CASE("a home domain leads to each of its I-CSCFs, as the topology places them") {
    const auto topology = Topology::parse(
        "home: home\nnodes:\n"
        "  p: {kind: pcscf, address: 127.0.0.1}\n"
        "  i1: {kind: icscf, address: 127.0.0.2, priority: 1}\n"
        "  i2: {kind: icscf, address: 127.0.0.3, weight: 3}\n",
        "t.yaml");
    REQUIRE(topology);
    const auto config = node_config(*topology, *topology->node("p"), {});
    CHECK(config["hosts"]["home"].dump() ==
          R"([{"address":"127.0.0.3:5060","priority":0,"weight":3},)"
          R"({"address":"127.0.0.2:5060","priority":1,"weight":1}])");
    CHECK(config["hosts"]["i1.home"] == "127.0.0.2:5060");
}

TEST_CASE("the I-CSCF is told which S-CSCFs it may select and what they can do") {
    const auto topology = Topology::parse(kCore, "small.yaml");
    REQUIRE(topology);
    NodeOptions options;
    options.folder = "out/x";
    const auto icscf = node_config(*topology, *topology->node("icscf"), options);
    REQUIRE(icscf["settings"]["serving"].size() == 2);
    CHECK(icscf["settings"]["serving"][0]["capabilities"] == nlohmann::json::array({1}));
    CHECK(icscf["diameter"]["peers"][0]["address"] == "127.1.4.1:3868");
    const auto scscf = node_config(*topology, *topology->node("scscf1"), options);
    CHECK(scscf["settings"]["min_expires_seconds"] == 1);
    CHECK_FALSE(scscf["settings"].contains("capabilities"));
}

TEST_CASE("each mistake has its place, what was found and what was expected") {
    CHECK(mistake_in("nodes:\n  p: {kind: pcsf, address: 127.0.0.1}\n") ==
          "t.yaml:2:13: found 'pcsf', expected one of pcscf, icscf, scscf, hss, plain-sip, as, "
          "sh_client");
    CHECK(mistake_in("nodes:\n  i: {kind: icscf, address: 127.0.0.300}\n") ==
          "t.yaml:2:29: found '127.0.0.300', expected an IP address such as 127.1.1.1 or "
          "127.1.1.1:5060");
    CHECK(mistake_in("nodes:\n  i: {kind: icscf}\n") ==
          "t.yaml:2:3: found no address for 'i', expected address or addresses");
    CHECK(mistake_in("nodes:\n  p: {kind: pcscf, addresses: {Gm: 127.0.0.1}}\n") ==
          "t.yaml:2:31: found no address on Mw, expected an address on each reference point of a "
          "P-CSCF");
    CHECK(mistake_in("nodes:\n  i: {kind: icscf, address: 127.0.0.1, colour: red}\n")
              .starts_with("t.yaml:2:40: found the key 'colour', expected one of"));
    CHECK(mistake_in("nodes: {}\nnods: {}\n").starts_with("t.yaml:2:1: found the key 'nods'"));
    CHECK(
        mistake_in(
            "nodes:\n  i: {kind: icscf, address: 127.0.0.1}\nues:\n  a: {address: 127.0.0.2}\n") ==
        "t.yaml:4:3: found no P-CSCF, expected the name of a P-CSCF or plain-sip node:");
    CHECK(mistake_in("nodes:\n  a: {kind: icscf, address: 127.0.0.1}\n  b: {kind: scscf, address: "
                     "127.0.0.1}\n")
              .find("127.0.0.1:3868, which 'a' has") != std::string::npos);
    CHECK(mistake_in("nodes:\n  a: {kind: icscf, address: 127.0.0.1}\n  a: {kind: icscf, address: "
                     "127.0.0.2}\n")
              .find("'a' a second time") != std::string::npos);
    CHECK(mistake_in("nodes: [\n").starts_with("t.yaml:"));
    CHECK(mistake_in("nodes:\n  i: {kind: icscf, address: 127.0.0.1}\nsubscribers: nowhere.xml\n")
              .starts_with("t.yaml:3:14: found 'nowhere.xml'"));
    CHECK(mistake_in("nodes:\n  i: {kind: icscf, address: 127.0.0.1, database: a.sqlite}\n")
              .find("expected one for an HSS or an application server") != std::string::npos);
    CHECK(mistake_in("nodes:\n  h: {kind: hss, address: 127.0.0.1, database: "
                     "\"postgresql://u:hush@db/x\"}\n")
              .find("PGPASSWORD") != std::string::npos);
    CHECK(mistake_in("nodes:\n  s: {kind: scscf, address: 127.0.0.1, weight: 1}\n")
              .find("found a weight at a scscf, expected one at an I-CSCF") != std::string::npos);
    for (const auto* weight : {"-1", "heavy", "65536", "1.5", "[1]"}) {
        CHECK(mistake_in("nodes:\n  i: {kind: icscf, address: 127.0.0.1, weight: " +
                         std::string(weight) + "}\n")
                  .find("expected a number from 0 to 65535") != std::string::npos);
    }
    CHECK(mistake_in("") == "t.yaml:1:1: found nothing, expected a map with nodes");
}

TEST_CASE("the topologies that come with the lab have no mistakes") {
    for (const auto* name : {"core", "short-timers", "two-scscf", "roaming", "shared"}) {
        const auto topology = Topology::load(
            std::string(IMSLAB_SOURCE_DIR "/scenarios/topologies/") + name + ".yaml");
        INFO(name);
        INFO((topology ? "" : topology.error().front().to_string()));
        CHECK(topology.has_value());
    }
}
