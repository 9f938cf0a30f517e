// Three hosts in one run: our nodes as processes of their own, our nodes inside Kamailio, and
// Kamailio's own IMS modules; the same load on the same HSS at the same rates, alternating, each
// measurement on a core started for it. CPU is user and system time of P-, I- and S-CSCF with all
// their processes, from /proc; the HSS and the load are not in it.
//
//   bench_peer [--seconds N]                      all of it; the tables and the chart in out/bench
//   bench_peer COLUMN registrations|calls RATE SECONDS    that alone, for a profiler
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <thread>

#include "bench/peer_core.h"
#include "bench/peer_report.h"
#include "lab/places.h"

namespace fs = std::filesystem;
using namespace imslab;
using namespace imslab::bench;
using std::chrono::steady_clock;

namespace {

constexpr const char* kFolder = "out/bench";
constexpr double kSeconds = 4;  // of load in each measurement, unless it is said
constexpr std::size_t kWarm = 500, kCallers = 1'000, kRegistered = 3'000;
constexpr double kGently = 400, kSteadily = 800;  // registrations a second
constexpr auto kQuiet = std::chrono::seconds(7);  // after which transactions have ended
constexpr int kBoots = 3;

double own_cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void say(const std::string& column, const Cell& cell, const Measured& measured) {
    fmt::print(stderr,
               "{:<9} {:<9} {:.3f} CPU-s per 1,000, {} of {}, {} sent again, p50 {:.1f} ms, p99 "
               "{:.1f} ms, load {:.0f} % of a core and {:.0f} ms late {}\n",
               cell.id(),
               column,
               sum(measured.cpu_seconds),
               measured.load.succeeded,
               measured.load.attempted,
               measured.load.retransmissions,
               measured.load.p50_ms,
               measured.load.p99_ms,
               100 * measured.generator_cpu_share,
               measured.load.late_ms,
               measured.load.problem);
}

// Before calls everybody is registered, before registrations connections and caches are warm. Who
// was lost in one round has been registered in another.
std::string prepare(PeerCore& core, const Cell& cell) {
    const auto wanted = cell.calls ? kCallers : kWarm;
    std::size_t registered = 0;
    for (double rate = kGently; rate > kGently / 5; rate /= 2) {
        registered = core.load().register_users(rate, wanted).succeeded;
        if (registered == wanted || !cell.calls) return {};
    }
    if (registered >= wanted * 99 / 100) return {};
    return fmt::format("{} of {} callers could be registered", registered, wanted);
}

Result<Measured, std::string> measure(const std::string& column, const Cell& cell, double seconds) {
    PeerCore::Options options;
    options.column = column;
    if (cell.calls) options.users = kCallers;
    auto core = PeerCore::start(options);
    if (!core) return failure(core.error());
    if (auto problem = prepare(**core, cell); !problem.empty()) return failure(problem);
    const auto count = static_cast<std::size_t>(cell.rate * seconds);
    const auto before = (*core)->cpu_seconds();
    const double own = own_cpu_seconds();
    const auto began = steady_clock::now();
    Measured measured;
    measured.load = cell.calls ? (*core)->load().call(cell.rate, count)
                               : (*core)->load().register_users(cell.rate, count);
    const std::chrono::duration<double> took = steady_clock::now() - began;
    measured.generator_cpu_share = (own_cpu_seconds() - own) / took.count();
    measured.cpu_seconds = difference((*core)->cpu_seconds(), before);
    const auto done = static_cast<double>(std::max<std::size_t>(measured.load.succeeded, 1));
    for (auto& [node, used] : measured.cpu_seconds) used *= 1000 / done;
    if (const auto death = (*core)->death()) return failure(*death);
    return measured;
}

// The first two thirds of the users make the heap what it is with transactions coming and going;
// what the last third adds is theirs.
Result<PerNode, std::string> bytes_per_user(const std::string& column) {
    PeerCore::Options options;
    options.column = column;
    options.users = 3 * kRegistered;
    options.short_timers = true;
    auto core = PeerCore::start(options);
    if (!core) return failure(core.error());
    PerNode before;
    for (int third = 0; third < 3; ++third) {
        const auto result = (*core)->load().register_users(kSteadily, kRegistered);
        if (result.succeeded < kRegistered * 99 / 100)
            return failure(fmt::format("{} of {} registered", result.succeeded, kRegistered));
        std::this_thread::sleep_for(kQuiet);
        if (third == 1) before = (*core)->bytes();
    }
    auto bytes = difference((*core)->bytes(), before);
    for (auto& [node, value] : bytes) value /= kRegistered;
    return bytes;
}

Result<double, std::string> boot(const std::string& column) {
    std::vector<double> times;
    for (int i = 0; i < kBoots; ++i) {
        const auto time = PeerCore::boot_to_401(column);
        if (!time) return time;
        times.push_back(*time);
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

int fail(const std::string& column, const std::string& what, const std::string& why) {
    fmt::print(stderr, "bench_peer: {}, {}: {}\n", column, what, why);
    return 1;
}

int measure_all(Results& results, double seconds) {
    int failed = 0;
    for (const auto& column : kColumns) results.columns[column].cells.resize(results.cells.size());
    for (std::size_t i = 0; i < results.cells.size(); ++i) {
        // Whoever is first finds the machine as the one before left it: each is that in turn.
        for (std::size_t turn = 0; turn < kColumns.size(); ++turn) {
            const auto& column = kColumns[(turn + i) % kColumns.size()];
            auto measured = measure(column, results.cells[i], seconds);
            if (!measured) {
                failed = fail(column, results.cells[i].text(), measured.error());
                continue;
            }
            say(column, results.cells[i], *measured);
            results.columns[column].cells[i] = std::move(*measured);
        }
    }
    for (const auto& column : kColumns) {
        auto& into = results.columns[column];
        if (auto bytes = bytes_per_user(column)) {
            into.bytes_per_user = std::move(*bytes);
        } else {
            failed = fail(column, "memory", bytes.error());
        }
        if (auto time = boot(column)) {
            into.boot_ms = *time;
        } else {
            failed = fail(column, "boot", time.error());
        }
    }
    return failed;
}

int measure_one(char** arguments) {
    const Cell cell{arguments[2] == std::string_view("calls"), std::atof(arguments[3])};
    const auto measured = measure(arguments[1], cell, std::atof(arguments[4]));
    if (!measured) return fail(arguments[1], cell.text(), measured.error());
    say(arguments[1], cell, *measured);
    for (const auto& [node, seconds] : measured->cpu_seconds)
        fmt::print(stderr, "  {} {:.3f}\n", node, seconds);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    std::error_code ignored;
    fs::create_directories(kFolder, ignored);
    if (argc == 5 && std::find(kColumns.begin(), kColumns.end(), argv[1]) != kColumns.end())
        return measure_one(argv);
    const bool says_seconds = argc == 3 && argv[1] == std::string_view("--seconds");
    const double seconds = says_seconds ? std::atof(argv[2]) : kSeconds;
    if ((argc != 1 && !says_seconds) || seconds <= 0) {
        fmt::print(stderr,
                   "usage: bench_peer [--seconds N]\n"
                   "       bench_peer native|kamailio|stock registrations|calls RATE SECONDS\n");
        return 2;
    }
    Results results;
    for (const double rate : {500.0, 1'000.0, 2'500.0}) results.cells.push_back({false, rate});
    for (const double rate : {200.0, 400.0, 2'000.0}) results.cells.push_back({true, rate});
    const int failed = measure_all(results, seconds);
    fmt::print("{}", figures(results));
    for (const auto& [name, text] :
         {std::pair{"peer.md", markdown(results)}, std::pair{"peer.svg", chart(results)}}) {
        if (const auto problem = lab::write_file(std::string(kFolder) + "/" + name, text);
            !problem.empty())
            return fail("all", name, problem);
    }
    return failed;
}
