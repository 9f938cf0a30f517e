// The command `imslab`.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "lab/deployment_commands.h"
#include "lab/version.h"

namespace {

std::string as_typed(int count, char** arguments) {
    std::string line = "imslab";
    for (int i = 1; i < count; ++i) line.append(" ").append(arguments[i]);
    return line;
}

// "imslab state: node is required; …", with the verb that it is about.
std::string complaint(const CLI::App* app, const CLI::Error& error) {
    std::string name = "imslab";
    for (auto parsed = app->get_subcommands(); !parsed.empty();
         parsed = parsed.front()->get_subcommands())
        name += " " + parsed.front()->get_name();
    return name + ": " + error.what() + "; `" + name + " --help` shows what there is\n";
}

// Empty: the first argument is a verb or an option.
std::string unknown_verb(const CLI::App& app, int count, char** arguments) {
    if (count < 2 || arguments[1][0] == '-') return {};
    std::string verbs;
    for (const auto* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
        if (verb->get_name() == arguments[1]) return {};
        verbs += (verbs.empty() ? "" : ", ") + verb->get_name();
    }
    return std::string("found no verb '") + arguments[1] + "', expected one of " + verbs;
}

}  // namespace

int main(int count, char** arguments) {
    using namespace imslab::lab;
    CLI::App app("An IMS core on your machine, and the scenarios that show what it does.",
                 "imslab");
    app.set_version_flag("--version", kVersion);
    app.require_subcommand(1);
    app.set_help_all_flag("--help-all", "help for every verb");
    app.footer(
        "Examples:\n"
        "  imslab up                        start the core and keep it running\n"
        "  imslab run                       every scenario, with a report under out/latest\n"
        "  imslab run REG-001 --verbose     one scenario, with its ladder\n"
        "  imslab check capture.pcapng      departures from the specification in somebody else's "
        "capture\n"
        "Exit status: 0 all well, 1 a scenario or check failed, 2 a mistake in a file or on the "
        "command line.");
    Context context;
    context.command_line = as_typed(count, arguments);
    add_up(app, context);
    add_run(app, context);
    add_list(app, context);
    add_coverage(app, context);
    add_check(app, context);
    add_ladder(app, context);
    add_state(app, context);
    add_subscriber(app, context);
    add_export(app, context);
    add_probe(app, context);
    add_sh(app, context);
    add_doctor(app, context);
    add_completion(app, context);
    app.failure_message(complaint);
    if (const auto unknown = unknown_verb(app, count, arguments); !unknown.empty())
        return report(unknown);
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {  // CLI11 has no other way
        const int status = app.exit(error, std::cout, std::cerr);
        return status == 0 ? kPassed : kUsage;
    }
    return context.exit;
}
