// Ours and Kamailio's own IMS modules, one after the other in one run: the same load on the same
// HSS at the same rates. CPU is user and system time of P-, I- and S-CSCF with all their processes,
// from /proc; the HSS and the load are not in it.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "lab/load.h"
#include "lab/places.h"
#include "lab/stock.h"
#include "lab/supervisor.h"

namespace fs = std::filesystem;
using namespace imslab;
using namespace imslab::lab;
using std::chrono::seconds;

namespace {

constexpr std::size_t kUsers = 10'000;
constexpr const char* kFolder = "out/bench";

struct Processes {
    std::map<pid_t, std::pair<pid_t, double>> all;  // parent and CPU-s, by process

    // proc(5): fields 4, 14 and 15 of stat.
    Processes() {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
            const auto id = std::atoi(entry.path().filename().c_str());
            std::ifstream file(entry.path() / "stat");
            std::string text;
            if (id <= 0 || !std::getline(file, text)) continue;
            std::istringstream fields(text.substr(text.rfind(')') + 2));
            std::string skipped;
            pid_t parent = 0;
            double user = 0, system = 0;
            fields >> skipped >> parent;
            for (int field = 5; field < 14; ++field) fields >> skipped;
            fields >> user >> system;
            all[id] = {parent, (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK))};
        }
    }
    double of_tree(pid_t root) const {
        const auto found = all.find(root);
        double sum = found == all.end() ? 0 : found->second.second;
        for (const auto& [id, process] : all) {
            if (process.first == root) sum += of_tree(id);
        }
        return sum;
    }
};

double cpu_of(const Supervisor& supervisor) {
    const Processes processes;
    double all = 0;
    for (const auto& member : supervisor.members()) {
        if (member.node->kind != "hss") all += processes.of_tree(member.process.id());
    }
    return all;
}

void figures(
    const std::string& who, const char* what, double rate, const LoadResult& result, double cpu) {
    const auto id = fmt::format("peer_{}_{}_{:.0f}", who, what, rate);
    const auto line = [&](const char* name, double value, const char* unit) {
        fmt::print(
            "{{\"id\":\"{}_{}\",\"value\":{:.3f},\"unit\":\"{}\",\"target\":null,\"peer\":null}}\n",
            id,
            name,
            value,
            unit);
    };
    const auto done = static_cast<double>(result.succeeded);
    line("cpu_s_per_1000", result.succeeded == 0 ? -1 : cpu * 1000 / done, "CPU-s");
    line("success", 100 * done / static_cast<double>(result.attempted), "%");
    line("p50", result.p50_ms, "ms");
    line("p99", result.p99_ms, "ms");
    fmt::print(stderr,
               "{}: {} of {}, {} sent again {}\n",
               id,
               result.succeeded,
               result.attempted,
               result.retransmissions,
               result.problem);
    std::fflush(stdout);
}

std::string measure(const std::string& who) {
    auto topology = Topology::load(topology_file("core"));
    if (!topology) return topology.error().front().to_string();
    topology->subscribers_file = std::string(kFolder) + "/peer.subscribers.xml";
    if (auto problem = write_file(topology->subscribers_file, load_subscribers(kUsers));
        !problem.empty())
        return problem;
    if (who == "stock") {
        if (auto problem = play_by_stock(*topology, "all"); !problem.empty()) return problem;
        for (auto& node : topology->nodes) {
            node.settings["shared_megabytes"] = 512;
            node.settings["workers"] = 4;
        }
    }
    NodeOptions options;
    options.folder = std::string(kFolder) + "/peer-" + who;
    options.trace = false;
    options.log_level = "warning";
    std::error_code ignored;
    fs::remove_all(options.folder, ignored);
    for (auto& node : topology->nodes) {
        if (node.is_stock()) continue;
        node.settings.erase("shared_megabytes");
        node.settings.erase("workers");
    }
    Supervisor supervisor(*topology, options);
    if (const auto up = supervisor.start_all(in(seconds(30))); !up) return up.error();
    std::vector<Address> local;
    for (int i = 1; i <= 4; ++i)
        local.push_back(*Address::parse(fmt::format("127.1.200.{}:5060", i)));
    auto load = Load::open(local, topology->node("pcscf")->addresses.at("Gm"), kUsers);
    if (!load) return load.error();
    load->register_users(500, 1'000);  // warm
    for (const double rate : {500.0, 1'000.0, 2'500.0}) {
        const auto before = cpu_of(supervisor);
        const auto result = load->register_users(rate, static_cast<std::size_t>(rate * 4));
        figures(who, "registrations", rate, result, cpu_of(supervisor) - before);
    }
    for (const double rate : {200.0, 400.0}) {
        const auto before = cpu_of(supervisor);
        const auto result = load->call(rate, static_cast<std::size_t>(rate * 5));
        figures(who, "calls", rate, result, cpu_of(supervisor) - before);
    }
    if (const auto death = supervisor.death()) return *death;
    return {};
}

}  // namespace

int main() {
    std::error_code ignored;
    fs::create_directories(kFolder, ignored);
    int failed = 0;
    for (const auto* who : {"ours", "stock"}) {
        if (const auto problem = measure(who); !problem.empty()) {
            fmt::print(stderr, "bench_peer: {}: {}\n", who, problem);
            failed = 1;
        }
    }
    return failed;
}
