// The verbs of `imslab`. Each file command_<verb>.cpp adds its own to the command line; completion
// reads them all.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "lab/mistake.h"

namespace imslab::lab {

// Exit statuses, the same for every verb.
enum Exit : int { kPassed = 0, kFailed = 1, kUsage = 2 };

struct Context {
    int exit = kPassed;
    std::string command_line;  // as typed
};

void add_up(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_list(CLI::App& app, Context& context);
void add_coverage(CLI::App& app, Context& context);
void add_check(CLI::App& app, Context& context);
void add_ladder(CLI::App& app, Context& context);
void add_state(CLI::App& app, Context& context);
void add_subscriber(CLI::App& app, Context& context);
void add_sh(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);

// To standard error, each on a line of its own; the exit status for them.
int report(const std::vector<Mistake>& mistakes);
int report(const std::string& sentence);

}  // namespace imslab::lab
