// `imslab run` while `imslab up` runs, with real processes: the scenarios are played on that lab,
// and their verdicts are those of a lab of the run's own.
#include <nlohmann/json.hpp>

#include "tests/unit/lab/lab_process.h"

using namespace imslab::lab::test;

namespace {

// What a verdict depends on; times differ.
std::string verdicts(const OwnPlace& place) {
    const auto facts = nlohmann::json::parse(content_of(place.out + "/latest/run.json"));
    std::string text;
    for (const auto& scenario : facts.at("scenarios")) {
        text += scenario.at("scenario").get<std::string>() +
                (scenario.at("passed").get<bool>() ? " passed " : " failed ") +
                scenario.at("messages").dump() + " " + scenario.at("reason").get<std::string>() +
                "\n";
    }
    return text;
}

}  // namespace

TEST_CASE("a run plays on the lab that is up; twice the same scenario, twice the same verdict") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    const OwnPlace place;
    const std::string scenarios = "REG-001 REG-002 REG-003";
    const auto alone = place.run(scenarios);
    INFO(alone.text);
    REQUIRE(alone.status == 0);
    const auto expected = verdicts(place);
    const auto facts = nlohmann::json::parse(content_of(place.out + "/latest/run.json"));
    for (const auto* component : {"imslab", "SIPp", "freeDiameter", "kernel"}) {
        INFO(component);
        CHECK(facts.at("versions").at(component).get<std::string>().size() > 2);
    }

    const Up up(place);
    for (int time = 0; time < 2; ++time) {
        const auto said = place.run(scenarios);
        INFO(said.text);
        CHECK(said.status == 0);
        CHECK(verdicts(place) == expected);
    }
}

TEST_CASE("a failing scenario fails on the lab that is up, with the sentence it always has") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    const OwnPlace place;
    auto scenario = content_of(
        IMSLAB_SOURCE_DIR "/scenarios/registration/REG-001-initial-registration-with-ims-aka.md");
    REQUIRE_FALSE(scenario.empty());
    const std::string last = "    P-CSCF-->>alice: 200\n";
    OwnPlace::replace(
        scenario,
        last + "```",
        last + "    alice->>P-CSCF: OPTIONS\n    P-CSCF-->>alice: 200 (OPTIONS)\n```");
    OwnPlace::replace(scenario, "REG-001", "OWN-001");
    const auto file = place.write("OWN-001-never-comes.md", scenario);
    const auto alone = place.run(file);
    CHECK(alone.status == 1);
    CHECK(alone.has("again: imslab run " + file + " --topology " + place.topology + " --seed 1"));
    const auto expected = verdicts(place);
    const Up up(place);
    CHECK(place.run(file).status == 1);
    CHECK(verdicts(place) == expected);
}

TEST_CASE("what a scenario stops and kills belongs to the lab that is up, which survives it") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    const OwnPlace place;
    auto scenario = content_of(
        IMSLAB_SOURCE_DIR "/scenarios/registration/REG-001-initial-registration-with-ims-aka.md");
    OwnPlace::replace(scenario, "REG-001", "OWN-002");
    OwnPlace::replace(scenario,
                      "1. `alice register`",
                      "1. `kill scscf`\n2. `start scscf`\n3. `stop icscf`\n4. `start icscf`\n5. "
                      "`alice register`");
    const auto file = place.write("OWN-002-restarted.md", scenario);
    const Up up(place);
    const auto said = place.run(file);
    INFO(said.text);
    CHECK(said.status == 0);
    CHECK(place.run("REG-001").status == 0);
    CHECK(run_imslab("state scscf --out " + place.out).status == 0);
}

TEST_CASE("the subscribers of the lab that is up are its own again when the run has ended") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    const OwnPlace place;
    const Up up(place);
    const auto out = " --out " + place.out;
    REQUIRE(run_imslab("subscriber add 001010000000099 --k 465b5ce8b199b49faa5f0a2ee238a6bc --op "
                       "cdc202d5123e20f62b6d676ac72cb318 --public "
                       "sip:zoe@ims.mnc001.mcc001.3gppnetwork.org" +
                       out)
                .status == 0);
    CHECK(place.run("REG-001").status == 0);
    CHECK(run_imslab("subscriber list" + out).has("zoe@"));
}

TEST_CASE(
    "another topology than that of the lab that is up: a sentence with the remedy, status 2") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    const OwnPlace place;
    const Up up(place);
    const auto said = run_imslab("run REG-001 --out " + place.out);
    INFO(said.text);
    CHECK(said.status == 2);
    CHECK(said.has("the lab that is up runs " + place.topology + ", REG-001 needs "));
    CHECK(said.has("end that `imslab up`"));

    std::ofstream(place.topology, std::ios::app) << "# edited\n";
    const auto changed = place.run("REG-001");
    CHECK(changed.status == 2);
    CHECK(changed.has("has changed since the lab that is up was started"));
}
