// The expected flow beside the observed one: rows that belong together, and where the two part.
#include "lab/flow_alignment.h"

#include <catch2/catch_test_macros.hpp>

#include "lab/ladder.h"
#include "lab/report.h"
#include "lab/text_canvas.h"
#include "tests/unit/lab/registration_run.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

struct Judged {
    explicit Judged(const RegistrationRun& run)
        : scenario(*parse_scenario("reg.md", registration_scenario())),
          observation(run.record().observation()),
          verdict(judge(scenario, observation)) {}

    std::vector<FlowRow> rows() const {
        return align_flow(scenario.flow, observation, verdict, false);
    }

    Scenario scenario;
    Observation observation;
    Verdict verdict;
};

RegistrationRun cut_short() {
    RegistrationRun run;
    run.maa_missing = true;
    return run;
}

std::size_t widest_line(const std::string& text) {
    std::size_t widest = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        widest = std::max(widest, visible_width(std::string_view(text).substr(at, end - at)));
        at = end + 1;
    }
    return widest;
}

}  // namespace

TEST_CASE("given a run as drawn, each row has both sides and nothing differs") {
    const Judged judged{RegistrationRun{}};
    const auto rows = judged.rows();
    CHECK(rows.size() == judged.scenario.flow.arrow_count);
    for (const auto& row : rows) {
        CHECK(row.arrow != nullptr);
        CHECK(row.message != nullptr);
        CHECK_FALSE(row.differs);
    }
}

TEST_CASE("given a message is missing, its row has the drawn side alone and differs") {
    const Judged judged{cut_short()};
    REQUIRE(judged.verdict.flow.difference);
    std::size_t differing = 0;
    for (const auto& row : judged.rows()) differing += row.differs ? 1 : 0;
    CHECK(differing >= 1);
}

TEST_CASE("without a wish for the whole, what lies around the difference is shown") {
    const Judged judged{cut_short()};
    LadderStyle style;
    style.width = 220;
    const auto part =
        explain_failure(judged.scenario, judged.observation, judged.verdict, style, false);
    const auto whole =
        explain_failure(judged.scenario, judged.observation, judged.verdict, style, true);
    INFO(part);
    INFO(whole);
    CHECK(part.size() <= whole.size());
    CHECK(part.find(judged.verdict.sentence) == 0);
    CHECK(whole.find("more row") == std::string::npos);
    CHECK(part.find("━╋━") != std::string::npos);
}

TEST_CASE("the two ladders stand beside each other where the terminal is wide enough") {
    const Judged judged{cut_short()};
    LadderStyle style;
    for (const std::size_t width : {80UL, 100UL, 120UL, 160UL, 200UL, 240UL}) {
        style.width = width;
        const auto text =
            explain_failure(judged.scenario, judged.observation, judged.verdict, style, true);
        INFO(width << "\n" << text);
        const bool beside = text.find(" ┃ Observed") != std::string::npos;
        CHECK(beside == (width >= 160));
        if (beside)
            CHECK(widest_line(text) <= width + 26);  // the result of an answer may stick out
        CHECK(text.find("Expected") != std::string::npos);
        CHECK(text.find("Observed") != std::string::npos);
    }
}

TEST_CASE("the report shows both sides of a difference in one grid") {
    const Judged judged{cut_short()};
    ScenarioRun run;
    run.scenario = judged.scenario;
    run.observation = judged.observation;
    run.verdict = judged.verdict;
    const auto page = html_report({run}, {});
    CHECK(page.find("class=\"ladder pair\"") != std::string::npos);
    CHECK(page.find("<h4>Expected</h4>") != std::string::npos);
    CHECK(page.find(" wrong\"") != std::string::npos);
}
