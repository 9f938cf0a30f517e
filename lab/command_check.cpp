// imslab check: files before they are used, and other people's captures.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "hosts/store/subscriber_schema.h"
#include "lab/capture.h"
#include "lab/commands.h"
#include "lab/ladder.h"
#include "lab/places.h"
#include "lab/run.h"
#include "lab/terminal.h"
#include "lab/topology_check.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

struct Options {
    std::vector<std::string> files;
    std::string topology;
    std::vector<std::string> departures;
    bool json = false;
};

std::string counted(std::size_t count, const std::string& what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// ---- captures

// The time that stands beside the message in the ladder.
double seconds_into(const Observation& observation, std::size_t message) {
    return static_cast<double>(observation.messages[message].time_ns() - observation.start_ns) /
           1e9;
}

// How many are not made on purpose.
std::size_t breaches_of(const CaptureReport& report) {
    return static_cast<std::size_t>(
        std::count_if(report.findings.begin(), report.findings.end(), [](const Finding& finding) {
            return finding.departure.empty();
        }));
}

// Of a capture that is cut off or has nothing in it nobody can say that nothing departs.
int exit_of(const CaptureReport& report) {
    if (breaches_of(report) != 0) return kFailed;
    return report.torn || report.observation.messages.empty() ? kUsage : kPassed;
}

void show_json(const std::string& file, const CaptureReport& report) {
    const auto& observation = report.observation;
    nlohmann::ordered_json result;
    result["file"] = file;
    result["messages"] = observation.messages.size();
    result["whole"] = !report.torn;
    result["remarks"] = observation.remarks;
    result["departures"] = nlohmann::ordered_json::array();
    for (const auto& finding : report.findings) {
        nlohmann::ordered_json entry;
        entry["message"] = finding.message;
        entry["label"] = observation.messages[finding.message].label;
        entry["rule"] = finding.rule;
        entry["clause"] = finding.clause;
        entry["sentence"] = finding.sentence;
        if (!finding.departure.empty()) entry["on_purpose"] = finding.departure;
        result["departures"].push_back(std::move(entry));
    }
    fmt::print("{}\n", result.dump(2));
}

// What a finding is listed as: a breach, or a departure by its name.
std::string heading_of(const Finding& finding, const Terminal& terminal) {
    return finding.departure.empty()
               ? terminal.red("departs")
               : terminal.yellow("departs on purpose, " + finding.departure + ",");
}

void show_text(const std::string& file, const CaptureReport& report) {
    const auto& observation = report.observation;
    const auto terminal = Terminal::of_output();
    LadderStyle style;
    style.colour = terminal.colour;
    style.width = terminal.width;
    if (!observation.messages.empty()) fmt::print("{}\n", draw_ladder(observation, style));
    for (const auto& remark : observation.remarks) fmt::print("{}\n", remark);
    for (const auto& finding : report.findings)
        fmt::print("{} {:.3f} {}: {}{}\n",
                   heading_of(finding, terminal),
                   seconds_into(observation, finding.message),
                   observation.messages[finding.message].label,
                   finding.sentence,
                   finding.sentence.find(finding.clause) == std::string::npos
                       ? " (" + finding.clause + ")"
                       : "");
    const auto breaches = breaches_of(report);
    const auto on_purpose = report.findings.size() - breaches;
    std::string verdict = breaches != 0 ? terminal.red(counted(breaches, "departure"))
                          : report.torn || observation.messages.empty()
                              ? terminal.red("cannot be judged as a whole")
                              : terminal.green("no departures");
    if (on_purpose != 0) verdict += fmt::format(", {} on purpose", on_purpose);
    fmt::print("{}: {}, {}\n", file, counted(observation.messages.size(), "message"), verdict);
}

// ---- other files

std::vector<Mistake> mistakes_in_subscribers(const std::string& file, const std::string& content) {
    std::vector<Mistake> mistakes;
    const auto subscriptions = host::read_valid_subscribers(content, file);
    if (subscriptions) return mistakes;
    for (const auto& error : subscriptions.error())
        mistakes.push_back({error.file, error.line, error.column, error.found, error.expected});
    return mistakes;
}

std::vector<Mistake> mistakes_in_topology(const std::string& file) {
    auto topology = Topology::load(file);
    if (!topology) return std::move(topology.error());
    std::vector<Mistake> mistakes;
    if (!topology->subscribers_file.empty()) {
        bool ok = false;
        const auto subscribers = read_file(topology->subscribers_file, ok);
        mistakes = mistakes_in_subscribers(topology->subscribers_file, subscribers);
    }
    for (auto* look : {&mistakes_in_network, &mistakes_in_settings}) {
        for (auto& mistake : (*look)(*topology)) mistakes.push_back(std::move(mistake));
    }
    return mistakes;
}

std::vector<Mistake> mistakes_in_scenario(const std::string& file, const std::string& topology) {
    auto prepared = prepare_scenarios(file, topology);
    if (!prepared) return std::move(prepared.error());
    if (!prepared->empty()) return {};
    return {
        {file, 0, 0, "a scenario that is not written for " + topology, "a row 'Also on' with it"}};
}

int conclude(const std::string& file, const std::vector<Mistake>& mistakes, bool json) {
    if (json) {
        nlohmann::ordered_json result;
        result["file"] = file;
        result["mistakes"] = nlohmann::ordered_json::array();
        for (const auto& mistake : mistakes)
            result["mistakes"].push_back({{"file", mistake.file},
                                          {"line", mistake.line},
                                          {"column", mistake.column},
                                          {"found", mistake.found},
                                          {"expected", mistake.expected}});
        fmt::print("{}\n", result.dump(2));
        return mistakes.empty() ? kPassed : kUsage;
    }
    if (!mistakes.empty()) return report(mistakes);
    fmt::print("{}: no mistakes\n", file);
    return kPassed;
}

int check_file(const std::string& file, const Options& options, const Network& known) {
    bool ok = false;
    const auto content = read_file(file, ok);
    if (!ok) return report("cannot read " + file);
    const auto extension = fs::path(file).extension();
    const bool called_capture =
        extension == ".pcap" || extension == ".pcapng" || extension == ".cap";
    if (called_capture || looks_like_capture(std::string_view(content).substr(0, 16))) {
        const std::set<std::string> departures(options.departures.begin(),
                                               options.departures.end());
        const auto checked = check_capture(file, known, departures);
        if (!checked && options.json)
            return conclude(file, {{file, 0, 0, checked.error(), "a capture"}}, true);
        if (!checked) return report(file + ": " + checked.error());
        options.json ? show_json(file, *checked) : show_text(file, *checked);
        return exit_of(*checked);
    }
    if (extension == ".md")
        return conclude(file, mistakes_in_scenario(file, options.topology), options.json);
    if (extension == ".yaml" || extension == ".yml")
        return conclude(file, mistakes_in_topology(file), options.json);
    if (extension == ".xml")
        return conclude(file, mistakes_in_subscribers(file, content), options.json);
    return report(file +
                  ": found neither a scenario (.md), a topology (.yaml), subscribers (.xml) "
                  "nor a capture (pcap, pcapng)");
}

// One sentence if no rule of the book may be departed from by that name.
std::string unknown_departure(const std::vector<std::string>& names) {
    std::set<std::string> known;
    for (const auto& rule : RuleBook::built_in().rules()) {
        if (!rule.departure.empty()) known.insert(rule.departure);
    }
    for (const auto& name : names) {
        if (known.contains(name)) continue;
        std::string expected;
        for (const auto& one : known) expected += (expected.empty() ? "" : ", ") + one;
        return "no departure is called '" + name + "'; there are " + expected;
    }
    return {};
}

int check(const Options& options) {
    if (const auto problem = unknown_departure(options.departures); !problem.empty())
        return report(problem);
    Network known;
    if (!options.topology.empty()) {
        const auto topology = Topology::load(topology_file(options.topology));
        if (!topology) return report(topology.error());
        known = network_of(*topology);
    }
    int worst = kPassed;
    for (const auto& file : options.files)
        worst = std::max(worst, check_file(file, options, known));
    return worst;
}

}  // namespace

void add_check(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("check", "Mistakes in files, departures in captures");
    auto options = std::make_shared<Options>();
    verb->add_option(
            "file", options->files, "scenarios, topologies, subscriber files, pcap or pcapng")
        ->required();
    verb->add_option("--topology", options->topology, "names the addresses in a capture");
    verb->add_option("--departure",
                     options->departures,
                     "one that a capture makes on purpose, as in aka-unprotected: listed, not "
                     "failed")
        ->allow_extra_args(false);
    verb->add_flag("--json", options->json, "mistakes and departures, an object for each file");
    verb->footer(
        "Examples:\n"
        "  imslab check scenarios/registration/*.md\n"
        "  imslab check my/network.yaml my/subscribers.xml\n"
        "  imslab check capture.pcapng --topology my/network.yaml\n"
        "  imslab check out/latest/REG-001/capture.pcapng --departure aka-unprotected\n"
        "Exit status: 0 nothing wrong, 1 a capture departs from the specification, 2 a mistake in "
        "a file,\nor a capture that is cut off or has no message in it.");
    verb->callback([options, &context] { context.exit = check(*options); });
}

}  // namespace imslab::lab
