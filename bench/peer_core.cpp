// Topologies that differ in nothing but who plays the CSCFs.
#include "bench/peer_core.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "bench/measured_node.h"
#include "lab/kamailio.h"
#include "lab/places.h"
#include "lab/stock.h"
#include "lab/udp_port.h"

namespace imslab::bench {

namespace fs = std::filesystem;
using namespace imslab::lab;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr const char* kFolder = "out/bench";
constexpr std::size_t kSubscribers = 10'000;
constexpr int kSharedMegabytes = 512;  // of stock Kamailio: it keeps everything there
constexpr int kWorkers = 4;            // of each socket of stock Kamailio
constexpr int kShortT1 = 100;          // ms

// proc(5): the processes, and of each its parent and its CPU time.
class Processes {
public:
    Processes() {
        std::error_code ignored;
        for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
            const pid_t id = std::atoi(entry.path().filename().c_str());
            std::ifstream file(entry.path() / "stat");
            std::string text;
            if (id <= 0 || !std::getline(file, text)) continue;
            std::istringstream fields(text.substr(text.rfind(')') + 2));
            std::string skipped;
            Seen seen;
            double user = 0, system = 0;
            fields >> skipped >> seen.parent;
            for (int field = 5; field < 14; ++field) fields >> skipped;
            fields >> user >> system;
            seen.cpu_seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
            all_[id] = seen;
        }
    }
    // The process and all that it has started, and they.
    std::vector<pid_t> tree(pid_t root) const {
        std::vector<pid_t> members{root};
        for (std::size_t i = 0; i < members.size(); ++i) {
            for (const auto& [id, seen] : all_) {
                if (seen.parent == members[i]) members.push_back(id);
            }
        }
        return members;
    }
    double cpu_seconds(pid_t id) const {
        const auto found = all_.find(id);
        return found == all_.end() ? 0 : found->second.cpu_seconds;
    }

private:
    struct Seen {
        pid_t parent = 0;
        double cpu_seconds = 0;
    };
    std::map<pid_t, Seen> all_;
};

Result<Topology, std::string> topology_of(const PeerCore::Options& options) {
    auto topology = Topology::load(topology_file("core"));
    if (!topology) return failure(topology.error().front().to_string());
    topology->subscribers_file = std::string(kFolder) + "/peer.subscribers.xml";
    if (auto problem = write_file(topology->subscribers_file, load_subscribers(kSubscribers));
        !problem.empty())
        return failure(problem);
    if (options.column == "stock") {
        if (auto problem = play_by_stock(*topology, "all"); !problem.empty())
            return failure(problem);
        for (auto& node : topology->nodes) {
            if (!node.is_stock()) continue;
            node.settings["shared_megabytes"] = kSharedMegabytes;
            node.settings["workers"] = kWorkers;
        }
        return std::move(*topology);
    }
    const std::string host = options.column == "kamailio" ? "kamailio" : "asio";
    if (auto problem = why_not_on(host); !problem.empty()) return failure(problem);
    run_cscfs_on(*topology, host);
    for (auto& node : topology->nodes) {
        if (node.kind == "hss" || !options.short_timers) continue;
        node.settings["timers"]["t1_ms"] = kShortT1;
        if (node.kind == "pcscf") node.settings["gm_timers"]["t1_ms"] = kShortT1;
    }
    return std::move(*topology);
}

Result<std::unique_ptr<Supervisor>, std::string> started(const PeerCore::Options& options) {
    auto topology = topology_of(options);
    if (!topology) return failure(topology.error());
    NodeOptions nodes;
    nodes.folder = std::string(kFolder) + "/peer-" + options.column;
    nodes.trace = false;
    nodes.log_level = "warning";
    std::error_code ignored;
    fs::remove_all(nodes.folder, ignored);
    fs::create_directories(nodes.folder, ignored);
    auto supervisor = std::make_unique<Supervisor>(std::move(*topology), nodes);
    if (const auto up = supervisor->start_all(in(seconds(30))); !up) return failure(up.error());
    return supervisor;
}

Address gm_of(const Supervisor& supervisor) {
    return supervisor.topology().node("pcscf")->addresses.at("Gm");
}

}  // namespace

double sum(const PerNode& values) {
    double all = 0;
    for (const auto& [node, value] : values) all += value;
    return all;
}

PerNode difference(const PerNode& after, const PerNode& before) {
    PerNode result = after;
    for (const auto& [node, value] : before) result[node] -= value;
    return result;
}

Result<std::unique_ptr<PeerCore>, std::string> PeerCore::start(const Options& options) {
    auto supervisor = started(options);
    if (!supervisor) return failure(supervisor.error());
    std::unique_ptr<PeerCore> core(new PeerCore);
    core->supervisor_ = std::move(*supervisor);
    std::vector<Address> local;
    for (int i = 1; i <= 4; ++i)
        local.push_back(*Address::parse(fmt::format("127.1.200.{}:5060", i)));
    auto load = Load::open(local, gm_of(*core->supervisor_), options.users);
    if (!load) return failure(load.error());
    core->load_.emplace(std::move(*load));
    return core;
}

PerNode PeerCore::cpu_seconds() const {
    const Processes processes;
    PerNode used;
    for (const auto& member : supervisor_->members()) {
        if (member.node->kind == "hss") continue;
        for (const pid_t id : processes.tree(member.process.id()))
            used[member.node->name] += processes.cpu_seconds(id);
    }
    return used;
}

PerNode PeerCore::bytes() const {
    const Processes processes;
    PerNode held;
    for (const auto& member : supervisor_->members()) {
        if (member.node->kind == "hss") continue;
        for (const pid_t id : processes.tree(member.process.id()))
            held[member.node->name] += proportional_bytes(id);
    }
    return held;
}

Result<double, std::string> PeerCore::boot_to_401(const std::string& column) {
    const auto local = *Address::parse("127.1.200.9:5060");
    auto port = UdpPort::open(local);
    if (!port) return failure(port.error());
    const auto began = steady_clock::now();
    auto supervisor = started({column});
    if (!supervisor) return failure(supervisor.error());
    port->send(gm_of(**supervisor), first_register(0, local));
    while (const auto answer = port->receive(in(seconds(10)))) {
        if (answer->starts_with("SIP/2.0 1")) continue;
        if (!answer->starts_with("SIP/2.0 401"))
            return failure("the first REGISTER was answered " +
                           answer->substr(0, answer->find('\r')));
        return std::chrono::duration<double, std::milli>(steady_clock::now() - began).count();
    }
    return failure(std::string("no 401 came"));
}

}  // namespace imslab::bench
