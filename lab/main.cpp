// The command `imslab`.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "lab/commands.h"
#include "lab/version.h"

namespace {

std::string as_typed(int count, char** arguments) {
    std::string line = "imslab";
    for (int i = 1; i < count; ++i) line.append(" ").append(arguments[i]);
    return line;
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
    add_doctor(app, context);
    add_completion(app, context);
    try {
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {  // CLI11 has no other way
        const int status = app.exit(error, std::cout, std::cerr);
        return status == 0 ? kPassed : kUsage;
    }
    return context.exit;
}
