// An exported topology on machines of its own: the CSCFs in Kamailio, the HSS on PostgreSQL, each
// in a network namespace, as its container would be. One machine is cut off and brought back: the
// phones get the final answers that the specifications name, and afterwards everything works
// without anything being restarted.
#include <poll.h>
#include <yaml-cpp/yaml.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <functional>

#include "lab/export_plan.h"
#include "lab/kamailio.h"
#include "lab/performance.h"
#include "tests/machines/machines.h"
#include "tests/support/postgres_server.h"

using namespace imslab;
using namespace imslab::lab;
using test::Machines;
using test::PostgresServer;
namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

namespace {

// The core with timers that a test can wait for: T1 of 50 ms makes timers B and F 3.2 s.
constexpr const char* kTopology = R"(
name: machines
home: ims.mnc001.mcc001.3gppnetwork.org
subscribers: )" IMSLAB_SOURCE_DIR R"(/scenarios/topologies/core.subscribers.xml
nodes:
  pcscf: {kind: pcscf, addresses: {Gm: 127.1.1.1, Mw: 127.1.1.2}, settings: {mw_timers: {t1_ms: 50}}}
  icscf: {kind: icscf, address: 127.1.2.1, timers: {t1_ms: 50}, settings: {patience_ms: 1500}}
  scscf: {kind: scscf, address: 127.1.3.1, timers: {t1_ms: 50}}
  hss: {kind: hss, address: 127.1.4.1}
ues:
  alice: {address: 10.77.0.101}
  bob: {address: 10.77.0.102}
  carol: {address: 10.77.0.103}
)";

Strings strings_in(const YAML::Node& list) {
    Strings all;
    for (const auto& one : list) all.push_back(one.Scalar());
    return all;
}

class ExportedCore {
public:
    ExportedCore() {
        auto parsed = Topology::parse(kTopology, "machines.yaml");
        if (!parsed) FAIL(parsed.error().front().to_string());
        topology_ = std::move(*parsed);
        const auto plan = plan_export(topology_, "");
        if (!plan) FAIL(plan.error());
        const auto files = export_compose(*plan, "a password that nobody asks for here");
        exported_ = machines.folder() / "exported";
        for (const auto& file : files) {
            fs::create_directories((exported_ / file.path).parent_path());
            std::ofstream(exported_ / file.path, std::ios::binary) << file.content;
        }
        compose_ = YAML::Load(files.front().content)["services"];
        for (const auto& entry : compose_) {
            if (entry.second["networks"].IsMap())
                machines.add(entry.first.Scalar(), address_of(entry.first.Scalar()));
        }
        machines.add("phones", "10.77.0.101");
        machines.add_address("phones", "10.77.0.102");
        machines.add_address("phones", "10.77.0.103");

        database.emplace(address_of("postgresql"), machines.network_of("postgresql"));
        REQUIRE(database->says("CREATE DATABASE imslab"));
        machines.add("provision", "10.77.0.90");
        if (run("provision",
                Strings{std::string(container::kProgram),
                        "subscriber",
                        "import",
                        topology_.subscribers_file,
                        "--database",
                        std::string(container::kDatabase)}) != 0)
            FAIL(machines.output_of("provision"));
        for (const auto& machine : plan->machines) {
            const auto service = compose_[machine.name];
            machines.start(machine.name,
                           strings_in(service["command"]),
                           {"PGPASSWORD=x"},
                           hosts_of(machine.name),
                           exported_ / "config" / machine.name);
            nodes_.push_back(machine.name);
        }

        topology_.nodes[0].addresses["Gm"] = *Address::parse(address_of("pcscf"), 5060);
        machines.enter("phones");
        auto ready =
            Performance::prepare(topology_, nullptr, (machines.folder() / "ue").string(), 1);
        if (!ready) FAIL(ready.error());
        phones_.emplace(std::move(*ready));
    }

    int register_phone(const std::string& ue) {
        RegisterCommand command;
        command.ue = ue;
        return phones_->perform(command).status;
    }
    std::string procedure(const std::string& text) {
        const auto commands = parse_command(text, topology_);
        REQUIRE(commands);
        for (const auto& command : *commands) {
            if (auto outcome = phones_->perform(command); !outcome.problem.empty())
                return outcome.problem;
        }
        return {};
    }
    // Phones try again, as phones do.
    bool works_again(const std::string& ue) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(40);
        while (std::chrono::steady_clock::now() < deadline) {
            if (register_phone(ue) == 200) return true;
            ::poll(nullptr, 0, 50);
        }
        return false;
    }
    std::string all_output() const {
        std::string text;
        for (const auto& name : nodes_) text += "== " + name + "\n" + machines.output_of(name);
        return text;
    }

    Machines machines;
    std::optional<PostgresServer> database;

private:
    std::string address_of(const std::string& name) const {
        return compose_[name]["networks"]["core"]["ipv4_address"].Scalar();
    }
    // A container's own name is in its table, too.
    Strings hosts_of(const std::string& name) const {
        auto hosts = strings_in(compose_[name]["extra_hosts"]);
        if (compose_[name]["hostname"]) hosts.push_back(name + ":" + address_of(name));
        return hosts;
    }
    int run(const std::string& name, const Strings& command) {
        return machines.run(name, command, {"PGPASSWORD=x"}, hosts_of(name), {});
    }

    Topology topology_;
    fs::path exported_;
    YAML::Node compose_;
    Strings nodes_;
    std::optional<Performance> phones_;
};

}  // namespace

TEST_CASE("an exported topology on several machines; each is cut off in turn, and comes back") {
    if (const auto why = Machines::why_not(); !why.empty()) SKIP(why);
    if (const auto why = why_not_on("kamailio"); !why.empty()) SKIP(why);
    if (PostgresServer::programs().empty()) SKIP("PostgreSQL is not installed: setup/install test");
    ExportedCore core;
    INFO(core.all_output());
    REQUIRE(core.works_again("alice"));
    CHECK(core.register_phone("bob") == 200);
    CHECK(core.procedure("alice call bob") == "");

    struct Cut {
        const char* machine;
        int answer;  // to a registration meanwhile
    };
    for (const auto& [machine, answer] : {Cut{"scscf", 504},  // TS 24.229 §5.3.1.3
                                          Cut{"icscf", 504},  // §5.2.2.1
                                          Cut{"hss", 504},    // §5.3.1.2, RFC 3261 §21.5.5
                                          Cut{"postgresql", 500}}) {  // 5012 of the HSS
        INFO(machine);
        core.machines.cut(machine);
        CHECK(core.register_phone("carol") == answer);
        const std::string cut = machine;
        if (cut == "scscf" || cut == "icscf") CHECK(core.procedure("alice call bob, fails") == "");
        core.machines.join(machine);
        CHECK(core.works_again("carol"));
        CHECK(core.works_again("alice"));
        CHECK(core.works_again("bob"));
        CHECK(core.procedure("alice call bob") == "");
    }
}
