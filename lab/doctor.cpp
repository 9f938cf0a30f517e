// imslab doctor: what this machine lacks, and the command that mends it.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "lab/commands.h"
#include "lab/content_scanner.h"
#include "lab/kamailio.h"
#include "lab/places.h"
#include "lab/soft_phone.h"
#include "lab/supervisor.h"
#include "lab/terminal.h"
#include "lab/wiretap.h"

namespace imslab::lab {

namespace fs = std::filesystem;

namespace {

struct Finding {
    bool well = false;
    std::string what, remedy;
    bool needed = true;  // else only by `imslab run --host kamailio`, or by phones of somebody else
};

Finding program(const std::string& name, const std::string& package, const std::string& for_what) {
    const auto path = find_program(name);
    if (!path.empty()) return {true, name + " (" + path + ")", ""};
    return {false, name + " is missing: " + for_what, "sudo apt-get install " + package};
}

Finding library(const std::string& name, const std::string& package) {
    std::error_code ignored;
    for (const auto* folder : {"/usr/lib/x86_64-linux-gnu",
                               "/usr/lib/aarch64-linux-gnu",
                               "/usr/lib",
                               "/usr/local/lib"}) {
        if (!fs::exists(folder, ignored)) continue;
        for (const auto& entry : fs::directory_iterator(folder, ignored)) {
            if (entry.path().filename().string().starts_with(name))
                return {true, name + " (" + folder + ")", ""};
        }
    }
    return {false, name + " is missing", "sudo apt-get install " + package};
}

Finding node(const std::string& kind) {
    const auto path = node_executable(kind);
    if (access(path.c_str(), X_OK) == 0) return {true, kind + " (" + path + ")", ""};
    return {false, "the node " + kind + " is not built", "make build"};
}

// Who plays with stock Kamailio (plain SIP, --stock, --matrix) hears it on the wire.
Finding wiretap() {
    const auto why_not = Wiretap::why_not();
    if (why_not.empty()) return {true, "the wire may be listened to", "", false};
    return {false, why_not, "sudo setcap cap_net_raw+ep " + executable_path(), false};
}

Finding kamailio() {
    const auto program = kamailio_program();
    if (program.empty())
        return {false, "kamailio is missing: the CSCFs can run in it", "make kamailio", false};
    const auto module = kamailio_module();
    if (access(module.c_str(), R_OK) == 0)
        return {true, "kamailio (" + program + ", " + module + ")", "", false};
    return {false, "the Kamailio module ims_node is not built", "make kamailio", false};
}

// A phone of somebody else's.
Finding phone(const std::string& what, TopologyUe::Driver driver, const std::string& program) {
    const auto problem = why_no_phone(driver);
    if (problem.empty()) return {true, what + " (" + find_program(program) + ")", "", false};
    return {false,
            "no " + what + ": " + problem.substr(0, problem.find(';')),
            "make setup-test",
            false};
}

Finding scanner() {
    const auto problem = why_no_scanner();
    if (problem.empty())
        return {true, "clamd: the content filter of messages has a scanner", "", false};
    return {false, problem.substr(0, problem.find(';')), "make setup-test", false};
}

Finding open_files() {
    constexpr rlim_t wanted = 1024;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= wanted)
        return {true, fmt::format("{} open files allowed", limit.rlim_cur), ""};
    return {false,
            fmt::format("only {} open files allowed, {} are needed", limit.rlim_cur, wanted),
            fmt::format("ulimit -n {}", wanted)};
}

std::vector<Finding> examine(const std::string& topology_name) {
    std::vector<Finding> findings{program("sipp", "sip-tester", "it plays the UEs in calls"),
                                  program("tshark", "tshark", "the independent look at captures"),
                                  library("libfdcore.so", "libfreediameter-dev"),
                                  library("libsoci_sqlite3.so", "libsoci-dev"),
                                  open_files()};
    for (const auto* kind : {"pcscf", "icscf", "scscf", "hss", "as", "sh_client"})
        findings.push_back(node(kind));
    findings.push_back(kamailio());
    findings.push_back(wiretap());
    using Driver = TopologyUe::Driver;
    findings.push_back(phone("browser phones", Driver::browser, "chromium"));
    findings.push_back(phone("baresip phones", Driver::baresip, "baresip"));
    findings.push_back(phone("Linphone phones", Driver::linphone, "linphone-daemon"));
    findings.push_back(scanner());
    const auto topology = Topology::load(topology_file(topology_name));
    if (!topology) {
        findings.push_back({false,
                            topology.error().front().to_string(),
                            "imslab check " + topology_file(topology_name)});
        return findings;
    }
    const auto taken = unusable_addresses(*topology);
    for (const auto& problem : taken) {
        // Who has a port is to be ended by hand: the sentence says how he is found.
        const bool in_use = problem.find("is taken") != std::string::npos;
        const auto remedy = in_use ? std::string::npos : problem.find('`');
        const auto end = problem.find('`', remedy + 1);
        findings.push_back(
            {false,
             problem,
             remedy == std::string::npos ? "" : problem.substr(remedy + 1, end - remedy - 1)});
    }
    if (taken.empty())
        findings.push_back({true, "the addresses of " + topology->name + " are free", ""});
    return findings;
}

int doctor(const std::string& topology, bool json) {
    const auto terminal = Terminal::of_output();
    auto result = nlohmann::ordered_json::array();
    bool well = true;
    for (const auto& finding : examine(topology)) {
        well = well && (finding.well || !finding.needed);
        if (json) {
            nlohmann::ordered_json entry;
            entry["well"] = finding.well;
            entry["what"] = finding.what;
            entry["remedy"] = finding.remedy;
            entry["needed"] = finding.needed;
            result.push_back(std::move(entry));
        } else {
            fmt::print("{} {}\n",
                       finding.well     ? terminal.green("ok     ")
                       : finding.needed ? terminal.red("missing")
                                        : "without",
                       finding.what);
            if (!finding.well && !finding.remedy.empty())
                fmt::print("        mend it: {}\n", terminal.bold(finding.remedy));
        }
    }
    if (json) fmt::print("{}\n", result.dump(2));
    return well ? kPassed : kFailed;
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
    auto* verb =
        app.add_subcommand("doctor", "What this machine lacks, and the command that mends it");
    struct Options {
        std::string topology = "core";
        bool json = false;
    };
    auto options = std::make_shared<Options>();
    verb->add_option("--topology", options->topology, "whose addresses are tried")
        ->capture_default_str();
    verb->add_flag("--json", options->json, "as JSON");
    verb->footer("Examples:\n  imslab doctor\n  imslab doctor --topology two-scscf --json");
    verb->callback(
        [options, &context] { context.exit = doctor(options->topology, options->json); });
}

}  // namespace imslab::lab
