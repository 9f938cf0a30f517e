// Bootstrapping in a topology, in a procedure and in a run: who connects with whom, what the UE is
// told to do, which reference point a message is on.
#include <catch2/catch_test_macros.hpp>

#include "lab/node_config.h"
#include "lab/observation.h"
#include "lab/observation_parts.h"
#include "lab/procedure.h"

using namespace imslab;
using namespace imslab::lab;

namespace {

Topology topology() {
    const auto read = Topology::parse(
        "home: home\n"
        "nodes:\n  pcscf: {kind: pcscf, addresses: {Gm: 127.0.0.1, Mw: 127.0.0.2}}\n"
        "  hss: {kind: hss, address: 127.0.0.5}\n"
        "  bsf: {kind: as, address: 127.0.0.6, http: 127.0.0.6, settings: {enablers: {bsf: {}}}}\n"
        "  xdms: {kind: as, address: 127.0.0.3, http: 127.0.0.3,\n"
        "    settings: {enablers: {xdm: {gba: true, digest: true}}}}\n"
        "  ap: {kind: as, address: 127.0.0.7, http: 127.0.0.7,\n"
        "    settings: {enablers: {proxy: {kind: aggregation-proxy, gba: true, digest: false}}}}\n"
        "ues:\n  alice: {address: 127.0.0.4}\n  bob: {address: 127.0.0.8}\n",
        "t.yaml");
    REQUIRE(read);
    return *read;
}

// "hss.home serves Sh Zh", "xdms.home connects": the peers of a node.
std::string peers_of(const std::string& node) {
    const auto whole = topology();
    const auto config = node_config(whole, *whole.node(node), {});
    std::string text;
    for (const auto& peer : config["diameter"]["peers"]) {
        text += peer["identity"].get<std::string>();
        for (const auto& one : peer.value("serves", nlohmann::json::array()))
            text += " " + one.get<std::string>();
        text += peer.value("connects", false) ? " connects; " : "; ";
    }
    return text;
}

DocumentCommand read(const std::string& line) {
    const auto command = parse_command(line, topology());
    REQUIRE(command);
    return std::get<DocumentCommand>(command->front());
}

ObservedMessage message(const std::string& bytes, std::size_t from, std::size_t to) {
    ObservedMessage message;
    message.protocol = trace::Protocol::http;
    message.bytes = bytes;
    const auto address = [](std::size_t who) {
        return *Address::parse("127.0.0." + std::to_string(who + 1) + ":1000");
    };
    message.source = address(from);
    message.destination = address(to);
    message.from = from;
    message.to = to;
    decode_message(message);
    return message;
}

}  // namespace

TEST_CASE("a bootstrapping server listens on Ub, asks the HSS on Zh and is asked on Zn") {
    const auto whole = topology();
    CHECK(whole.node("bsf")->addresses.contains("Ub"));
    CHECK_FALSE(whole.node("bsf")->addresses.contains("Ut"));
    CHECK(peers_of("bsf") == "hss.home; xdms.home none connects; ap.home none connects; ");
    CHECK(peers_of("xdms") == "hss.home Sh Zh; bsf.home Zn; ");
    CHECK(peers_of("ap") == "bsf.home Zn; ");  // it asks for no password
    CHECK(peers_of("hss") == "bsf.home; xdms.home; ");
}

TEST_CASE("bootstrapping as a command, and its mistakes") {
    const auto plain = read("alice bootstrap");
    CHECK(plain.bootstraps);
    CHECK(plain.path.empty());
    CHECK(read("alice bootstrap with old SQN").answer == RegisterCommand::Answer::old_sqn);
    CHECK(read("alice bootstrap with garbage AUTS").garbles_auts);
    CHECK(read("alice bootstrap replaying").replays);
    CHECK(read("alice bootstrap with username nobody@home").username == "nobody@home");
    const auto get = read("alice get a/b with B-TID of bob");
    CHECK_FALSE(get.bootstraps);
    CHECK(get.bootstrapped_as == "bob");
    CHECK(read("alice get a/b with expired key").trusts_old_key);
    CHECK_FALSE(parse_command("alice get a/b with B-TID of xdms", topology()));

    const auto without = Topology::parse(
        "nodes:\n  pcscf: {kind: pcscf, addresses: {Gm: 127.0.0.1, Mw: 127.0.0.2}}\n"
        "ues:\n  alice: {address: 127.0.0.4}\n",
        "t.yaml");
    REQUIRE(without);
    CHECK(parse_command("alice bootstrap", *without).error().expected ==
          "a topology with a bootstrapping server");
}

TEST_CASE("HTTP is Ub with a BSF, Ua with a bootstrapped key, else Ut") {
    Observation observation;
    observation.network.participants.resize(3);
    observation.network.participants[2].kind = "bsf";
    const std::string realm = "realm=\"3GPP-bootstrapping@xdms.home\"";
    observation.messages = {
        message("GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: imslab 3gpp-gba\r\n\r\n", 0, 1),
        message("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest " + realm +
                    ", nonce=\"n\"\r\n\r\n",
                1,
                0),
        message("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0, 2),
        message("HTTP/1.1 401 Unauthorized\r\n\r\n", 2, 0),
        message(
            "GET /a HTTP/1.1\r\nAuthorization: Digest username=\"u\", " + realm + "\r\n\r\n", 0, 1),
        message("HTTP/1.1 200 OK\r\n\r\n", 1, 0),
        message("GET /b HTTP/1.1\r\nHost: x\r\n\r\n", 0, 1),
        message("HTTP/1.1 404 Not Found\r\n\r\n", 1, 0),
    };
    for (std::size_t i = 0; i < observation.messages.size(); ++i)
        observation.messages[i].sent_ns = static_cast<std::int64_t>(i);

    complete_observation(observation);

    std::string points;
    for (const auto& one : observation.messages) points += one.reference_point + " ";
    CHECK(points == "Ua Ua Ub Ub Ua Ua Ut Ut ");
}
