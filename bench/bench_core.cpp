// The core as processes: how soon it serves, what a registration and a call cost, how much it
// takes. CPU is user and system time of P-, I- and S-CSCF together, from /proc; the HSS and the
// load are not in it, as at the peer.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/measured_node.h"
#include "lab/chance.h"
#include "lab/load.h"
#include "lab/places.h"
#include "lab/process.h"
#include "lab/supervisor.h"
#include "lab/ue.h"

namespace fs = std::filesystem;
using namespace imslab;
using namespace imslab::lab;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t kUsers = 20'000;
constexpr std::size_t kCallers = 4'000;
constexpr const char* kFolder = "out/bench";

void figure(const std::string& id,
            double value,
            const std::string& unit,
            double target,
            const std::string& peer) {
    fmt::print("{{\"id\":\"{}\",\"value\":{:.3f},\"unit\":\"{}\",\"target\":{},\"peer\":{}}}\n",
               id,
               value,
               unit,
               target,
               peer);
    std::fflush(stdout);
}

int fail(const std::string& sentence) {
    fmt::print(stderr, "bench_core: {}\n", sentence);
    return 1;
}

// What a process has used so far; how often its threads slept.
struct Usage {
    bench::CpuSeconds cpu;
    std::uint64_t sleeps = 0;
};

Usage usage_of(pid_t process) {
    const auto folder = fmt::format("/proc/{}", process);
    Usage usage{bench::cpu_seconds_of(process)};
    constexpr std::string_view kSleeps = "voluntary_ctxt_switches:";
    for (const auto& thread : fs::directory_iterator(folder + "/task")) {
        std::ifstream status(thread.path() / "status");
        for (std::string line; std::getline(status, line);) {
            if (line.starts_with(kSleeps)) usage.sleeps += std::stoull(line.substr(kSleeps.size()));
        }
    }
    return usage;
}

// The core with many subscribers, and a load on it.
struct Core {
    Topology topology;
    std::unique_ptr<Supervisor> supervisor;
    std::optional<Load> load;

    std::string start(bool trace, std::size_t users = kUsers) {
        auto loaded = Topology::load(topology_file("core"));
        if (!loaded) return loaded.error().front().to_string();
        topology = std::move(*loaded);
        topology.subscribers_file = std::string(kFolder) + "/load.subscribers.xml";
        if (auto problem = write_file(topology.subscribers_file, load_subscribers(users));
            !problem.empty())
            return problem;
        NodeOptions options;
        options.folder = std::string(kFolder) + (trace ? "/traced" : "/untraced");
        options.trace = trace;
        options.log_level = "warning";
        std::error_code ignored;
        fs::remove_all(options.folder, ignored);
        supervisor = std::make_unique<Supervisor>(topology, options);
        if (const auto up = supervisor->start_all(in(seconds(30))); !up) return up.error();
        std::vector<Address> local;
        for (int i = 1; i <= 4; ++i)
            local.push_back(*Address::parse(fmt::format("127.1.200.{}:5060", i)));
        auto opened = Load::open(local, topology.node("pcscf")->addresses.at("Gm"), users);
        if (!opened) return opened.error();
        load.emplace(std::move(*opened));
        return {};
    }

    double cpu() const {
        double all = 0;
        for (const auto& member : supervisor->members()) {
            if (member.node->kind != "hss") all += bench::cpu_seconds_of(member.process.id()).all();
        }
        return all;
    }
};

// Where the time of a run went, process by process, per 1,000 of what it did.
class Breakdown {
public:
    explicit Breakdown(const Core& core) {
        for (const auto& member : core.supervisor->members())
            processes_.push_back({member.node->name, member.process.id(), {}});
        processes_.push_back({"load", getpid(), {}});
        for (auto& process : processes_) process.before = usage_of(process.id);
    }

    void print(std::size_t count) const {
        const double share = 1000 / static_cast<double>(count);
        for (const auto& process : processes_) {
            const auto after = usage_of(process.id);
            fmt::print(stderr,
                       "  {:6} user {:.3f} s, system {:.3f} s, {:.0f} sleeps\n",
                       process.name,
                       (after.cpu.user - process.before.cpu.user) * share,
                       (after.cpu.system - process.before.cpu.system) * share,
                       static_cast<double>(after.sleeps - process.before.sleeps) * share);
        }
    }

private:
    struct Measured {
        std::string name;
        pid_t id;
        Usage before;
    };
    std::vector<Measured> processes_;
};

void say(const char* what, double rate, const LoadResult& result) {
    fmt::print(
        stderr,
        "{} at {:.0f}/s: {} of {}, {} refused, {} sent again, p50 {:.2f} ms, p99 {:.2f} ms\n",
        what,
        rate,
        result.succeeded,
        result.attempted,
        result.refused,
        result.retransmissions,
        result.p50_ms,
        result.p99_ms);
}

