// Playing scenarios: nodes just started for each, its steps, the verdict, and the files a run
// leaves.
#include "lab/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lab/interrupt.h"
#include "lab/ladder.h"
#include "lab/pcapng.h"
#include "lab/performance.h"
#include "lab/places.h"
#include "lab/quiet.h"

namespace imslab::lab {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kBoot{15'000};
constexpr milliseconds kLastMessage{4'000};  // for what was drawn and has not come yet
constexpr std::size_t kFileWidth = 180;      // of the two ladders in ladder.txt
constexpr milliseconds kStillOpen{4'000};    // for questions and transactions that are still open
constexpr milliseconds kNothingMore{600};  // no node wrote anything for so long: nothing more comes
constexpr milliseconds kSilence{150};      // the same, where the flow is as drawn already

std::int64_t realtime_ns() {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::string utc(const char* format) {
    const auto now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[64];
    std::strftime(text, sizeof text, format, &parts);
    return text;
}

// Tells when a node has written to its trace.
class TraceWatch {
public:
    explicit TraceWatch(const std::string& folder)
        : watch_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
        inotify_add_watch(watch_.get(), folder.c_str(), IN_MODIFY);
    }
    // False: nothing was written until the deadline.
    bool wait(Deadline deadline) {
        pollfd watched{watch_.get(), POLLIN, 0};
        if (poll(&watched, 1, milliseconds_until(deadline)) <= 0) return false;
        char events[4096];
        while (read(watch_.get(), events, sizeof events) > 0) {
        }
        return true;
    }

private:
    Descriptor watch_;
};

// All that was drawn has come: the flow is judged anew whenever a node writes, until it fits or
// nothing more comes.
void await_flow(const Scenario& scenario, const std::string& folder, Window window) {
    TraceWatch watch(folder);
    const auto deadline = in(kLastMessage);
    while (steady_clock::now() < deadline) {
        const auto observation = load_record(folder, window);
        if (observation && !match_flow(scenario.flow, *observation).difference) return;
        if (!watch.wait(std::min(deadline, in(kNothingMore)))) return;
    }
}

// Of somebody else's nodes nobody knows whether they are done: until they have been silent.
void await_silence(const Topology& topology, const std::string& folder) {
    if (std::none_of(topology.nodes.begin(), topology.nodes.end(), [](const auto& node) {
            return node.is_stock();
        }))
        return;
    TraceWatch watch(folder);
    const auto deadline = in(kStillOpen);
    while (steady_clock::now() < deadline && watch.wait(in(kSilence))) {
    }
}

std::string problem_of(Performance& performance,
                       Lab& lab,
                       const Command& command,
                       const std::string& text,
                       bool must_succeed) {
    const auto outcome = performance.perform(command);
    if (const auto death = lab.death()) return *death;
    if (Interrupt::happened()) return "interrupted";
    if (!outcome.problem.empty()) return "`" + text + "`: " + outcome.problem;
    if (must_succeed && std::holds_alternative<RegisterCommand>(command) &&
        (outcome.status < 200 || outcome.status > 299))
        return "the precondition `" + text + "` was answered " + std::to_string(outcome.status);
    return {};
}

std::string quoted(const std::string& argument) {
    if (argument.find_first_of(" \t'\"\\$`*?;&|<>()[]{}!#~") == std::string::npos) return argument;
    std::string text = "'";
    for (const char c : argument) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

// What runs it again: by its ID where `imslab run` finds it by that, else by its path.
std::string command_for(const Scenario& scenario, const RunOptions& options) {
    std::error_code ignored;
    const auto file = fs::weakly_canonical(scenario.file, ignored);
    const auto relative =
        file.lexically_relative(fs::weakly_canonical(root_folder() + "/scenarios", ignored))
            .string();
    const bool known = !relative.empty() && !relative.starts_with("..");
    auto command = "imslab run " + (known ? scenario.base_id : quoted(scenario.file));
    const auto& topology = options.topology.empty() && scenario.is_on_another_network()
                               ? scenario.topology
                               : options.topology;
    if (!topology.empty()) command += " --topology " + quoted(topology);
    if (!options.host.empty()) command += " --host " + options.host;
    if (!options.stock.empty()) command += " --stock " + options.stock;
    return command + " --seed " + std::to_string(options.seed);
}

// Files of a scenario's folder, as the report names them.
std::vector<std::string> files_ending(const std::string& folder,
                                      const std::string& under,
                                      std::string_view suffix) {
    std::vector<std::string> files;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        const auto name = entry.path().filename().string();
        if (name.ends_with(suffix)) files.push_back(under + "/" + name);
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

std::string new_run_folder(const std::string& out, const std::string& kind) {
    const auto name = utc("%Y%m%d-%H%M%S") + (kind.empty() ? "" : "-" + kind);
    std::error_code ignored;
    auto folder = out + "/" + name;
    for (int number = 2; fs::exists(folder, ignored); ++number)
        folder = fmt::format("{}/{}-{}", out, name, number);
    fs::create_directories(folder, ignored);
    return folder;
}

Run::Run(RunOptions options, std::unique_ptr<Lab> lab)
    : options_(std::move(options)), lab_(std::move(lab)) {
    facts_.command = options_.command;
    facts_.started = utc("%Y-%m-%dT%H:%M:%SZ");
    facts_.seed = options_.seed;
    facts_.versions = component_versions();
    folder_ = options_.folder;
    if (!folder_.empty()) return;
    folder_ = new_run_folder(options_.out, {});
    std::error_code ignored;
    const auto latest = fs::path(options_.out) / "latest";
    fs::remove(latest, ignored);
    fs::create_directory_symlink(fs::path(folder_).filename(), latest, ignored);
}

ScenarioRun Run::play(const PreparedScenario& prepared) {
    const auto& scenario = prepared.scenario;
    const auto started = steady_clock::now();
    ScenarioRun run;
    run.scenario = scenario;
    run.rerun = command_for(scenario, options_);
    // sockets need short absolute paths: relative ones are looked up by each node itself
    const auto folder = folder_ + "/" + scenario.id;
    NodeOptions options;
    options.folder = folder;
    options.cache = options_.out + "/cache";
    options.log_level = options_.log_level;
    options.seed = options_.seed;
    Window window;
    run.judged = false;
    {
        if (const auto up = lab_->begin(prepared.topology, options, in(kBoot)); !up)
            run.error = up.error();
        save_network(folder, network_of(prepared.topology));
        std::optional<Performance> performance;
        if (run.error.empty()) {
            auto ready =
                Performance::prepare(prepared.topology, lab_.get(), folder + "/ue", options_.seed);
            if (ready)
                performance.emplace(std::move(*ready));
            else
                run.error = ready.error();
        }
        for (const auto& command : prepared.preconditions) {
            if (!run.error.empty()) break;
            run.error = problem_of(*performance, *lab_, command, scenario.preconditions, true);
        }
        // what a precondition that failed has said is shown
        if (run.error.empty() && !prepared.preconditions.empty()) window.from_ns = realtime_ns();
        run.judged = run.error.empty();
        for (std::size_t i = 0; i < prepared.steps.size() && run.error.empty(); ++i)
            run.error =
                problem_of(*performance, *lab_, prepared.steps[i], prepared.step_texts[i], false);
        if (run.error.empty()) await_flow(scenario, folder, window);
        // what comes after the last message drawn belongs to the verdict too
        if (run.error.empty()) {
            await_quiet(prepared.topology, *lab_, in(kStillOpen));
            await_silence(prepared.topology, folder);
        }
        // what a node did while it was being stopped is no part of the scenario
        window.to_ns = realtime_ns();
        if (const auto death = lab_->death(); death && run.error.empty()) run.error = *death;
        if (Interrupt::happened()) {
            run.interrupted = true;
            run.judged = false;
            run.error = "interrupted";
        }
        lab_->end();
    }
    save_window(folder, window);
    auto observation = load_record(folder, window);
    if (observation) {
        run.observation = std::move(*observation);
        if (run.judged) run.verdict = judge(scenario, run.observation);
    } else if (run.error.empty()) {
        run.error = observation.error();
    }
    // a phone that complains of what it got is a consequence: the flow says what went wrong first
    run.seconds = std::chrono::duration<double>(steady_clock::now() - started).count();
    const auto pcapng =
        to_pcapng(run.observation, packet_comments(scenario, run.observation, run.verdict));
    write_file(folder + "/capture.pcapng", pcapng);
    run.capture = scenario.id + "/capture.pcapng";
    LadderStyle style;
    auto ladder = draw_ladder(run.observation, run.verdict, style);
    if (!run.passed()) {
        if (!run.error.empty()) ladder += "\n" + run.error + "\n";
        style.width = kFileWidth;
        if (run.judged)
            ladder += "\n" + explain_failure(scenario, run.observation, run.verdict, style, true);
        ladder += "\nrun it again: " + run.rerun + "\n";
    }
    write_file(folder + "/ladder.txt", ladder);
    run.logs = files_ending(folder, scenario.id, ".log");
    for (auto& file : files_ending(folder + "/ue", scenario.id + "/ue", ".messages"))
        run.logs.push_back(std::move(file));
    return run;
}

std::string what_was_not_run(const std::vector<ScenarioRun>& runs,
                             const std::vector<std::string>& not_run) {
    const auto broken_off = std::find_if(
        runs.begin(), runs.end(), [](const ScenarioRun& run) { return run.interrupted; });
    if (broken_off == runs.end() && not_run.empty()) return {};
    std::string text = "; interrupted";
    if (broken_off != runs.end()) text += " in " + broken_off->scenario.id;
    if (!not_run.empty()) text += fmt::format(", {} more not run", not_run.size());
    return text;
}

std::string Run::finish(const std::vector<ScenarioRun>& runs,
                        const std::vector<std::string>& not_run) {
    facts_.not_run = not_run;
    nlohmann::ordered_json facts;
    facts["command"] = facts_.command;
    facts["started"] = facts_.started;
    facts["seed"] = facts_.seed;
    for (const auto& [component, version] : facts_.versions) facts["versions"][component] = version;
    for (const auto& run : runs) {
        nlohmann::ordered_json entry;
        entry["scenario"] = run.scenario.id;
        entry["passed"] = run.passed();
        if (run.interrupted) entry["interrupted"] = true;
        entry["messages"] = run.observation.messages.size();
        entry["seconds"] = run.seconds;
        entry["rerun"] = run.rerun;
        entry["reason"] = run.error.empty() ? run.verdict.sentence : run.error;
        facts["scenarios"].push_back(std::move(entry));
    }
    if (!not_run.empty()) facts["not_run"] = not_run;
    auto problem = write_file(folder_ + "/run.json", facts.dump(2) + "\n");
    if (problem.empty()) problem = write_file(folder_ + "/report.html", html_report(runs, facts_));
    if (problem.empty()) problem = write_file(folder_ + "/junit.xml", junit_xml(runs, facts_));
    return problem;
}

}  // namespace imslab::lab
