// imslab run: scenarios, one progress line each, a table at the end.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "lab/commands.h"
#include "lab/interrupt.h"
#include "lab/kamailio.h"
#include "lab/ladder.h"
#include "lab/matrix.h"
#include "lab/network_comparison.h"
#include "lab/places.h"
#include "lab/plain_sip.h"
#include "lab/requirements.h"
#include "lab/run.h"
#include "lab/running.h"
#include "lab/running_lab.h"
#include "lab/shared_lab.h"
#include "lab/stock.h"
#include "lab/terminal.h"
#include "lab/text_canvas.h"
#include "lab/topology_check.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

struct Options {
    std::vector<std::string> selectors;
    RunOptions run;
    bool json = false;
    bool matrix = false;
};

std::string reason_of(const ScenarioRun& run) {
    return run.error.empty() ? run.verdict.sentence : run.error;
}

std::string word_of(const ScenarioRun& run, const Terminal& terminal) {
    if (run.interrupted) return terminal.yellow("ended ");
    return run.passed() ? terminal.green("passed") : terminal.red("FAILED");
}

void show(const ScenarioRun& run, const Terminal& terminal, bool verbose) {
    fmt::print("{} {:<17} {:<52} {:>3} messages {:>6.0f} ms\n",
               word_of(run, terminal),
               run.scenario.id,
               shortened(run.scenario.title, 52, false),
               run.observation.messages.size(),
               run.seconds * 1000);
    LadderStyle style;
    style.colour = terminal.colour;
    style.width = terminal.width;
    if (verbose && run.passed())
        fmt::print("{}\n", draw_ladder(run.observation, run.verdict, style));
    if (!run.passed()) {
        if (!run.error.empty()) fmt::print("       {}\n", run.error);
        if (!run.judged && !run.interrupted && !run.observation.messages.empty())
            fmt::print("\n{}\n", draw_ladder(run.observation, style));
        if (run.judged && !run.verdict.passed)
            fmt::print("{}",
                       explain_failure(run.scenario, run.observation, run.verdict, style, verbose));
        fmt::print("again: {}\n", run.rerun);
    }
    std::fflush(stdout);
}

void show_table(const std::vector<ScenarioRun>& runs,
                const std::vector<std::string>& not_run,
                const std::string& folder,
                const Terminal& terminal) {
    std::size_t passed = 0, played = 0, messages = 0;
    double seconds = 0;
    fmt::print(
        "\n{}\n",
        terminal.bold(fmt::format(
            "{:<17} {:<52} {:<8} {:>8} {:>9}", "scenario", "", "verdict", "messages", "time")));
    for (const auto& run : runs) {
        fmt::print("{:<17} {:<52} {}   {:>8} {:>6.0f} ms\n",
                   run.scenario.id,
                   shortened(run.scenario.title, 52, false),
                   word_of(run, terminal),
                   run.observation.messages.size(),
                   run.seconds * 1000);
        played += run.interrupted ? 0 : 1;
        passed += run.passed() ? 1 : 0;
        messages += run.observation.messages.size();
        seconds += run.seconds;
    }
    fmt::print("{} of {} passed{}, {} messages, {:.1f} s. Report: {}/report.html\n",
               passed,
               played,
               what_was_not_run(runs, not_run),
               messages,
               seconds,
               folder);
}

// A scenario that was played on two networks: the whole difference if it is one or two, else a
// line.
void show_comparisons(const std::vector<ScenarioRun>& runs,
                      const Terminal& terminal,
                      bool verbose) {
    constexpr std::size_t kFew = 2;
    const auto comparisons = comparisons_of(runs);
    if (comparisons.empty()) return;
    fmt::print("\n{}\n", terminal.bold("the same on two networks"));
    const bool whole = verbose || comparisons.size() <= kFew;
    for (const auto& comparison : comparisons)
        fmt::print("{}\n", whole ? draw_comparison(comparison, {}) : summary_of(comparison));
}

void show_json(const std::vector<ScenarioRun>& runs,
               const std::vector<std::string>& not_run,
               const std::string& folder) {
    nlohmann::ordered_json result;
    result["folder"] = folder;
    for (const auto& run : runs) {
        nlohmann::ordered_json entry;
        entry["scenario"] = run.scenario.id;
        entry["title"] = run.scenario.title;
        entry["passed"] = run.passed();
        if (run.interrupted) entry["interrupted"] = true;
        entry["reason"] = reason_of(run);
        entry["messages"] = run.observation.messages.size();
        entry["seconds"] = run.seconds;
        entry["rerun"] = run.rerun;
        result["scenarios"].push_back(std::move(entry));
    }
    if (!not_run.empty()) result["not_run"] = not_run;
    for (const auto& comparison : comparisons_of(runs))
        result["on_two_networks"].push_back(to_json(comparison));
    fmt::print("{}\n", result.dump(2));
}

