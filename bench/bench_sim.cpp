// The simulator's speed: full AKA registrations a second, and a week of re-registrations. One
// thread does all, so its CPU time counts: others may be using the machine.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "hosts/sim/core_network.h"

using namespace imslab;
using namespace imslab::sim;

namespace {

double seconds_of(const std::function<void()>& work) {
    const std::clock_t start = std::clock();
    work();
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

CoreNetwork::Options quiet(std::size_t phones) {
    CoreNetwork::Options options;
    options.phones = phones;
    options.simulator.trace = false;
    options.simulator.logs = false;
    return options;
}

}  // namespace

// With a number: that many phones register once, and that is all; for a profiler.
int main(int argc, char** argv) {
    const bool once = argc > 1;
    const std::size_t phones = once ? std::strtoul(argv[1], nullptr, 10) : 20'000;
    auto options = quiet(phones);
    options.reregister = false;
    CoreNetwork many(options);
    const double took = seconds_of([&] {
        for (std::size_t i = 0; i < phones; ++i) {
            many.tell(i, Register{});
            many.simulator().run_for(std::chrono::milliseconds(1));
        }
        many.simulator().run_for(std::chrono::seconds(5));
    });
    if (many.registered_phones() != phones) {
        std::fprintf(
            stderr, "only %zu of %zu phones registered\n", many.registered_phones(), phones);
        return 1;
    }
    std::printf(
        R"({"id":"sim_registrations_per_s","value":%.0f,"unit":"1/s","target":20000,"peer":null})"
        "\n",
        static_cast<double>(phones) / took);
    if (once) return 0;

    auto week = quiet(1000);
    week.reregister_seconds = 1800;
    CoreNetwork subscribers(week);
    const double week_took = seconds_of([&] {
        for (std::size_t i = 0; i < 1000; ++i) {
            subscribers.tell(i, Register{});
            subscribers.simulator().run_for(std::chrono::milliseconds(1800));
        }
        subscribers.simulator().run_for(std::chrono::hours(24 * 7));
    });
    if (subscribers.registered_phones() != 1000 || subscribers.scscf().bindings() != 1000) {
        std::fprintf(stderr, "after the week the core and the phones do not agree\n");
        return 1;
    }
    std::printf(R"({"id":"sim_week_s","value":%.1f,"unit":"s","target":30,"peer":null})"
                "\n",
                week_took);
    return 0;
}
