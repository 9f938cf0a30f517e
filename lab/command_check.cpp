// imslab check: files before they are used, and other people's captures. imslab ladder: a record
// drawn again.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "hosts/store/subscriber_schema.h"
#include "lab/capture.h"
#include "lab/commands.h"
#include "lab/ladder.h"
#include "lab/places.h"
#include "lab/run.h"
#include "lab/terminal.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

struct Options {
    std::vector<std::string> files;
    std::string topology;
    bool json = false;
};

std::string counted(std::size_t count, const std::string& what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// The time that stands beside the message in the ladder.
double seconds_into(const Observation& observation, std::size_t message) {
    return static_cast<double>(observation.messages[message].time_ns() - observation.start_ns) /
           1e9;
}

int show_capture(const std::string& file, const Network& known, bool json) {
    const auto report_of = check_capture(file, known);
    if (!report_of) return report(file + ": " + report_of.error());
    const auto& [observation, findings] = *report_of;
    if (json) {
        nlohmann::ordered_json result;
        result["file"] = file;
        result["messages"] = observation.messages.size();
        result["remarks"] = observation.remarks;
        result["departures"] = nlohmann::ordered_json::array();
        for (const auto& finding : findings) {
            nlohmann::ordered_json entry;
            entry["message"] = finding.message;
            entry["label"] = observation.messages[finding.message].label;
            entry["clause"] = finding.clause;
            entry["sentence"] = finding.sentence;
            result["departures"].push_back(std::move(entry));
        }
        fmt::print("{}\n", result.dump(2));
        return findings.empty() ? kPassed : kFailed;
    }
    const auto terminal = Terminal::of_output();
    LadderStyle style;
    style.colour = terminal.colour;
    style.width = terminal.width;
    fmt::print("{}\n", draw_ladder(observation, style));
    for (const auto& remark : observation.remarks) fmt::print("{}\n", remark);
    for (const auto& finding : findings)
        fmt::print("{} {:.3f} {}: {}{}\n",
                   terminal.red("departs"),
                   seconds_into(observation, finding.message),
                   observation.messages[finding.message].label,
                   finding.sentence,
                   finding.sentence.find(finding.clause) == std::string::npos
                       ? " (" + finding.clause + ")"
                       : "");
    fmt::print("{}: {}, {}\n",
               file,
               counted(observation.messages.size(), "message"),
               findings.empty() ? terminal.green("no departures")
                                : terminal.red(counted(findings.size(), "departure")));
    return findings.empty() ? kPassed : kFailed;
}

int check_subscribers(const std::string& file, const std::string& content) {
    const auto subscriptions = host::read_valid_subscribers(content, file);
    if (subscriptions) return kPassed;
    for (const auto& error : subscriptions.error()) fmt::print(stderr, "{}\n", error.to_string());
    return kUsage;
}

int check_file(const std::string& file, const Options& options, const Network& known) {
    bool ok = false;
    const auto content = read_file(file, ok);
    if (!ok) return report("cannot read " + file);
    if (looks_like_capture(std::string_view(content).substr(0, 16)))
        return show_capture(file, known, options.json);
    const auto extension = fs::path(file).extension();
    int result = kUsage;
    if (extension == ".md") {
        const auto prepared = prepare_scenarios(file, options.topology);
        result = prepared ? kPassed : report(prepared.error());
        if (prepared && prepared->empty())
            return report(file + " is not written for " + options.topology +
                          ": it has no row 'Also on' with it");
    } else if (extension == ".yaml" || extension == ".yml") {
        const auto topology = Topology::load(file);
        result = topology ? kPassed : report(topology.error());
        if (topology && !topology->subscribers_file.empty()) {
            const auto subscribers = read_file(topology->subscribers_file, ok);
            result = check_subscribers(topology->subscribers_file, subscribers);
        }
    } else if (extension == ".xml") {
        result = check_subscribers(file, content);
    } else {
        return report(file +
                      ": found neither a scenario (.md), a topology (.yaml), subscribers (.xml) "
                      "nor a capture (pcap, pcapng)");
    }
    if (result == kPassed && !options.json) fmt::print("{}: no mistakes\n", file);
    return result;
}

int check(const Options& options) {
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

struct LadderOptions {
    std::string record;
    bool implied = false, messages = false, ascii = false, mermaid = false;
};

// A run's folder, a scenario's folder, or a capture.
int ladder(const LadderOptions& options) {
    std::vector<std::string> records;
    std::error_code ignored;
    if (fs::exists(options.record + "/network.json", ignored) ||
        fs::is_regular_file(options.record, ignored)) {
        records.push_back(options.record);
    } else {
        for (const auto& entry : fs::directory_iterator(options.record, ignored)) {
            if (fs::exists(entry.path() / "network.json", ignored))
                records.push_back(entry.path().string());
        }
    }
    std::sort(records.begin(), records.end());
    if (records.empty())
        return report("no record in '" + options.record +
                      "', expected a folder of a run such as out/latest or a capture");
    const auto terminal = Terminal::of_output();
    LadderStyle style;
    style.colour = terminal.colour;
    style.width = terminal.width;
    style.implied = options.implied;
    style.ascii = options.ascii;
    for (const auto& record : records) {
        Result<Observation, std::string> observation = failure(std::string());
        if (fs::is_regular_file(record, ignored)) {
            bool ok = false;
            observation = observe_capture(read_file(record, ok));
        } else {
            observation = load_record(record);
        }
        if (!observation) return report(record + ": " + observation.error());
        if (options.mermaid) {
            fmt::print("{}", draw_mermaid(*observation));
            continue;
        }
        if (records.size() > 1) fmt::print("{}\n", terminal.bold(record));
        fmt::print("{}\n", draw_ladder(*observation, style));
        if (!options.messages) continue;
        for (const auto& message : observation->messages) fmt::print("{}\n", message_text(message));
    }
    return kPassed;
}

}  // namespace

void add_check(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("check", "Mistakes in files, departures in captures");
    auto options = std::make_shared<Options>();
    verb->add_option(
            "file", options->files, "scenarios, topologies, subscriber files, pcap or pcapng")
        ->required();
    verb->add_option("--topology", options->topology, "names the addresses in a capture");
    verb->add_flag("--json", options->json, "a capture's departures as JSON");
    verb->footer(
        "Examples:\n"
        "  imslab check scenarios/registration/*.md\n"
        "  imslab check my/network.yaml my/subscribers.xml\n"
        "  imslab check capture.pcapng --topology my/network.yaml\n"
        "Exit status: 0 nothing wrong, 1 a capture departs from the specification, 2 a mistake in "
        "a file.");
    verb->callback([options, &context] { context.exit = check(*options); });
}

void add_ladder(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("ladder", "Draw a recorded run again");
    auto options = std::make_shared<LadderOptions>();
    verb->add_option("record", options->record, "out/latest, out/latest/REG-001, or a capture")
        ->required();
    verb->add_flag("--implied", options->implied, "100 Trying, retransmissions and watchdogs too");
    verb->add_flag("--messages", options->messages, "each message in full");
    verb->add_flag("--ascii", options->ascii, "no line art");
    verb->add_flag("--mermaid", options->mermaid, "as a Mermaid diagram, to begin a scenario with");
    verb->footer(
        "Examples:\n  imslab ladder out/latest/REG-001\n  imslab ladder capture.pcapng --implied");
    verb->callback([options, &context] { context.exit = ladder(*options); });
}

}  // namespace imslab::lab
