// imslab probe: is a node alive, does it serve? For the probes of a container platform, and for
// scripts that wait.
#include <fmt/format.h>

#include <chrono>

#include "lab/control.h"
#include "lab/deployment_commands.h"

namespace imslab::lab {

namespace {

struct ProbeOptions {
    std::string socket;
    double within_seconds = 2;
    bool live = false;
};

// Ready: it serves. What it needs from others (an HSS, a database) does not count: a node that
// misses it still has an answer for everybody, and is not helped by being left alone.
int probe(const ProbeOptions& options) {
    const auto patience = std::chrono::milliseconds(
        static_cast<std::chrono::milliseconds::rep>(options.within_seconds * 1000));
    const auto answer = ask_node(options.socket, "ready", in(patience));
    if (!answer) return report(answer.error()), kFailed;
    const auto said = answer->substr(0, answer->find('\n'));
    if (options.live || said == "ready") {
        fmt::print("{}\n", options.live ? "alive" : said);
        return kPassed;
    }
    return report("the node does not serve yet"), kFailed;
}

}  // namespace

void add_probe(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("probe", "Whether a node serves; exit status 0 or 1");
    auto options = std::make_shared<ProbeOptions>();
    verb->add_option("socket", options->socket, "the node's control socket")->required();
    verb->add_flag("--live", options->live, "whether it answers at all");
    verb->add_option("--within", options->within_seconds, "seconds to wait for its answer")
        ->check(CLI::Range(0.01, 600.0))
        ->capture_default_str();
    verb->footer(
        "Examples:\n"
        "  imslab probe out/up-core/scscf.sock\n"
        "  imslab probe /run/imslab/node.sock --live --within 5");
    verb->callback([options, &context] { context.exit = probe(*options); });
}

}  // namespace imslab::lab
