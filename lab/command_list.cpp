// imslab list: the scenarios there are.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "lab/commands.h"
#include "lab/run.h"

namespace imslab::lab {

namespace {

int list(const std::vector<std::string>& selectors, bool json) {
    const auto selection = select(selectors, "");
    auto array = nlohmann::ordered_json::array();
    for (const auto& prepared : selection.scenarios) {
        const auto& scenario = prepared.scenario;
        std::string tags;
        for (const auto& tag : scenario.tags) tags += (tags.empty() ? "" : ", ") + tag;
        if (!json) {
            fmt::print("{:<17} {:<64} {:<13} {}\n",
                       scenario.id,
                       scenario.title,
                       prepared.topology.name,
                       tags);
            continue;
        }
        nlohmann::ordered_json entry;
        entry["id"] = scenario.id;
        entry["title"] = scenario.title;
        entry["topology"] = prepared.topology.name;
        entry["tags"] = scenario.tags;
        entry["specification"] = scenario.specification;
        entry["file"] = scenario.file;
        array.push_back(std::move(entry));
    }
    if (json) fmt::print("{}\n", array.dump(2));
    if (!selection.mistakes.empty()) return report(selection.mistakes);
    for (const auto& selector : selection.unknown) report("no scenario fits '" + selector + "'");
    return selection.unknown.empty() ? kPassed : kUsage;
}

}  // namespace

void add_list(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("list", "The scenarios there are");
    struct Options {
        std::vector<std::string> selectors;
        bool json = false;
    };
    auto options = std::make_shared<Options>();
    verb->add_option("selector", options->selectors, "IDs, folders or tags; none: all");
    verb->add_flag("--json", options->json, "as JSON");
    verb->footer("Examples:\n  imslab list\n  imslab list registration\n  imslab list aka --json");
    verb->callback([options, &context] { context.exit = list(options->selectors, options->json); });
}

}  // namespace imslab::lab