int show_matrix(const Matrix& matrix, bool json) {
    if (json) {
        fmt::print("{}", matrix_json(matrix));
    } else {
        if (const auto departures = departures_text(matrix); !departures.empty())
            fmt::print("\n{}", departures);
        fmt::print("Report: {}/matrix.html\n", matrix.folder);
    }
    return matrix.all_passed() && !Interrupt::happened() ? kPassed : kFailed;
}

// --keep: the topology of the last scenario, fresh, for a look at it.
int keep_up(const PreparedScenario& last, const RunOptions& options) {
    NodeOptions node_options;
    node_options.folder = options.out + "/kept";
    node_options.cache = options.out + "/cache";
    SharedLab lab(last.topology, node_options, options.out);
    if (const auto up = lab.start(in(std::chrono::seconds(15))); !up) return report(up.error());
    const auto say = [](const std::string& sentence) {
        fmt::print("{}\n", sentence);
        std::fflush(stdout);
    };
    say(last.topology.name + " is kept up; Ctrl-C stops it.");
    const auto problem = lab.stay(say);
    return problem.empty() ? kPassed : report(problem);
}

// Is the lab that is up the one these scenarios are written for? One sentence if not.
std::string misfit(const Running::Lab& lab, const std::vector<PreparedScenario>& scenarios) {
    std::error_code ignored;
    for (const auto& prepared : scenarios) {
        const auto& wanted = prepared.topology;
        if (!fs::equivalent(lab.topology_file, wanted.file, ignored))
            return fmt::format(
                "the lab that is up runs {}, {} needs {}; end that `imslab up`, or "
                "start it with {}",
                lab.topology_file,
                prepared.scenario.id,
                wanted.file,
                wanted.name);
        bool ok = false;
        if (read_file(wanted.file, ok) != lab.topology_content)
            return wanted.file +
                   " has changed since the lab that is up was started; end that `imslab up` and "
                   "start it again";
    }
    return {};
}

// The lab that is up, if it is the right one; if none is up, one of our own.
Result<std::unique_ptr<Lab>, std::string> lab_for(const std::vector<PreparedScenario>& scenarios,
                                                  const std::string& out) {
    if (const auto running = Running::find(out)) {
        if (auto problem = misfit(*running, scenarios); !problem.empty()) return failure(problem);
        return play_on(*running);
    }
    for (const auto& prepared : scenarios) {
        const auto& nodes = prepared.topology.nodes;
        if (std::any_of(
                nodes.begin(), nodes.end(), [](const auto& node) { return node.is_stock(); })) {
            if (const auto problem = why_no_stock(); !problem.empty()) return failure(problem);
        }
        if (const auto taken = unusable_addresses(prepared.topology); !taken.empty())
            return failure(taken.front());
    }
    return lab_of_our_own();
}

// Without them all the others are played, and it is said which are not; who is asked for by name is
// not passed over.
std::string leave_out_what_is_missing(std::vector<PreparedScenario>& scenarios, bool all) {
    std::string problem;
    std::erase_if(scenarios, [&](const auto& prepared) {
        const auto why = what_is_missing(prepared);
        if (why.empty()) return false;
        problem = why;
        if (all) fmt::print(stderr, "{} is left out: {}\n", prepared.scenario.id, why);
        return true;
    });
    return all ? std::string() : problem;
}

// Plain SIP has no CSCF to be put elsewhere, and needs what not every machine has.
std::string only_what_can_be_played(std::vector<PreparedScenario>& scenarios,
                                    const Options& options) {
    const auto running = Running::find(options.run.out);
    if (running) return leave_out_other_networks(scenarios, running->topology_file, {});
    if (!options.run.host.empty() || !options.run.stock.empty() || options.matrix) {
        leave_out_other_networks(scenarios, {}, "it has no CSCF");
        return {};
    }
    const bool wanted = std::any_of(scenarios.begin(), scenarios.end(), [](const auto& prepared) {
        return prepared.topology.is_plain_sip();
    });
    return wanted ? leave_out_other_networks(scenarios, {}, why_no_plain_sip()) : std::string();
}

// What is wrong with the selection, said; nothing: it can be run.
std::optional<int> refused(const Selection& selection, const Options& options) {
    if (!selection.mistakes.empty()) return report(selection.mistakes);
    for (const auto& selector : selection.unknown)
        report("no scenario, folder or tag '" + selector + "'; `imslab list` shows what there is");
    if (!selection.unknown.empty()) return kUsage;
    if (!selection.scenarios.empty()) return std::nullopt;
    if (selection.not_written.empty()) return report(std::string("no scenarios found"));
    return report(selection.not_written.front() + " is not written for " + options.run.topology +
                  ": it has no row 'Also on' with it (docs/scenario-format.md)");
}

// Of each network once.
std::vector<Mistake> mistakes_in_networks(const std::vector<PreparedScenario>& scenarios) {
    std::vector<Mistake> mistakes;
    std::set<std::string> seen;
    for (const auto& prepared : scenarios) {
        if (!seen.insert(prepared.topology.file).second) continue;
        for (auto* look : {&mistakes_in_network, &mistakes_in_settings}) {
            for (auto& mistake : (*look)(prepared.topology)) mistakes.push_back(std::move(mistake));
        }
    }
    return mistakes;
}

