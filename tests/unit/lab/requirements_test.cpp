// What is missing on the machine is said before anything is started, and is no verdict; nor is what
// somebody interrupted.
#include "lab/requirements.h"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/unit/lab/lab_process.h"
#include "tests/unit/lab/registration_run.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

// A machine on which none of the programs is installed that a run may need.
class BareMachine {
public:
    BareMachine() : path_(getenv("PATH")) { setenv("PATH", "/nowhere", 1); }
    ~BareMachine() { setenv("PATH", path_.c_str(), 1); }
    BareMachine(const BareMachine&) = delete;
    BareMachine& operator=(const BareMachine&) = delete;

private:
    std::string path_;
};

PreparedScenario prepared(const std::string& file) {
    auto scenarios = prepare_scenarios(IMSLAB_SOURCE_DIR "/scenarios/" + file, {});
    if (!scenarios) FAIL(scenarios.error().front().to_string());
    return scenarios->front();
}

ScenarioRun interrupted_run() {
    ScenarioRun run;
    run.scenario = *parse_scenario("reg.md", registration_scenario());
    run.observation = RegistrationRun{}.record().observation();
    run.error = "interrupted";
    run.interrupted = true;
    run.judged = false;
    return run;
}

}  // namespace

TEST_CASE("a scenario whose devices SIPp plays needs it, one of our own UEs does not") {
    const auto call = prepared("session/SES-002-the-callee-is-busy.md");
    const auto registration = prepared("registration/REG-001-initial-registration-with-ims-aka.md");
    const BareMachine machine;
    CHECK(what_is_missing(call) ==
          "SIPp is missing; `sudo apt-get install sip-tester` installs it");
    CHECK(what_is_missing(registration).empty());
}

TEST_CASE("without SIPp a call is refused like a mistake, and nothing is started") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    const OwnPlace place;
    const BareMachine machine;
    const auto said = place.run("SES-002");
    INFO(said.text);
    CHECK(said.status == 2);
    CHECK(said.has("SIPp is missing"));
    CHECK_FALSE(said.has("never came"));
    CHECK_FALSE(fs::exists(place.out + "/latest"));
}

TEST_CASE("where a run cannot be kept, it is said before it is played") {
    const OwnPlace place;
    const auto file = place.write("file", "");
    CHECK(why_not_kept_in(place.folder + "/new/folder").empty());
    const auto problem = why_not_kept_in(file + "/out");
    INFO(problem);
    CHECK(problem.find("the run cannot be kept in '" + file + "/out': ") == 0);
    CHECK(problem.find("--out") != std::string::npos);
}

TEST_CASE("an interrupted scenario is neither passed nor failed, and those after it are told") {
    const std::vector<ScenarioRun> runs{interrupted_run()};
    RunFacts facts;
    facts.not_run = {"REG-002", "REG-003"};
    CHECK(what_was_not_run(runs, facts.not_run) == "; interrupted in REG-001, 2 more not run");
    CHECK(what_was_not_run({}, {}).empty());
    const auto junit = junit_xml(runs, facts);
    INFO(junit);
    CHECK(junit.find("tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"3\"") != std::string::npos);
    CHECK(junit.find("<skipped message=\"interrupted\"/>") != std::string::npos);
    const auto page = html_report(runs, facts);
    CHECK(page.find("<b>0</b> of <b>0</b> scenarios passed; interrupted in REG-001, 2 more not "
                    "run") != std::string::npos);
    CHECK(page.find("badge interrupted") != std::string::npos);
}

TEST_CASE("a run that is interrupted judges nothing that was not played to its end") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    const OwnPlace place;
    const Interrupted run(place,
                          {"REG-001", "REG-003", "REG-004", "REG-005", "REG-006", "REG-007"});
    INFO(run.text);
    CHECK(run.status == 1);
    CHECK(run.text.find("FAILED") == std::string::npos);
    CHECK(run.text.find("never came") == std::string::npos);
    CHECK(run.text.find("more not run") != std::string::npos);
}
