// Scenarios times casts: a verdict for each cell, and what failed and whose message it was.
#include "lab/matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "lab/criteria.h"
#include "lab/interrupt.h"
#include "lab/places.h"
#include "lab/stock.h"
#include "lab/terminal.h"

namespace imslab::lab {

namespace {

// Who said it: theirs or ours.
std::string whose(const Topology& topology, const Participant& sender) {
    const auto* node = topology.node(sender.id);
    return sender.name + (!node ? "" : node->is_stock() ? " (theirs)" : " (ours)");
}

// Who is to blame for what a response lacks: not who passed it on, but the first who sent it so. In
// a request each hop has to add its own.
std::size_t first_without(const Check& check, std::size_t message, const Observation& seen) {
    using Operator = Check::Operator;
    constexpr std::array kWanted{
        Operator::has, Operator::contains, Operator::is, Operator::matches};
    if (check.other_message || seen.messages[message].request ||
        std::find(kWanted.begin(), kWanted.end(), check.op) == kWanted.end())
        return message;
    const auto* first = &seen.messages[message];
    while (const auto* before = seen.hop_before(*first)) {
        if (seen.network[before->from].kind == "ue" || decide(check, *before, seen).holds) break;
        first = before;
    }
    return first->index;
}

// A step that waits for what a node knows: nobody but our own nodes can be asked.
std::string cannot_be_asked(const PreparedScenario& prepared) {
    for (const auto* commands : {&prepared.preconditions, &prepared.steps}) {
        for (const auto& command : *commands) {
            const auto* wait = std::get_if<WaitCommand>(&command);
            const auto* node = wait ? prepared.topology.node(wait->node) : nullptr;
            if (node && !node->is_ours())
                return "a step waits for what the " + node->label +
                       " knows, and theirs says nothing";
        }
    }
    return {};
}

// One cast's runs, with a lab and a report of its own.
class CastRun {
public:
    CastRun(RunOptions options, const Cast& cast, const std::string& folder) : cast_(cast) {
        options.stock = cast.stock;
        options.folder = folder + "/" + cast.folder;
        run_ = std::make_unique<Run>(std::move(options), lab_of_our_own());
    }

