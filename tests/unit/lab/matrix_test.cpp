// Who conforms: whose message a departure is, and how the matrix is told.
#include "lab/matrix.h"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "lab/kamailio.h"
#include "lab/stock.h"
#include "lab/wiretap.h"
#include "tests/unit/lab/lab_process.h"
#include "tests/unit/lab/registration_run.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

ScenarioRun spoiled_run() {
    RegistrationRun registration;
    registration.challenge_to_ue =
        "WWW-Authenticate: Digest realm=\"home\", "
        "nonce=\"cnJycnJycnJycnJycnJycnJycnJycnJycnJycnJycnI=\", algorithm=AKAv1-MD5, "
        "ck=\"63\"\r\n";
    ScenarioRun run;
    run.scenario = *parse_scenario("reg.md", registration_scenario());
    run.observation = registration.record().observation();
    run.verdict = judge(run.scenario, run.observation);
    return run;
}

Topology core(const std::string& stock) {
    auto topology = *Topology::load(IMSLAB_SOURCE_DIR "/scenarios/topologies/core.yaml");
    if (!stock.empty()) REQUIRE(play_by_stock(topology, stock).empty());
    return topology;
}

Matrix small_matrix() {
    const Departure keys{"TS 24.229 §5.2.2.2", "P-CSCF (theirs)", "with `ck` <still> in it"};
    MatrixCell passed{true, {}, {}, "ours/report.html#REG-001"};
    MatrixCell failed{false, {}, {keys}, "their-pcscf/report.html#REG-001"};
    MatrixCell silent{false, "theirs says nothing", {}, {}};
    return {"out/matrix",
            {{"REG-001", "Initial registration", {passed, failed, passed, passed, failed}},
             {"REG-012", "Expiry", {passed, passed, passed, silent, silent}}}};
}

}  // namespace

TEST_CASE("a departure is that of who sent the message, theirs or ours, with its clause") {
    const auto run = spoiled_run();
    REQUIRE_FALSE(run.passed());
    for (const auto& [stock, who] :
         {std::pair("pcscf", "P-CSCF (theirs)"), std::pair("scscf", "P-CSCF (ours)")}) {
        const auto departures = departures_of(run, core(stock));
        const auto found =
            std::find_if(departures.begin(), departures.end(), [](const Departure& departure) {
                return departure.clause == "TS 24.229 §5.2.2.2";
            });
        REQUIRE(found != departures.end());
        CHECK(found->who == who);
        CHECK(found->sentence.find("`ck`") != std::string::npos);
        CHECK(found->to_string().find("TS 24.229 §5.2.2.2: ") == 0);
    }
}

TEST_CASE("what is missing all the way is told as what its first sender did") {
    auto run = spoiled_run();
    auto check = parse_check("has `Authentication-Info`");
    auto message = parse_selector("401 P-CSCF→alice");
    REQUIRE(check);
    REQUIRE(message);
    run.scenario.criteria = {{std::move(*message), std::move(*check), "RFC 3261 §8.2.6.2"}};
    run.verdict = judge(run.scenario, run.observation);
    const auto departures = departures_of(run, core("scscf"));
    const auto found =
        std::find_if(departures.begin(), departures.end(), [](const Departure& departure) {
            return departure.clause == "RFC 3261 §8.2.6.2";
        });
    REQUIRE(found != departures.end());
    CHECK(found->who == "S-CSCF (theirs)");
    CHECK(
        found->sentence ==
        "The S-CSCF sent the 401 to the REGISTER without `Authentication-Info`; RFC 3261 §8.2.6.2 "
        "has it there.");
}

TEST_CASE("a run that failed to be played says why") {
    auto run = spoiled_run();
    run.error = "scscf died";
    CHECK(departures_of(run, core("")).front() == Departure{{}, {}, "scscf died"});
}

TEST_CASE("each departure is told once, with the casts and scenarios in which it was seen") {
    const auto text = departures_text(small_matrix());
    INFO(text);
    CHECK(text.find("- TS 24.229 §5.2.2.2: P-CSCF (theirs): with `ck` <still> in it\n"
                    "    their P: REG-001; all theirs: REG-001\n") == 0);
    CHECK(text.find("says nothing: REG-012") != std::string::npos);
}

TEST_CASE("the matrix as JSON and as a page") {
    const auto matrix = small_matrix();
    CHECK_FALSE(matrix.all_passed());
    const auto json = nlohmann::json::parse(matrix_json(matrix));
    CHECK(json["passed"] == false);
    CHECK(json["scenarios"][0]["cells"][1]["stock"] == "pcscf");
    CHECK(json["scenarios"][0]["cells"][1]["departures"][0]["clause"] == "TS 24.229 §5.2.2.2");
    CHECK(json["scenarios"][1]["cells"][3]["not_played"] == "theirs says nothing");
    CHECK_FALSE(json["scenarios"][1]["cells"][3].contains("passed"));
    const auto page = html_matrix(matrix, {});
    CHECK(page.find("href=\"their-pcscf/report.html#REG-001\"") != std::string::npos);
    CHECK(page.find("&lt;still&gt;") != std::string::npos);
    CHECK(page.find("not played") != std::string::npos);
}

TEST_CASE("one scenario is played with every cast, and each leaves a report") {
    if (!nodes_are_built() || kamailio_program().empty() || !Wiretap::why_not().empty())
        SKIP("the nodes are not built, no Kamailio, or the wire may not be listened to");
    const OwnPlace place;
    const auto said = place.run("REG-006 --matrix --json");
    INFO(said.text);
    const auto result = nlohmann::json::parse(said.text, nullptr, false);
    REQUIRE(result.is_object());
    const auto& cells = result["scenarios"][0]["cells"];
    REQUIRE(cells.size() == casts().size());
    for (const auto& cell : cells) CHECK(cell["passed"] == true);
    const auto folder = result["folder"].get<std::string>();
    CHECK(fs::exists(folder + "/matrix.html"));
    CHECK(fs::exists(folder + "/all-theirs/report.html"));
    CHECK(said.status == 0);
}

TEST_CASE("a matrix in which all that was played passed, passed") {
    auto matrix = small_matrix();
    matrix.rows.erase(matrix.rows.begin());
    CHECK(matrix.all_passed());
}
