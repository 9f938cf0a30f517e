// Scenarios times casts: a verdict for each cell, and below it what failed and whose message it
// was.
#include "lab/matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "lab/interrupt.h"
#include "lab/stock.h"
#include "lab/terminal.h"

namespace imslab::lab {

namespace {

struct Cast {
    const char *name, *stock;  // as the table has it, and as --stock does
};
constexpr Cast kCasts[] = {{"ours", ""},
                           {"their P", "pcscf"},
                           {"their I", "icscf"},
                           {"their S", "scscf"},
                           {"all theirs", "all"}};

struct Cell {
    bool played = false, passed = false;
    std::vector<std::string> departures;
};

// Who said it: theirs or ours.
std::string whose(const Topology& topology, const Participant& sender) {
    const auto* node = topology.node(sender.id);
    return sender.name + (!node ? "" : node->is_stock() ? " (theirs)" : " (ours)");
}

std::vector<std::string> departures_of(const ScenarioRun& run, const Topology& topology) {
    std::vector<std::string> all;
    const auto add = [&](const std::string& sentence) {
        if (std::find(all.begin(), all.end(), sentence) == all.end()) all.push_back(sentence);
    };
    if (!run.error.empty()) add(run.error);
    if (run.verdict.flow.difference) add(run.verdict.flow.difference->sentence);
    const auto& seen = run.observation;
    for (const auto& finding : run.verdict.findings) {
        if (!finding.departure.empty() || finding.message >= seen.messages.size()) continue;
        const auto& message = seen.messages[finding.message];
        add(fmt::format("{}: {} of the {}: {}",
                        finding.clause,
                        message.label,
                        whose(topology, seen.network[message.from]),
                        finding.sentence));
    }
    for (const auto& result : run.verdict.criteria) {
        if (!result.holds && !result.sentence.empty()) {
            const auto& criterion = run.scenario.criteria[result.criterion];
            add(criterion.reference + ": " + result.sentence);
        }
    }
    return all;
}

Cell play(Run& run, PreparedScenario prepared, const Cast& cast) {
    Cell cell;
    if (const auto problem = play_by_stock(prepared.topology, cast.stock); !problem.empty()) {
        cell.departures.push_back(problem);
        return cell;
    }
    const auto done = run.play(prepared);
    cell.played = true;
    cell.passed = done.passed();
    if (!cell.passed) cell.departures = departures_of(done, prepared.topology);
    return cell;
}

}  // namespace

bool run_matrix(const RunOptions& options, const std::vector<PreparedScenario>& scenarios) {
    const auto terminal = Terminal::of_output();
    std::vector<std::unique_ptr<Run>> runs;
    std::string heading = fmt::format("{:<9} {:<48}", "scenario", "");
    for (const auto& cast : kCasts) {
        auto own = options;
        own.stock = cast.stock;
        runs.push_back(std::make_unique<Run>(own, lab_of_our_own()));
        heading += fmt::format(" {:<10}", cast.name);
    }
    fmt::print("{}\n", terminal.bold(heading));
    std::vector<std::pair<std::string, Cell>> failed;
    for (const auto& prepared : scenarios) {
        fmt::print("{:<9} {:<48}", prepared.scenario.id, prepared.scenario.title.substr(0, 48));
        for (std::size_t i = 0; i < runs.size() && !Interrupt::happened(); ++i) {
            const auto cell = play(*runs[i], prepared, kCasts[i]);
            const std::string word = fmt::format(" {:<10}", cell.passed ? "passed" : "FAILED");
            fmt::print("{}", cell.passed ? terminal.green(word) : terminal.red(word));
            std::fflush(stdout);
            if (!cell.passed)
                failed.emplace_back(prepared.scenario.id + ", " + kCasts[i].name, cell);
        }
        fmt::print("\n");
    }
    for (const auto& [where, cell] : failed) {
        fmt::print("\n{}\n", terminal.bold(where));
        for (const auto& sentence : cell.departures) fmt::print("  - {}\n", sentence);
    }
    return failed.empty() && !Interrupt::happened();
}

}  // namespace imslab::lab
