// What a run leaves behind: HTML report, junit.xml, and a capture.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lab/observation.h"
#include "lab/scenario.h"
#include "lab/verdict.h"

namespace imslab::lab {

// One scenario's run. `error` not empty: it was not played to its end.
struct ScenarioRun {
    Scenario scenario;
    Observation observation;
    Verdict verdict;
    std::string error;
    // False: its first step was never reached, or somebody interrupted it. What did not come then
    // says nothing, and there is no verdict.
    bool judged = true;
    bool interrupted = false;
    double seconds = 0;
    std::string rerun;              // the command that runs it again
    std::string capture;            // path relative to the report, or empty
    std::vector<std::string> logs;  // paths relative to the report

    bool passed() const { return error.empty() && verdict.passed; }
};

// What it takes to repeat the run.
struct RunFacts {
    std::string command, started;  // "imslab run", "2026-11-21T04:30:00Z"
    std::uint64_t seed = 0;
    std::vector<std::pair<std::string, std::string>> versions;  // component, version; kernel
    std::vector<std::string> not_run;  // scenarios for which there was no time: it was interrupted
};

// "; interrupted in MSG-205, 12 more not run"; empty: nobody interrupted it.
std::string what_was_not_run(const std::vector<ScenarioRun>& runs,
                             const std::vector<std::string>& not_run);

std::string html_report(const std::vector<ScenarioRun>& runs,
                        const RunFacts& facts);  // one self-contained file
std::string junit_xml(const std::vector<ScenarioRun>& runs, const RunFacts& facts);

}  // namespace imslab::lab
