// Several I-CSCFs and S-CSCFs share the phones of one HSS, on the simulator: nodes die and come
// back, and no phone is left without service (RFC 3263 §4.3, TS 24.229 §5.2.2.1, §5.3.1.3).
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>

#include "hosts/sim/core_network.h"

using namespace imslab;
using namespace imslab::sim;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr std::size_t kPhones = 40;

struct SharedNetwork : CoreNetwork {
    SharedNetwork() : CoreNetwork(options()) {
        register_all();
        REQUIRE(simulator().run_until([&] { return registered_phones() == kPhones; }, minutes(3)));
    }
    static Options options() {
        Options options;
        options.phones = kPhones;
        options.reregister = false;
        options.icscfs = 2;
        options.scscfs = 3;
        return options;
    }
    void register_all() {
        for (std::size_t i = 0; i < kPhones; ++i) tell(i, Register{});
    }
    // Of the registrations that were begun together, how many were refused?
    std::size_t refused_of_all() {
        std::vector<std::size_t> before;
        for (std::size_t i = 0; i < kPhones; ++i) before.push_back(seen(i).registrations);
        register_all();
        simulator().run_for(minutes(3));
        std::size_t refused = 0;
        for (std::size_t i = 0; i < kPhones; ++i)
            refused += seen(i).registrations == before[i] + 1 && seen(i).registered ? 0 : 1;
        return refused;
    }
    std::size_t calls_that_end() {
        for (std::size_t i = 0; i < kPhones; i += 2) tell(i, Call{identity(i + 1), seconds(1)});
        simulator().run_for(minutes(3));
        std::size_t ended = 0;
        for (std::size_t i = 0; i < kPhones; i += 2) ended += seen(i).calls_ended;
        return ended;
    }
    std::size_t received_by(const std::string& name) {
        std::size_t count = 0;
        for (const auto& line : simulator().trace()) count += line.node == name ? 1 : 0;
        return count;
    }
};

}  // namespace

TEST_CASE("given three S-CSCFs and two I-CSCFs, each has its share of the phones") {
    SharedNetwork network;
    std::size_t all = 0;
    for (const auto* name : {"S-CSCF1", "S-CSCF2", "S-CSCF3"}) {
        INFO(name);
        const auto share = network.scscf(name).bindings();
        CHECK(share >= kPhones / 6);
        all += share;
    }
    CHECK(all == kPhones);
    CHECK(network.received_by("I-CSCF1") > kPhones);
    CHECK(network.received_by("I-CSCF2") > kPhones);
    CHECK(network.calls_that_end() == kPhones / 2);
}

TEST_CASE("given an S-CSCF that died, its phones register elsewhere, and calls go to them there") {
    SharedNetwork network;
    network.simulator().crash("S-CSCF1");
    CHECK(network.refused_of_all() == 0);
    CHECK(network.scscf("S-CSCF2").bindings() + network.scscf("S-CSCF3").bindings() == kPhones);
    CHECK(network.calls_that_end() == kPhones / 2);
    // Back again, it serves whom it is given: who has been moved stays.
    network.simulator().restart("S-CSCF1");
    CHECK(network.refused_of_all() == 0);
    CHECK(network.scscf("S-CSCF1").bindings() == 0);
}

TEST_CASE("given an I-CSCF that died, nothing is lost; back again, it has its share") {
    SharedNetwork network;
    network.simulator().crash("I-CSCF1");
    CHECK(network.refused_of_all() == 0);
    CHECK(network.calls_that_end() == kPhones / 2);
    network.simulator().restart("I-CSCF1");
    network.simulator().run_for(minutes(1));
    network.simulator().forget_trace();
    CHECK(network.refused_of_all() == 0);
    CHECK(network.received_by("I-CSCF1") > 0);
}

TEST_CASE("given no S-CSCF at all, a phone is told 504, and served once one of them is back") {
    SharedNetwork network;
    for (const auto* name : {"S-CSCF1", "S-CSCF2", "S-CSCF3"}) network.simulator().crash(name);
    network.tell(0, Register{});
    network.simulator().run_for(minutes(3));
    CHECK(network.seen(0).last_status == 504);
    network.simulator().restart("S-CSCF3");
    network.simulator().run_for(minutes(1));
    network.tell(0, Register{});
    network.simulator().run_for(minutes(3));
    CHECK(network.scscf("S-CSCF3").bindings() == 1);
}

TEST_CASE("given no I-CSCF at all, a phone is told 504 by its P-CSCF") {
    SharedNetwork network;
    network.simulator().crash("I-CSCF1");
    network.simulator().crash("I-CSCF2");
    network.tell(0, Register{});
    network.simulator().run_for(minutes(3));
    CHECK(network.seen(0).last_status == 504);
}
