// What is wrong with a topology beyond its words, at its place in the file.
#include "lab/topology_check.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "lab/run.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

Topology topology_of(const std::string& file) {
    auto topology = Topology::load(file);
    if (!topology) FAIL(topology.error().front().to_string());
    return std::move(*topology);
}

std::string text_of(const std::vector<Mistake>& mistakes) {
    std::string text;
    for (const auto& mistake : mistakes) text += mistake.to_string() + "\n";
    return text;
}

}  // namespace

TEST_CASE("a phone whose subscriber is not in the file is a mistake at its place") {
    const OwnPlace place;
    auto yaml = content_of(place.topology);
    yaml += "  nobody: {address: 127.9.9.9, subscriber: \"00101000000099\", pcscf: pcscf}\n";
    const auto file = place.write("nobody.yaml", yaml);
    const auto line = std::to_string(std::count(yaml.begin(), yaml.end(), '\n'));
    const auto said = text_of(mistakes_in_network(topology_of(file)));
    INFO(said);
    CHECK(said.find(file + ":" + line +
                    ":44: found no subscriber '00101000000099' in the "
                    "subscriber file, expected one of those in ") == 0);
}

TEST_CASE("nodes that ask an HSS need one of their home") {
    const OwnPlace place;
    const auto file =
        place.write("no-hss.yaml",
                    "nodes:\n"
                    "  icscf: {kind: icscf, address: 127.9.2.1}\n"
                    "  scscf: {kind: scscf, address: 127.9.3.1}\n"
                    "  hss: {kind: hss, address: 127.9.4.1, home: elsewhere.example}\n");
    const auto said = text_of(mistakes_in_network(topology_of(file)));
    INFO(said);
    CHECK(said.find(file + ":2:3: found no HSS of ims.mnc001.mcc001.3gppnetwork.org for I-CSCF to "
                           "ask, expected a node of kind hss with that home\n") == 0);
    CHECK(said.find(file + ":3:3: found no HSS of ") != std::string::npos);
}

TEST_CASE("settings that a node would not start with are told by the node, at their place") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    const OwnPlace place;
    const auto file = place.write(
        "wrong.yaml",
        "nodes:\n"
        "  pcscf: {kind: pcscf, addresses: {Gm: 127.9.1.1, Mw: 127.9.1.2}, timers: {t1: fast}}\n"
        "  scscf:\n"
        "    kind: scscf\n"
        "    address: 127.9.3.1\n"
        "    settings:\n"
        "      max_pendin: 3\n"
        "  icscf: {kind: icscf, address: 127.9.2.1, settings: {max_pending: many}}\n"
        "  hss: {kind: hss, address: 127.9.4.1, settings: {database_connections: 0}}\n");
    const auto said = text_of(mistakes_in_settings(topology_of(file)));
    INFO(said);
    CHECK(said.find(file + ":2:76: found the setting timers.t1, which is not known, expected one "
                           "of: t1_ms") != std::string::npos);
    CHECK(said.find(file + ":7:7: found the setting max_pendin, which is not known, expected one "
                           "of: ") != std::string::npos);
    CHECK(said.find(file + ":8:68: found the setting max_pending, which is \"many\", expected a "
                           "whole number") != std::string::npos);
    CHECK(said.find(file + ":9:73: found the setting database_connections, which is 0, expected 1 "
                           "at least") != std::string::npos);
}

TEST_CASE("no topology of ours has a mistake") {
    for (const auto& entry : fs::directory_iterator(IMSLAB_SOURCE_DIR "/scenarios/topologies")) {
        if (entry.path().extension() != ".yaml") continue;
        INFO(entry.path().string());
        const auto topology = topology_of(entry.path().string());
        CHECK(text_of(mistakes_in_network(topology)) == "");
        CHECK(text_of(mistakes_in_settings(topology)) == "");
    }
}

TEST_CASE("no scenario of ours has a mistake") {
    const auto files = scenario_files(IMSLAB_SOURCE_DIR);
    CHECK(files.size() > 100);
    for (const auto& file : files) {
        const auto prepared = prepare_scenarios(file, {});
        CHECK(text_of(prepared ? std::vector<Mistake>{} : prepared.error()) == "");
    }
}
