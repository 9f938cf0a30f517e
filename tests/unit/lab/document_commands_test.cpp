// Documents on Ut in a procedure, and HTTP in a run: what is read, what belongs together.
#include <catch2/catch_test_macros.hpp>

#include "lab/observation.h"
#include "lab/observation_parts.h"
#include "lab/procedure.h"

using namespace imslab;
using namespace imslab::lab;

namespace {

Topology topology() {
    const auto read = Topology::parse(
        "nodes:\n  pcscf: {kind: pcscf, addresses: {Gm: 127.0.0.1, Mw: 127.0.0.2}}\n"
        "  xdms: {kind: as, address: 127.0.0.3, http: 127.0.0.3, https: 8443}\n"
        "ues:\n  alice: {address: 127.0.0.4}\n",
        "t.yaml");
    REQUIRE(read);
    return *read;
}

ObservedMessage message(const std::string& bytes, const Address& from, const Address& to) {
    ObservedMessage message;
    message.protocol = trace::Protocol::http;
    message.bytes = bytes;
    message.source = from;
    message.destination = to;
    message.from = bytes.starts_with("HTTP") ? 1 : 0;
    message.to = 1 - message.from;
    decode_message(message);
    return message;
}

}  // namespace

TEST_CASE("a node with http listens on Ut, by TCP and TLS") {
    const auto read = topology();
    const auto* node = read.node("xdms");
    CHECK(node->addresses.at("Ut") == *Address::parse("127.0.0.3:8080"));
    CHECK(node->address("Ut", Transport::tls) == *Address::parse("127.0.0.3:8443"));
    CHECK(node->has_certificate());
}

TEST_CASE("a document command: path, body, conditions, mistakes") {
    const auto command = parse_command(
        "alice put resource-lists/index/~~/a[@b=\"c\"] \"<a b='c'/>\" if unchanged securely with "
        "wrong password",
        topology());
    REQUIRE(command);
    const auto& put = std::get<DocumentCommand>(command->front());
    CHECK(put.method == "PUT");
    CHECK(put.path == "resource-lists/index/~~/a[@b=\"c\"]");
    CHECK(put.body == "<a b='c'/>");
    CHECK(put.condition == DocumentCommand::Condition::unchanged);
    CHECK(put.secure);
    CHECK(put.answer == RegisterCommand::Answer::wrong_password);

    const auto get = parse_command("alice get a/b if changed at xdms", topology());
    REQUIRE(get);
    CHECK(std::get<DocumentCommand>(get->front()).node == "xdms");
    CHECK(parse_command("alice get a/b twice", topology()).error().found == "'twice'");
    CHECK(parse_command("alice put a/b", topology()).error().expected ==
          "a file of scenarios/ue/, or a body in quotes");
}

TEST_CASE("HTTP: responses belong to the requests of their connection, in order") {
    const auto client = *Address::parse("127.0.0.4:40000"),
               server = *Address::parse("127.0.0.3:8080");
    Observation observation;
    observation.network.participants.resize(2);
    observation.messages.push_back(message("GET /a HTTP/1.1\r\nHost: x\r\n\r\n", client, server));
    observation.messages.push_back(message("PUT /b HTTP/1.1\r\nHost: x\r\n\r\n", client, server));
    observation.messages.push_back(message("HTTP/1.1 404 Not Found\r\n\r\n", server, client));
    observation.messages.push_back(message("HTTP/1.1 201 Created\r\n\r\n", server, client));
    for (std::size_t i = 0; i < 4; ++i)
        observation.messages[i].sent_ns = static_cast<std::int64_t>(i);

    complete_observation(observation);

    CHECK(observation.messages[0].label == "GET");
    CHECK(observation.messages[2].label == "404 Not Found");
    CHECK(observation.messages[2].answers == 0U);
    CHECK(observation.messages[2].method == "GET");
    CHECK(observation.messages[3].answers == 1U);
    CHECK(observation.messages[3].reference_point == "Ut");
}