// From exec of `imslab up` to the first 401 that came through P-, I-, S-CSCF and HSS.
Result<double, std::string> boot_to_401() {
    auto topology = Topology::load(topology_file("core"));
    if (!topology) return failure(topology.error().front().to_string());
    // the UE is ready before the clock starts: what is measured is the core
    Chance chance(1);
    auto port = UdpPort::open(*Address::parse("127.1.200.9:5060"));
    if (!port) return failure(port.error());
    UeIdentity identity;
    identity.private_identity = "001010000000001@" + topology->home;
    identity.public_identities = {"sip:alice@" + topology->home};
    identity.home = topology->home;
    TopologyUe place;
    place.address = *Address::parse("127.1.200.9:5060");
    const auto gm = topology->node("pcscf")->addresses.at("Gm");
    Ue ue(place, gm, identity, chance);
    const RegisterCommand command;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return failure(std::string("no pipe to be had"));
    const Descriptor said(ends[0]);
    Process::Start start;
    start.arguments = {fs::path(executable_path()).parent_path().string() + "/imslab",
                       "up",
                       "core",
                       "--no-trace",
                       "--json",
                       "--out",
                       kFolder};
    start.output = fmt::format("/proc/self/fd/{}", ends[1]);
    const auto began = steady_clock::now();
    auto process = Process::start(start);
    close(ends[1]);
    if (!process) return failure(process.error());
    pollfd watched{said.get(), POLLIN, 0};
    if (poll(&watched, 1, 10'000) <= 0) return failure(std::string("imslab up said nothing"));
    port->send(gm, ue.make_register(command, ue.first_authorization(command)).to_bytes());
    double took = -1;
    while (const auto octets = port->receive(in(seconds(3)))) {
        if (!octets->starts_with("SIP/2.0 401")) {
            if (octets->starts_with("SIP/2.0 1")) continue;
            process->stop(in(seconds(5)));
            return failure("the first REGISTER was answered " +
                           octets->substr(0, octets->find('\r')));
        }
        took = std::chrono::duration<double, std::milli>(steady_clock::now() - began).count();
        break;
    }
    process->stop(in(seconds(5)));
    if (took < 0) return failure(std::string("no 401 came"));
    return took;
}

std::string measure_boot() {
    std::vector<double> times;
    for (int round = 0; round < 7; ++round) {
        const auto took = boot_to_401();
        if (!took) return took.error();
        times.push_back(*took);
    }
    std::sort(times.begin(), times.end());
    fmt::print(
        stderr, "boot to 401: best {:.1f} ms, worst {:.1f} ms\n", times.front(), times.back());
    figure("boot_to_401_ms", times[times.size() / 2], "ms", 50, "1060");
    return {};
}

// CPU-s per 1,000 of what `count` at `rate` cost.
double cost(Core& core, const char* what, double rate, std::size_t count, bool calls) {
    const auto before = core.cpu();
    const auto result =
        calls ? core.load->call(rate, count) : core.load->register_users(rate, count);
    say(what, rate, result);
    return result.succeeded == 0
               ? -1
               : (core.cpu() - before) * 1000 / static_cast<double>(result.succeeded);
}

void measure_sustained(Core& core) {
    double best = 0;
    for (double rate = 2'500; rate <= 10'000; rate += rate < 3'000 ? 500 : 1'000) {
        const auto result = core.load->register_users(rate, static_cast<std::size_t>(rate * 4));
        say("registrations", rate, result);
        if (result.succeeded != result.attempted || result.retransmissions != 0) break;
        best = rate;
    }
    figure("reg_sustained_per_s", best, "1/s", 3000, "2500");
}

}  // namespace

// bench_core [registrations|calls RATE COUNT]: that alone, for a profiler.
int main(int argc, char** argv) {
    std::error_code ignored;
    fs::create_directories(kFolder, ignored);
    if (argc == 4) {
        Core core;
        if (const auto problem = core.start(false, kCallers); !problem.empty())
            return fail(problem);
        const bool calls = argv[1] == std::string_view("calls");
        core.load->register_users(2'000, kCallers);
        fmt::print(stderr, "ready\n");
        const auto count = std::strtoul(argv[3], nullptr, 10);
        const Breakdown breakdown(core);
        const double spent = cost(core, argv[1], std::atof(argv[2]), count, calls);
        fmt::print(stderr, "{:.3f} CPU-s per 1,000\n", spent);
        breakdown.print(count);
        return 0;
    }
    if (const auto problem = measure_boot(); !problem.empty()) return fail(problem);
    {
        Core core;
        if (const auto problem = core.start(false); !problem.empty()) return fail(problem);
        core.load->register_users(1'000, 2'000);  // warm
        figure("reg_cpu_s_per_1000",
               cost(core, "registrations", 1'000, 10'000, false),
               "CPU-s",
               0.30,
               "0.65");
        figure("reg_cpu_s_per_1000_at_2500",
               cost(core, "registrations", 2'500, 15'000, false),
               "CPU-s",
               0.25,
               "0.50");
        measure_sustained(core);
    }
    {
        // What registrations leave behind for 32 s does not burden the calls.
        Core core;
        if (const auto problem = core.start(false, kCallers); !problem.empty())
            return fail(problem);
        core.load->register_users(2'000, kCallers);
        figure("call_cpu_s_per_1000", cost(core, "calls", 400, 4'000, true), "CPU-s", 0.4, "1.2");
    }
    Core core;
    if (const auto problem = core.start(true); !problem.empty()) return fail(problem);
    core.load->register_users(1'000, 2'000);
    figure("reg_cpu_s_per_1000_traced",
           cost(core, "registrations, traced,", 1'000, 10'000, false),
           "CPU-s",
           0.30,
           "0.65");
    return 0;
}
