// The simulator's speed: full AKA registrations a second, and a week of re-registrations.
#include <chrono>
#include <cstdio>

#include "hosts/sim/core_network.h"

using namespace imslab;
using namespace imslab::sim;

namespace {

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

CoreNetwork::Options quiet(std::size_t phones) {
    CoreNetwork::Options options;
    options.phones = phones;
    options.simulator.trace = false;
    return options;
}

}  // namespace

int main() {
    constexpr std::size_t kPhones = 20'000;
    auto options = quiet(kPhones);
    options.reregister = false;
    CoreNetwork many(options);
    const double took = seconds_of([&] {
        for (std::size_t i = 0; i < kPhones; ++i) {
            many.tell(i, Register{});
            many.simulator().run_for(std::chrono::milliseconds(1));
        }
        many.simulator().run_for(std::chrono::seconds(5));
    });
    if (many.registered_phones() != kPhones) {
        std::fprintf(
            stderr, "only %zu of %zu phones registered\n", many.registered_phones(), kPhones);
        return 1;
    }
    std::printf(
        R"({"id":"sim_registrations_per_s","value":%.0f,"unit":"1/s","target":20000,"peer":null})"
        "\n",
        static_cast<double>(kPhones) / took);

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