int run(Options options) {
    auto selection = select(options.selectors, options.run.topology);
    if (const auto exit = refused(selection, options)) return *exit;
    if (const auto problem =
            leave_out_what_is_missing(selection.scenarios, options.selectors.empty());
        !problem.empty())
        return report(problem);
    const auto left_out = only_what_can_be_played(selection.scenarios, options);
    if (selection.scenarios.empty()) return report(left_out.empty() ? "nothing to play" : left_out);
    if (!options.run.host.empty()) {
        if (const auto problem = why_not_on(options.run.host); !problem.empty())
            return report(problem);
        if (Running::find(options.run.out))
            return report(
                std::string("a lab is up, and its hosts are what it was started with: "
                            "`imslab up --host` chooses"));
        for (auto& prepared : selection.scenarios)
            run_cscfs_on(prepared.topology, options.run.host);
    }
    for (auto& prepared : selection.scenarios) {
        if (const auto problem = play_by_stock(prepared.topology, options.run.stock);
            !problem.empty())
            return report(problem);
    }
    if (const auto problem = why_not_kept_in(options.run.out); !problem.empty())
        return report(problem);
    if (const auto mistakes = mistakes_in_networks(selection.scenarios); !mistakes.empty())
        return report(mistakes);
    Interrupt::install();
    if (options.run.verbose) options.run.log_level = "debug";
    if (options.matrix) {
        if (Running::find(options.run.out))
            return report(std::string("a lab is up; end that `imslab up` first"));
        if (const auto problem = why_no_stock(); !problem.empty()) return report(problem);
        return show_matrix(play_matrix(options.run, selection.scenarios, options.json),
                           options.json);
    }
    auto lab = lab_for(selection.scenarios, options.run.out);
    if (!lab) return report(lab.error());
    Run whole(options.run, std::move(*lab));
    const auto terminal = Terminal::of_output();
    std::vector<ScenarioRun> runs;
    std::vector<std::string> not_run;
    for (const auto& prepared : selection.scenarios) {
        if (Interrupt::happened()) {
            not_run.push_back(prepared.scenario.id);
            continue;
        }
        runs.push_back(whole.play(prepared));
        if (!options.json) show(runs.back(), terminal, options.run.verbose);
    }
    const auto problem = whole.finish(runs, not_run);
    if (!problem.empty()) return report(problem);
    if (options.json) {
        show_json(runs, not_run, whole.folder());
    } else {
        show_comparisons(runs, terminal, options.run.verbose);
        show_table(runs, not_run, whole.folder(), terminal);
    }
    if (!options.json && !left_out.empty()) fmt::print("{}\n", left_out);
    bool all = !Interrupt::happened();
    for (const auto& done : runs) all = all && done.passed();
    if (options.run.keep && !Interrupt::happened() && !Running::find(options.run.out))
        keep_up(selection.scenarios.back(), options.run);
    return all ? kPassed : kFailed;
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("run", "Run scenarios and judge what was seen");
    auto options = std::make_shared<Options>();
    verb->add_option("selector", options->selectors, "IDs, folders, files or tags; none: all");
    verb->add_option(
        "--topology", options->run.topology, "another topology than the scenarios name");
    verb->add_option("--host", options->run.host, "what the CSCFs run in: asio or kamailio");
    verb->add_option("--stock",
                     options->run.stock,
                     "CSCFs that Kamailio's own IMS modules play, by name or kind, or all");
    verb->add_flag("--matrix",
                   options->matrix,
                   "each scenario with each CSCF played by Kamailio's own IMS modules in turn");
    verb->add_option("--seed", options->run.seed, "for identifiers, tags and challenges")
        ->capture_default_str();
    verb->add_option("--out", options->run.out, "where the run is kept")->capture_default_str();
    verb->add_flag(
        "--keep", options->run.keep, "afterwards keep a lab of the last topology up, if none was");
    verb->add_flag("-v,--verbose", options->run.verbose, "show every ladder; nodes log in detail");
    verb->add_flag("--json", options->json, "the result as JSON");
    verb->footer(
        "Examples:\n"
        "  imslab run                          all of them\n"
        "  imslab run REG-001 session          one by its ID, and a folder\n"
        "  imslab run failure --verbose        those with a tag, with their ladders\n"
        "  imslab run --topology two-scscf aka\n"
        "  imslab run --topology plain-sip     without an IMS: those that are written for it\n"
        "  imslab run SES-001                  on each of its networks, and what one adds\n"
        "  imslab run --host kamailio          the CSCFs inside Kamailio\n"
        "  imslab run --stock icscf,scscf      Kamailio's own IMS modules in their place\n"
        "  imslab run --matrix registration    who conforms: ours, theirs one by one, all theirs\n"
        "Exit status: 0 all passed, 1 one failed, 2 a mistake in a file.");
    verb->callback([options, &context] {
        options->run.command = context.command_line;
        context.exit = run(*options);
    });
}

}  // namespace imslab::lab
