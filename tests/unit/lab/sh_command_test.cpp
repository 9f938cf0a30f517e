// What a procedure says to an application server on Sh, and where such a node stands in a network.
#include <catch2/catch_test_macros.hpp>

#include "lab/network.h"
#include "lab/node_config.h"
#include "lab/procedure.h"

using namespace imslab;
using namespace imslab::lab;

namespace {

const Topology& topology() {
    static const Topology sh = *Topology::parse(R"(nodes:
  hss: {kind: hss, address: 127.1.4.1}
  pcscf: {kind: pcscf, addresses: {Gm: 127.1.1.1, Mw: 127.1.1.2}}
  as1: {kind: sh_client, address: 127.1.10.1, label: AS1}
ues:
  alice: {address: 127.1.100.1}
)",
                                                "t.yaml");
    return sh;
}

std::string mistake(const std::string& text) {
    const auto commands = parse_command(text, topology());
    if (commands) return "";
    const auto& error = commands.error();
    return std::to_string(error.column) + ": found " + error.found + ", expected " + error.expected;
}

}  // namespace

TEST_CASE("an application server is told what to ask, a UE by its name") {
    const auto commands =
        parse_command("as1 pull alice RepositoryData,MSISDN service=a", topology());
    REQUIRE(commands);
    const auto& command = std::get<ShCommand>(commands->front());
    CHECK(command.node == "as1");
    CHECK(command.line == "pull alice RepositoryData,MSISDN service=a");
    CHECK(with_identity(command.line, "alice", "sip:alice@home") ==
          "pull sip:alice@home RepositoryData,MSISDN service=a");
    CHECK(with_identity("pull sip:bob@home MSISDN", "alice", "x") == "pull sip:bob@home MSISDN");
    CHECK(std::get<ImportCommand>(parse_command("hss imports a.xml", topology())->front()).file ==
          "a.xml");
}

TEST_CASE("what is wrong in it is told by its column") {
    CHECK(mistake("as1 pull alice Weather").starts_with("16: found 'Weather', expected a data"));
    CHECK(mistake("as1 pull zoe MSISDN").starts_with("10: found 'zoe', expected a user"));
    CHECK(mistake("as1 push alice MSISDN").starts_with("5: found 'push', expected pull"));
    CHECK(mistake("as1 update alice DSAI tag=a").find("expected active=yes") != std::string::npos);
}

TEST_CASE("a node of kind sh_client is an AS that the HSS lets in") {
    const auto network = network_of(topology());
    const auto as1 = network.named("AS1");
    REQUIRE(as1);
    CHECK(network[*as1].kind == "as");
    CHECK(reference_point_between("as", "hss", true) == "Sh");
    const auto hss = node_config(topology(), *topology().node("hss"), {});
    CHECK(hss["diameter"]["peers"][0]["identity"] == topology().node("as1")->host);
    CHECK(hss["diameter"]["peers"][0]["address"] == "127.1.10.1:3868");
    const auto server = node_config(topology(), *topology().node("as1"), {});
    CHECK(server["diameter"]["peers"][0]["address"] == "127.1.4.1:3868");
}
