// `imslab run`: each scenario on a lab just started, judged, and everything kept that it takes to
// understand and to repeat it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lab/lab.h"
#include "lab/procedure.h"
#include "lab/report.h"
#include "lab/scenario.h"
#include "lab/topology.h"

namespace imslab::lab {

// A scenario that has been checked: all its commands can be read.
struct PreparedScenario {
    Scenario scenario;
    Topology topology;
    std::vector<Command> preconditions, steps;
    std::vector<std::string> step_texts;  // beside `steps`
};

// Where scenarios lie; each selector is an ID, a folder, a file or a tag; none: all. In order of
// their IDs.
std::vector<std::string> scenario_files(const std::string& root);
struct Selection {
    std::vector<PreparedScenario> scenarios;
    std::vector<Mistake> mistakes;
    std::vector<std::string> unknown;      // selectors that fit nothing
    std::vector<std::string> not_written;  // IDs of those that are not written for that topology
};
Selection select(const std::vector<std::string>& selectors, const std::string& topology_override);
// One file, with its topologies and its commands read: the scenario on each network that it is
// written for; with an override on that one alone, and none if it is not written for it.
Checked<std::vector<PreparedScenario>> prepare_scenarios(const std::string& file,
                                                         const std::string& topology_override);

// Leaves out what a scenario is also written for and what cannot be played, and says why: the
// network of the lab that is up is another; `why_no_plain_sip` is not empty. Empty: nothing to say.
std::string leave_out_other_networks(std::vector<PreparedScenario>& scenarios,
                                     const std::string& running_topology,
                                     const std::string& why_no_plain_sip);

struct RunOptions {
    std::string out = "out";  // each run is a folder in it, `latest` leads to the last
    std::string folder;       // of the run; empty: a new one in `out`
    std::string topology;     // instead of those that the scenarios name
    std::string host;         // of every CSCF: asio or kamailio; empty: as the topology says
    std::string stock;        // CSCFs that Kamailio's own IMS modules play, by name or kind
    std::uint64_t seed = 1;
    bool keep = false;  // the lab of the last scenario stays until Ctrl-C
    bool verbose = false;
    std::string log_level = "info";
    std::string command;  // as typed
};

class Run {
public:
    Run(RunOptions options, std::unique_ptr<Lab> lab);

    const std::string& folder() const { return folder_; }  // out/<run>
    ScenarioRun play(const PreparedScenario& prepared);
    // report.html, junit.xml, run.json, out/latest. `not_run`: scenarios that were to come when it
    // was interrupted. A sentence if that fails.
    std::string finish(const std::vector<ScenarioRun>& runs,
                       const std::vector<std::string>& not_run = {});
    const RunFacts& facts() const { return facts_; }

private:
    RunOptions options_;
    std::unique_ptr<Lab> lab_;
    std::string folder_;
    RunFacts facts_;
};

// A folder in `out` that nobody has yet, named after the time: out/20261121-043000-matrix. Made.
std::string new_run_folder(const std::string& out, const std::string& kind);

// imslab, SIPp, freeDiameter, …, kernel.
std::vector<std::pair<std::string, std::string>> component_versions();

}  // namespace imslab::lab
