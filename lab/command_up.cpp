// imslab up: a topology that runs until Ctrl-C.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lab/commands.h"
#include "lab/interrupt.h"
#include "lab/kamailio.h"
#include "lab/places.h"
#include "lab/running.h"
#include "lab/shared_lab.h"
#include "lab/terminal.h"
#include "lab/topology_check.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

struct UpOptions {
    std::string topology = "core", out = "out", host;
    bool json = false, verbose = false, no_trace = false;
};

std::string addresses_of(const TopologyNode& node) {
    std::string text;
    for (const auto& [point, address] : node.addresses)
        text += (text.empty() ? "" : "  ") + point + " " + address.to_string();
    for (const auto& [point, ports] : node.transports) {
        for (const auto& [transport, port] : ports)
            text += fmt::format("  {} {}", to_string(transport), port);
    }
    return text;
}

void show(const Supervisor& supervisor, const Terminal& terminal, double total_ms) {
    for (const auto& node : supervisor.topology().nodes) {
        std::string state = terminal.dim("somebody else's");
        for (const auto& member : supervisor.members()) {
            if (member.node->name != node.name) continue;
            state = terminal.green("ready") +
                    fmt::format(" in {:.1f} ms",
                                static_cast<double>(member.time_to_ready.count()) / 1000);
        }
        fmt::print("{:<16} {:<44} {}\n", node.label, addresses_of(node), state);
    }
    for (const auto& ue : supervisor.topology().ues)
        fmt::print("{:<16} {:<44} {}\n",
                   ue.name,
                   ue.address.to_string(),
                   terminal.dim(
                       "UE at " + ue.pcscf +
                       (ue.transport == Transport::udp
                            ? ""
                            : " by " + std::string(to_string(ue.transport)))));
    fmt::print("{} is up after {:.1f} ms; records in {}. Ctrl-C stops it.\n",
               supervisor.topology().name,
               total_ms,
               supervisor.options().folder);
    std::fflush(stdout);
}

void show_json(const Supervisor& supervisor, double total_ms) {
    nlohmann::ordered_json state;
    state["topology"] = supervisor.topology().name;
    state["milliseconds"] = total_ms;
    state["folder"] = supervisor.options().folder;
    for (const auto& member : supervisor.members()) {
        nlohmann::ordered_json node;
        node["name"] = member.node->name;
        node["kind"] = member.node->kind;
        for (const auto& [point, address] : member.node->addresses)
            node["addresses"][point] = address.to_string();
        for (const auto& [point, ports] : member.node->transports) {
            for (const auto& [transport, port] : ports)
                node["transports"][point][std::string(to_string(transport))] = port;
        }
        node["pid"] = member.process.id();
        node["milliseconds_to_ready"] = static_cast<double>(member.time_to_ready.count()) / 1000;
        state["nodes"].push_back(std::move(node));
    }
    fmt::print("{}\n", state.dump());
    std::fflush(stdout);
}

int up(const UpOptions& options) {
    const auto started = std::chrono::steady_clock::now();
    auto topology = Topology::load(topology_file(options.topology));
    if (!topology) return report(topology.error());
    if (!options.host.empty()) {
        if (const auto problem = why_not_on(options.host); !problem.empty()) return report(problem);
        run_cscfs_on(*topology, options.host);
    }
    NodeOptions node_options;
    node_options.folder = options.out + "/up-" + topology->name;
    node_options.cache = options.out + "/cache";
    node_options.trace = !options.no_trace;
    if (options.verbose) node_options.log_level = "debug";
    if (const auto mistakes = mistakes_in_network(*topology); !mistakes.empty())
        return report(mistakes);
    const auto named = *topology;
    Interrupt::install();
    // Its records and its database lie there.
    if (Running::find(options.out))
        return report("a lab is up already in " + options.out +
                      "; end it with Ctrl-C, or choose another folder with --out");
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(node_options.folder, ignored))
        fs::remove(entry.path(), ignored);
    SharedLab lab(std::move(*topology), node_options, options.out);
    if (const auto started_all = lab.start(in(std::chrono::seconds(15))); !started_all) {
        if (Interrupt::happened()) return kFailed;
        // a setting's place in the file says more than the node that did not take it
        const auto mistakes = mistakes_in_settings(named);
        return mistakes.empty() ? report(started_all.error()) : report(mistakes);
    }
    const std::chrono::duration<double, std::milli> took =
        std::chrono::steady_clock::now() - started;
    if (options.json)
        show_json(lab.supervisor(), took.count());
    else
        show(lab.supervisor(), Terminal::of_output(), took.count());
    const auto problem = lab.stay([&](const std::string& sentence) {
        if (options.json) return;
        fmt::print("{}\n", sentence);
        std::fflush(stdout);
    });
    lab.stop();
    return problem.empty() ? kPassed : (report(problem), kFailed);
}

}  // namespace

void add_up(CLI::App& app, Context& context) {
    auto* verb = app.add_subcommand("up", "Start a topology and stay until Ctrl-C");
    auto options = std::make_shared<UpOptions>();
    verb->add_option("topology,--topology",
                     options->topology,
                     "a name in scenarios/topologies, or a YAML file")
        ->capture_default_str();
    verb->add_option("--host", options->host, "what the CSCFs run in: asio or kamailio");
    verb->add_option("--out", options->out, "where traces and logs go")->capture_default_str();
    verb->add_flag("--no-trace", options->no_trace, "do not record messages");
    verb->add_flag("--json", options->json, "say what runs as one line of JSON");
    verb->add_flag("-v,--verbose", options->verbose, "nodes log in detail");
    verb->footer(
        "Examples:\n  imslab up\n  imslab up two-scscf\n  imslab up my/network.yaml --out "
        "/tmp/lab");
    verb->callback([options, &context] { context.exit = up(*options); });
}

}  // namespace imslab::lab
