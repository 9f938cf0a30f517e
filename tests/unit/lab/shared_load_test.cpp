// Two I-CSCFs and two S-CSCFs share the subscribers of one HSS, as real processes, with many
// phones: one of them is killed while registrations come in, and no registration is lost
// (RFC 3263 §4.3, TS 24.229 §5.2.2.1, §5.3.1.3). Calls work before and after.
#include <signal.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "lab/control.h"
#include "lab/load.h"
#include "lab/supervisor.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab::lab;
using namespace imslab::lab::test;
using imslab::Address;
using std::chrono::seconds;

namespace {

constexpr std::size_t kUsers = 200;
constexpr double kRate = 100;

struct SharedCore {
    SharedCore() {
        auto yaml = content_of(IMSLAB_SOURCE_DIR "/scenarios/topologies/shared.yaml");
        OwnPlace::replace(yaml, "127.1.", place.network);
        place.write("load.xml", load_subscribers(kUsers));
        OwnPlace::replace(yaml, "core.subscribers.xml", "load.xml");
        auto loaded = Topology::load(place.write("shared.yaml", yaml));
        REQUIRE(loaded);
        NodeOptions options;
        options.folder = place.out;
        options.cache = place.folder + "/cache";
        options.trace = false;
        supervisor.emplace(*loaded, options);
        const auto up = supervisor->start_all(in(seconds(60)));
        if (!up) FAIL(up.error());
        std::vector<Address> phones;
        for (int i = 1; i <= 4; ++i)
            phones.push_back(*Address::parse(place.network + "200." + std::to_string(i) + ":5060"));
        auto opened = Load::open(phones, node("pcscf1").addresses.at("Gm"), kUsers);
        if (!opened) FAIL(opened.error());
        load.emplace(std::move(*opened));
    }

    const TopologyNode& node(const std::string& name) const {
        return *supervisor->topology().node(name);
    }
    nlohmann::json ask(const std::string& name, const std::string& what) const {
        const auto answer =
            ask_node(control_socket_of(node(name), supervisor->options()), what, in(seconds(10)));
        REQUIRE(answer);
        return nlohmann::json::parse(*answer);
    }
    std::uint64_t received_by(const std::string& name) const {
        return ask(name, "stats").at("messages_received").get<std::uint64_t>();
    }
    std::size_t registered_at(const std::string& scscf) const {
        return ask(scscf, "state").at("registrations").size();
    }
    void all_register() { check(load->register_users(kRate, kUsers), "registrations"); }
    void all_call() { check(load->call(kRate / 2, kUsers / 2), "calls"); }
    void check(const LoadResult& result, const char* what) {
        INFO(what << ": " << result.succeeded << " of " << result.attempted << ", "
                  << result.refused << " refused. " << result.problem);
        CHECK(result.succeeded == result.attempted);
    }
    // Dies while they register, when it has taken a part of its share.
    void all_register_while_dies(const std::string& victim) {
        const auto before = received_by(victim);
        LoadResult during;
        std::thread phones([&] { during = load->register_users(kRate, kUsers); });
        const auto deadline = in(seconds(10));
        while (received_by(victim) < before + 60 && std::chrono::steady_clock::now() < deadline)
            std::this_thread::yield();
        supervisor->signal(victim, SIGKILL);
        phones.join();
        check(during, "registrations while a node died");
    }

    OwnPlace place;
    std::optional<Supervisor> supervisor;
    std::optional<Load> load;
};

}  // namespace

TEST_CASE("S-CSCFs share the users; one is killed under load, the other serves them all") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    SharedCore core;
    core.all_register();
    CHECK(core.registered_at("scscf1") + core.registered_at("scscf2") == kUsers);
    CHECK(core.registered_at("scscf1") > kUsers / 3);
    CHECK(core.registered_at("scscf2") > kUsers / 3);
    core.all_call();

    core.all_register_while_dies("scscf1");
    core.all_register();
    CHECK(core.registered_at("scscf2") == kUsers);
    core.all_call();
}

TEST_CASE("I-CSCFs share the work; one is killed under load, the other does it all") {
    if (!nodes_are_built()) SKIP("the nodes are not built");
    SharedCore core;
    core.all_register();
    for (const auto* icscf : {"icscf1", "icscf2"}) CHECK(core.received_by(icscf) > kUsers);

    core.all_register_while_dies("icscf1");
    CHECK(core.ask("pcscf1", "state").dump().find("avoided") != std::string::npos);
    core.all_register();
    core.all_call();
}
