// The whole core on the virtual clock: registration, calls, messages, over a good network and a bad
// one.
#include <catch2/catch_test_macros.hpp>
#include <chrono>

#include "hosts/sim/core_network.h"

using namespace imslab;
using namespace imslab::sim;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

CoreNetwork::Options phones(std::size_t count) {
    CoreNetwork::Options options;
    options.phones = count;
    return options;
}

}  // namespace

TEST_CASE("given an empty core, when a phone registers with AKA, then every node knows it") {
    CoreNetwork network(phones(1));
    network.tell(0, Register{});
    REQUIRE(network.simulator().run_until([&] { return network.seen(0).last_status != 0; },
                                          seconds(10)));
    CHECK(network.seen(0).last_status == 200);
    CHECK(network.seen(0).registered);
    CHECK(network.pcscf().bindings() == 1);
    CHECK(network.scscf().bindings() == 1);
    CHECK(network.scscf().challenges() == 0);
}

TEST_CASE("given a registered phone, when it deregisters, then nobody knows it any more") {
    CoreNetwork network(phones(1));
    network.tell(0, Register{});
    REQUIRE(network.simulator().run_until([&] { return network.seen(0).registered; }, seconds(10)));
    network.tell(0, Register{0});
    REQUIRE(
        network.simulator().run_until([&] { return !network.seen(0).registered; }, seconds(10)));
    network.simulator().run_for(seconds(1));
    CHECK(network.pcscf().bindings() == 0);
    CHECK(network.scscf().bindings() == 0);
}

TEST_CASE(
    "given a phone that falls silent, when its registration expires, then the core forgets it") {
    auto options = phones(1);
    options.reregister = false;
    CoreNetwork network(options);
    network.tell(0, Register{60});
    REQUIRE(network.simulator().run_until([&] { return network.seen(0).registered; }, seconds(10)));
    network.simulator().run_for(seconds(50));
    CHECK(network.scscf().bindings() == 1);
    network.simulator().run_for(seconds(15));
    CHECK(network.scscf().bindings() == 0);
    CHECK(network.pcscf().bindings() == 0);
}

TEST_CASE(
    "given two registered phones, when one calls the other, then the call is set up and released") {
    CoreNetwork network(phones(2));
    network.tell(0, Register{});
    network.tell(1, Register{});
    REQUIRE(network.simulator().run_until([&] { return network.registered_phones() == 2; },
                                          seconds(10)));
    network.tell(0, Call{CoreNetwork::identity(1)});
    REQUIRE(network.simulator().run_until([&] { return network.seen(1).calls_taken == 1; },
                                          seconds(10)));
    CHECK(network.scscf().dialogs() > 0);
    REQUIRE(network.simulator().run_until([&] { return network.seen(0).calls_ended == 1; },
                                          seconds(30)));
    network.simulator().run_for(minutes(5));
    CHECK(network.scscf().dialogs() == 0);
    CHECK(network.pcscf().dialogs() == 0);
}

TEST_CASE("given two registered phones, when one sends a message, then the other has it") {
    CoreNetwork network(phones(2));
    network.tell(0, Register{});
    network.tell(1, Register{});
    REQUIRE(network.simulator().run_until([&] { return network.registered_phones() == 2; },
                                          seconds(10)));
    network.tell(0, SendMessage{CoreNetwork::identity(1), "good morning"});
    REQUIRE(network.simulator().run_until([&] { return network.seen(0).messages_delivered == 1; },
                                          seconds(10)));
    CHECK(network.seen(1).messages == std::vector<std::string>{"good morning"});
}

TEST_CASE(
    "given a network that loses a tenth, when phones register and call, then all of it works out") {
    auto options = phones(6);
    options.simulator.seed = 7;
    options.simulator.network.delay_min = milliseconds(1);
    options.simulator.network.delay_max = milliseconds(40);
    options.simulator.network.loss_ppm = 100'000;
    options.simulator.network.duplicate_ppm = 20'000;
    options.simulator.network.reorder_ppm = 20'000;
    CoreNetwork network(options);
    for (std::size_t i = 0; i < 6; ++i) network.tell(i, Register{});
    REQUIRE(network.simulator().run_until([&] { return network.registered_phones() == 6; },
                                          minutes(20)));
    for (std::size_t i = 0; i < 6; i += 2) network.tell(i, Call{CoreNetwork::identity(i + 1)});
    const auto settled = [&] {
        for (std::size_t i = 0; i < 6; i += 2) {
            if (network.seen(i).calls_ended + network.seen(i).calls_failed == 0) return false;
        }
        return true;
    };
    REQUIRE(network.simulator().run_until(settled, minutes(20)));
    CHECK(network.scscf().bindings() == 6);
    CHECK(network.pcscf().bindings() == 6);
}

TEST_CASE(
    "given a dead HSS, when a phone registers, then it is refused, and served once the HSS is "
    "back") {
    CoreNetwork network(phones(1));
    network.simulator().crash("HSS");
    network.tell(0, Register{});
    REQUIRE(network.simulator().run_until([&] { return network.seen(0).last_status != 0; },
                                          minutes(3)));
    CHECK(network.seen(0).last_status >= 480);
    CHECK_FALSE(network.seen(0).registered);
    network.simulator().restart("HSS");
    REQUIRE(network.simulator().run_until([&] { return network.seen(0).registered; }, minutes(3)));
}

TEST_CASE("given an S-CSCF that crashed, when its phones re-register, then they are served again") {
    auto options = phones(3);
    options.reregister_seconds = 600;
    CoreNetwork network(options);
    for (std::size_t i = 0; i < 3; ++i) network.tell(i, Register{});
    REQUIRE(network.simulator().run_until([&] { return network.registered_phones() == 3; },
                                          minutes(3)));
    network.simulator().crash("S-CSCF");
    network.simulator().run_for(minutes(1));
    network.simulator().restart("S-CSCF");
    network.simulator().run_for(minutes(30));
    CHECK(network.scscf().bindings() == 3);
}
