// imslab state: what a running node knows.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "lab/commands.h"
#include "lab/mistake.h"
#include "lab/places.h"
#include "lab/run.h"
#include "lab/running.h"

namespace imslab::lab {

int report(const std::vector<Mistake>& mistakes) {
    for (const auto& mistake : mistakes) fmt::print(stderr, "{}\n", mistake.to_string());
    return kUsage;
}

int report(const std::string& sentence) {
    fmt::print(stderr, "imslab: {}\n", sentence);
    return kUsage;
}

namespace {

int show_state(const std::string& node, const std::string& out, bool json) {
    const auto lab = Running::find(out);
    if (!lab) return report(std::string("no lab is up; `imslab up` starts one"));
    const auto socket = lab->control_sockets.find(node);
    if (socket == lab->control_sockets.end()) {
        std::string names;
        for (const auto& [name, path] : lab->control_sockets)
            names += (names.empty() ? "" : ", ") + name;
        return report("no node '" + node + "' of ours is up" +
                      (names.empty() ? "" : ", expected one of " + names));
    }
    const auto state = ask_node(socket->second, "state", in(std::chrono::seconds(5)));
    if (!state) return report(state.error()), kFailed;
    const auto parsed = nlohmann::ordered_json::parse(*state, nullptr, false);
    if (parsed.is_discarded())
        return report(node + " answered what is no JSON: " + *state), kFailed;
    fmt::print("{}\n", parsed.dump(json ? -1 : 2));
    return kPassed;
}

}  // namespace

void add_state(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand(
        "state", "A running node's bindings, dialogs, transactions, subscriptions");
    struct Options {
        std::string node, out = "out";
        bool json = false;
    };
    auto options = std::make_shared<Options>();
    verb->add_option("node", options->node, "its name in the topology: scscf")->required();
    verb->add_option("--out", options->out, "where `imslab up` was told to write")
        ->capture_default_str();
    verb->add_flag("--json", options->json, "on one line");
    verb->footer("Examples:\n  imslab state scscf\n  imslab state pcscf --json | jq .bindings");
    verb->callback([options, &context] {
        context.exit = show_state(options->node, options->out, options->json);
    });
}

}  // namespace imslab::lab