    MatrixCell play(PreparedScenario prepared) {
        MatrixCell cell;
        if (auto problem = play_by_stock(prepared.topology, cast_.stock); !problem.empty()) {
            cell.departures.push_back({{}, {}, std::move(problem)});
            return cell;
        }
        cell.not_played = cannot_be_asked(prepared);
        if (!cell.not_played.empty()) return cell;
        done_.push_back(run_->play(prepared));
        const auto& done = done_.back();
        cell.passed = done.passed();
        cell.report = std::string(cast_.folder) + "/report.html#" + done.scenario.id;
        if (!cell.passed) cell.departures = departures_of(done, prepared.topology);
        return cell;
    }
    // One sentence if the report cannot be written.
    std::string finish() { return run_->finish(done_); }
    const RunFacts& facts() const { return run_->facts(); }

private:
    Cast cast_;
    std::unique_ptr<Run> run_;
    std::vector<ScenarioRun> done_;
};

class Printer {
public:
    explicit Printer(bool quiet) : quiet_(quiet), terminal_(Terminal::of_output()) {
        std::string heading = fmt::format("{:<9} {:<48}", "scenario", "");
        for (const auto& cast : casts()) heading += fmt::format(" {:<10}", cast.name);
        if (!quiet_) fmt::print("{}\n", terminal_.bold(heading));
    }
    void row(const PreparedScenario& prepared) const {
        if (!quiet_)
            fmt::print("{:<9} {:<48}", prepared.scenario.id, prepared.scenario.title.substr(0, 48));
    }
    void cell(const MatrixCell& cell) const {
        if (quiet_) return;
        if (!cell.not_played.empty())
            fmt::print("{}", terminal_.dim(fmt::format(" {:<10}", "-")));
        else if (cell.passed)
            fmt::print("{}", terminal_.green(fmt::format(" {:<10}", "passed")));
        else
            fmt::print("{}", terminal_.red(fmt::format(" {:<10}", "FAILED")));
        std::fflush(stdout);
    }
    void end_row() const {
        if (!quiet_) fmt::print("\n");
    }

private:
    bool quiet_;
    Terminal terminal_;
};

}  // namespace

const std::vector<Cast>& casts() {
    static const std::vector<Cast> all{{"ours", "", "ours"},
                                       {"their P", "pcscf", "their-pcscf"},
                                       {"their I", "icscf", "their-icscf"},
                                       {"their S", "scscf", "their-scscf"},
                                       {"all theirs", "all", "all-theirs"}};
    return all;
}

std::string Departure::to_string() const {
    return (clause.empty() ? "" : clause + ": ") + (who.empty() ? "" : who + ": ") + sentence;
}

std::vector<Departure> departures_of(const ScenarioRun& run, const Topology& topology) {
    std::vector<Departure> all;
    const auto add = [&](Departure departure) {
        if (std::find(all.begin(), all.end(), departure) == all.end())
            all.push_back(std::move(departure));
    };
    if (!run.error.empty()) add({{}, {}, run.error});
    const auto& seen = run.observation;
    const auto sender = [&](std::size_t message) {
        return whose(topology, seen.network[seen.messages[message].from]);
    };
    if (const auto& difference = run.verdict.flow.difference)
        add({run.scenario.specification,
             difference->observed ? sender(*difference->observed) : std::string(),
             difference->sentence});
    for (const auto& finding : run.verdict.findings) {
        if (!finding.departure.empty() || finding.message >= seen.messages.size()) continue;
        add({finding.clause, sender(finding.message), finding.sentence});
    }
    for (const auto& result : run.verdict.criteria) {
        if (result.holds || result.sentence.empty()) continue;
        const auto& criterion = run.scenario.criteria[result.criterion];
        if (!result.message) {
            add({criterion.reference, {}, result.sentence});
            continue;
        }
        // told as what that sender did, or Who and What contradict each other
        const auto& blamed = seen.messages[first_without(criterion.check, *result.message, seen)];
        add({criterion.reference,
             sender(blamed.index),
             sentence_of(criterion.check,
                         criterion.reference,
                         blamed,
                         decide(criterion.check, blamed, seen),
                         seen)});
    }
    return all;
}

bool Matrix::all_passed() const {
    return std::all_of(rows.begin(), rows.end(), [](const MatrixRow& row) {
        return row.cells.size() == casts().size() &&
               std::all_of(row.cells.begin(), row.cells.end(), [](const MatrixCell& cell) {
                   return cell.passed || !cell.not_played.empty();
               });
    });
}

Matrix play_matrix(const RunOptions& options,
                   const std::vector<PreparedScenario>& scenarios,
                   bool quiet) {
    Matrix matrix;
    matrix.folder = new_run_folder(options.out, "matrix");
    std::vector<std::unique_ptr<CastRun>> runs;
    for (const auto& cast : casts())
        runs.push_back(std::make_unique<CastRun>(options, cast, matrix.folder));
    const Printer printer(quiet);
    for (const auto& prepared : scenarios) {
        if (Interrupt::happened()) {
            matrix.not_run.push_back(prepared.scenario.id);
            continue;
        }
        MatrixRow row{prepared.scenario.id, prepared.scenario.title, {}};
        printer.row(prepared);
        for (auto& run : runs) {
            auto cell = run->play(prepared);
            if (Interrupt::happened()) break;  // this one was not played to its end
            row.cells.push_back(std::move(cell));
            printer.cell(row.cells.back());
        }
        printer.end_row();
        if (row.cells.size() < casts().size()) matrix.not_run.push_back(row.id);
        matrix.rows.push_back(std::move(row));
    }
    for (const auto& run : runs) run->finish();
    write_file(matrix.folder + "/matrix.html", html_matrix(matrix, runs.front()->facts()));
    write_file(matrix.folder + "/matrix.json", matrix_json(matrix));
    return matrix;
}

}  // namespace imslab::lab
