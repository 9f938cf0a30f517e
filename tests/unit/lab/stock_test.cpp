// Configurations for Kamailio as somebody else's node: what of the topology is in them, and who can
// be played by it.
#include "lab/stock.h"

#include <catch2/catch_test_macros.hpp>

#include "lab/kamailio.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

Topology core() { return *Topology::load(IMSLAB_SOURCE_DIR "/scenarios/topologies/core.yaml"); }

// What the node is started with, its files in the folder of the test.
std::string config_of(const Topology& topology, const std::string& node, const OwnPlace& place) {
    NodeOptions options;
    options.folder = place.folder;
    const auto start = start_stock(topology, *topology.node(node), options);
    REQUIRE(start);
    CHECK(start->arguments.front().ends_with("kamailio"));
    return content_of(place.folder + "/" + node + ".cfg");
}

bool is_in(const std::string& text, const std::string& what) {
    return text.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("nodes are played by name, by kind, or all; nobody else is") {
    auto topology = core();
    CHECK(
        play_by_stock(topology, "scscf,P-CSCF") ==
        "no CSCF 'P-CSCF' in the topology core; give names or kinds (pcscf, icscf, scscf), or all");
    topology = core();
    CHECK(play_by_stock(topology, "scscf").empty());
    CHECK(topology.node("scscf")->is_stock());
    CHECK_FALSE(topology.node("pcscf")->is_stock());
    CHECK(play_by_stock(topology, "all").empty());
    CHECK(topology.node("pcscf")->is_stock());
    CHECK_FALSE(topology.node("hss")->is_stock());
    CHECK(play_by_stock(topology, "hss") != "");
}

TEST_CASE("a configuration has the node's addresses, the names it must know, and its HSS") {
    if (kamailio_program().empty()) SKIP("no Kamailio");
    const OwnPlace place;
    auto topology = core();
    REQUIRE(play_by_stock(topology, "all").empty());
    const auto pcscf = config_of(topology, "pcscf", place);
    CHECK(is_in(pcscf, "!GM_ADDRESS!127.1.1.1:5060!g"));
    CHECK(is_in(pcscf, "!MW_ADDRESS!127.1.1.2:5060!g"));
    CHECK(is_in(pcscf, "dns.add_a"));
    CHECK(is_in(pcscf, R"(\"icscf.ims.mnc001.mcc001.3gppnetwork.org\",86400,\"127.1.2.1\")") !=
          is_in(pcscf, R"("icscf.ims.mnc001.mcc001.3gppnetwork.org",86400,"127.1.2.1")"));
    CHECK_FALSE(is_in(pcscf, "cdp_check_peer"));

    const auto icscf = config_of(topology, "icscf", place);
    CHECK(is_in(icscf, "cdp_check_peer(\"127.1.4.1\")"));
    const auto peer = content_of(place.folder + "/icscf/diameter.xml");
    CHECK(is_in(peer, "<Peer FQDN=\"127.1.4.1\""));
    CHECK(is_in(peer, "src_addr=\"127.1.2.1\""));
    const auto serving = content_of(place.folder + "/icscf/s_cscf");
    CHECK(is_in(serving, "1:scscf:sip\\:scscf.ims.mnc001.mcc001.3gppnetwork.org\\:5060"));
}

TEST_CASE("capabilities of S-CSCFs are in the I-CSCF's list") {
    if (kamailio_program().empty()) SKIP("no Kamailio");
    const OwnPlace place;
    auto topology = *Topology::load(IMSLAB_SOURCE_DIR "/scenarios/topologies/two-scscf.yaml");
    REQUIRE(play_by_stock(topology, "icscf").empty());
    config_of(topology, "icscf", place);
    CHECK(content_of(place.folder + "/icscf/s_cscf_capabilities") ==
          "id(int) id_s_cscf(int) capability(int)\n1:1:1\n2:2:2\n");
}

TEST_CASE("a registrar of plain SIP has no HSS, and the subscribers in files of its own") {
    if (kamailio_program().empty()) SKIP("no Kamailio");
    const OwnPlace place;
    const auto topology = *Topology::load(IMSLAB_SOURCE_DIR "/scenarios/topologies/plain-sip.yaml");
    const auto config = config_of(topology, "proxy", place);
    CHECK(is_in(config, "!SIP_ADDRESS!127.1.6.1:5060!g"));
    CHECK_FALSE(is_in(config, "cdp"));
    CHECK(is_in(config, "route[SERVICES]"));
    CHECK(is_in(content_of(place.folder + "/proxy/subscriber"), ":001010000000002:ims."));
    CHECK(is_in(content_of(place.folder + "/proxy/identities"), "sip\\:erin@"));
}
