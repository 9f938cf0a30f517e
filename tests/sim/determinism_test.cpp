// One seed is one exact run: loss, delay, crashes and all, to the byte. A failure prints the seed
// and the command.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <cstdlib>

#include "hosts/sim/core_network.h"

using namespace imslab;
using namespace imslab::sim;
using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

struct Outcome {
    std::string transcript;
    std::size_t s_cscf_bindings = 0, p_cscf_bindings = 0, phones_registered = 0;
};

// An hour of trouble: a bad network, calls and messages among eight phones, each node crashed once.
Outcome hour_of_trouble(std::uint64_t seed) {
    CoreNetwork::Options options;
    options.phones = 8;
    options.reregister_seconds = 300;
    options.simulator.seed = seed;
    options.simulator.network = {milliseconds(1), milliseconds(50), 50'000, 10'000, 10'000};
    CoreNetwork network(options);
    Simulator& simulator = network.simulator();
    Random random(seed);
    for (std::size_t i = 0; i < 8; ++i) network.tell(i, Register{3600});
    for (int n = 0; n < 40; ++n) {
        const auto from = random.below(8);
        const auto to = (from + 1 + random.below(7)) % 8;
        simulator.at(Time{} + milliseconds(random.below(2'400'000)), [&network, from, to, n] {
            if (n % 2 == 0) {
                network.tell(from, Call{CoreNetwork::identity(to)});
            } else {
                network.tell(
                    from, SendMessage{CoreNetwork::identity(to), "message " + std::to_string(n)});
            }
        });
    }
    for (const auto* node : {"HSS", "S-CSCF", "I-CSCF", "P-CSCF"}) {
        const Time crash = Time{} + milliseconds(60'000 + random.below(2'000'000));
        simulator.at(crash, [&simulator, node] {
            if (simulator.is_up(node)) simulator.crash(node);
        });
        simulator.at(crash + milliseconds(1'000 + random.below(20'000)), [&simulator, node] {
            if (!simulator.is_up(node)) simulator.restart(node);
        });
    }
    simulator.run_for(minutes(45));
    simulator.network() = {};
    simulator.run_for(minutes(15));
    return {simulator.transcript(),
            network.scscf().bindings(),
            network.pcscf().bindings(),
            network.registered_phones()};
}

std::uint64_t first_seed() {
    const char* given = std::getenv("IMSLAB_SEED");
    return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

}  // namespace

TEST_CASE("the same seed gives the same trace to the byte, and in the end core and phones agree",
          "[determinism]") {
    const std::uint64_t seed = first_seed() + GENERATE(range(0U, 5U));
    INFO("seed " << seed << "; to repeat: IMSLAB_SEED=" << seed
                 << " build/asan/test_sim '[determinism]'");
    const Outcome first = hour_of_trouble(seed);
    const Outcome second = hour_of_trouble(seed);
    CHECK(first.transcript.size() > 100'000);
    const bool same = first.transcript == second.transcript;
    CHECK(same);
    // The reference model: after a quiet quarter of an hour every phone has registered again, and
    // the core knows it.
    CHECK(first.phones_registered == 8);
    CHECK(first.s_cscf_bindings == 8);
    CHECK(first.p_cscf_bindings == 8);
}

TEST_CASE("another seed gives another trace", "[determinism]") {
    const bool same = hour_of_trouble(1).transcript == hour_of_trouble(2).transcript;
    CHECK_FALSE(same);
}
