// imslab ladder: a record, or somebody else's capture, drawn again.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "lab/capture.h"
#include "lab/commands.h"
#include "lab/ladder.h"
#include "lab/places.h"
#include "lab/terminal.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

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
        for (const auto& remark : observation->remarks) fmt::print(stderr, "{}\n", remark);
        if (!options.messages) continue;
        for (const auto& message : observation->messages) fmt::print("{}\n", message_text(message));
    }
    return kPassed;
}

}  // namespace

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
