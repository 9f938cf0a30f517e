// Cx between two processes over freeDiameter, and a node process's life.
#include <algorithm>

#include "diameter/dictionary.h"
#include "diameter/message.h"
#include "hosts/trace/trace.h"
#include "tests/unit/hosts/node_process.h"
#include "tests/unit/hosts/running_loop.h"

using namespace imslab;
using namespace imslab::host;
using nlohmann::json;

namespace {

const std::string kPeer = std::string(IMSLAB_BINARY_DIR) + "/cx_peer";

// A port that is free on 127.0.77.41, for the answering side.
Address free_port() {
    Peer probe(SOCK_STREAM, "127.0.77.41");
    return probe.local();
}

json answerer(const Address& at) {
    return {{"node", "hss"},
            {"kind", "answerer"},
            {"addresses", {{"Cx", at.to_string()}}},
            {"diameter",
             {{"identity", "hss.home.test"},
              {"realm", "home.test"},
              {"peers",
               {{{"identity", "scscf.home.test"},
                 {"realm", "home.test"},
                 {"address", "127.0.77.31:3868"}}}}}}};
}

json asker(const Address& hss, json settings) {
    return {{"node", "scscf"},
            {"kind", "asker"},
            {"addresses", {{"Cx", "127.0.77.31:3868"}}},
            {"diameter",
             {{"identity", "scscf.home.test"},
              {"realm", "home.test"},
              {"peers",
               {{{"identity", "hss.home.test"},
                 {"realm", "home.test"},
                 {"address", hss.to_string()}}}}}},
            {"settings", std::move(settings)}};
}

std::vector<std::string> names(const std::string& trace) {
    std::vector<std::string> result;
    const auto records = trace::read(trace);
    REQUIRE(records);
    for (const auto& record : *records) {
        const auto message = diameter::decode(record.bytes);
        REQUIRE(message);
        result.push_back((record.direction == trace::Direction::sent ? "> " : "< ") +
                         diameter::command_name(message->command, message->request));
    }
    return result;
}

}  // namespace

TEST_CASE("an S-CSCF asks, the HSS answers: every message is traced with its true addresses") {
    const Address at = free_port();
    json first = answerer(at);
    first["traced"] = true;
    NodeProcess hss(kPeer, first);
    REQUIRE(hss.await_ready());
    json second = asker(at, {{"exchanges", 1}, {"command", "MAR"}});
    second["traced"] = true;
    NodeProcess scscf(kPeer, second);
    REQUIRE(scscf.await_ready());

    CHECK(scscf.await_end() == 0);
    const auto report = scscf.report();
    CHECK(report["exchanges"] == 1);
    CHECK(report["failed"] == 0);
    CHECK(report["result"] == "0/2001");
    CHECK(names(scscf.trace()) ==
          std::vector<std::string>{"> CER", "< CEA", "> MAR", "< MAA", "> DPR", "< DPA"});
    CHECK(hss.stop() == 0);
    CHECK(hss.report()["answered"] == 1);
    CHECK(names(hss.trace()) ==
          std::vector<std::string>{"< CER", "> CEA", "< MAR", "> MAA", "< DPR", "> DPA"});
    const auto sent = trace::read(scscf.trace());
    const auto received = trace::read(hss.trace());
    REQUIRE((sent && received));
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK((*sent)[i].bytes == (*received)[i].bytes);
        CHECK((*sent)[i].flow.local == (*received)[i].flow.remote);
        CHECK((*sent)[i].flow.remote == at);
        CHECK((*received)[i].flow.local == at);
        CHECK((*sent)[i].flow.local.ip.to_string() == "127.0.77.31");
    }
}

TEST_CASE("TS 29.228 §6.1.3: the HSS asks back on the same connection") {
    const Address at = free_port();
    NodeProcess hss(kPeer, answerer(at));
    REQUIRE(hss.await_ready());
    NodeProcess scscf(kPeer, asker(at, {{"exchanges", 1}, {"command", "SAR-RTR"}}));

    CHECK(scscf.await_end() == 0);
    CHECK(scscf.report()["rtr"] == 1);
    CHECK(hss.stop() == 0);
}

TEST_CASE("64 questions at a time, all answered") {
    const Address at = free_port();
    NodeProcess hss(kPeer, answerer(at));
    REQUIRE(hss.await_ready());
    NodeProcess scscf(kPeer, asker(at, {{"exchanges", 2'000}, {"in_flight", 64}}));

    CHECK(scscf.await_end() == 0);
    CHECK(scscf.report()["exchanges"] == 2'000);
    CHECK(scscf.report()["failed"] == 0);
    CHECK(hss.stop() == 0);
}

TEST_CASE("the HSS dies: questions fail as unreachable; it comes back and they are answered") {
    const Address at = free_port();
    auto hss = std::make_unique<NodeProcess>(kPeer, answerer(at));
    REQUIRE(hss->await_ready());
    NodeProcess scscf(kPeer,
                      asker(at, {{"exchanges", 200}, {"in_flight", 1}, {"per_second", 100}}));
    REQUIRE(scscf.await_ready());
    hss->signal(SIGKILL);
    CHECK(hss->await_end() == -SIGKILL);
    hss = std::make_unique<NodeProcess>(kPeer, answerer(at));
    REQUIRE(hss->await_ready());

    CHECK(scscf.await_end() == 0);
    const auto report = scscf.report();
    CHECK(report["exchanges"] == 200);
    CHECK(report["failed"] > 0);
    CHECK(report["failed"] == report["unreachable"]);
    CHECK(report["failed"] < 200);
    CHECK(hss->stop() == 0);
}

TEST_CASE("an unknown peer is refused") {
    const Address at = free_port();
    NodeProcess hss(kPeer, answerer(at));
    REQUIRE(hss.await_ready());
    json stranger = asker(at, {{"exchanges", 1}});
    stranger["diameter"]["identity"] = "stranger.home.test";
    {
        NodeProcess scscf(kPeer, stranger);
        CHECK(hss.await_log("stranger.home.test refused"));
        CHECK(scscf.stop() == 0);
        CHECK(scscf.report()["exchanges"] == 0);
    }
    CHECK(hss.stop() == 0);
}

TEST_CASE("a taken Diameter port is one sentence and exit status 2") {
    const Address at = free_port();
    NodeProcess hss(kPeer, answerer(at));
    REQUIRE(hss.await_ready());
    NodeProcess second(kPeer, answerer(at));
    CHECK(second.await_end() == 2);
    CHECK(second.printed().starts_with(
        "hss: cannot listen on " + at.to_string() +
        "/tcp: already in use; is another lab running? see: ss -lntp 'sport = :" +
        std::to_string(at.port) + "'\n"));
    CHECK(hss.stop() == 0);
}

TEST_CASE("a mistake in the configuration is one sentence and exit status 2") {
    json wrong = answerer(free_port());
    wrong["addresses"]["Cx"] = "127.0.0.1:99999";
    NodeProcess node(kPeer, wrong);
    CHECK(node.await_end() == 2);
    CHECK(node.printed().find("config.json: addresses.Cx is \"127.0.0.1:99999\"; expected an "
                              "address and port like \"127.1.1.1:5060\"\n") != std::string::npos);
}
