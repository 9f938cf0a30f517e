// MSRP in the lab: the command, and octets that become messages.
#include <catch2/catch_test_macros.hpp>

#include "lab/msrp_session.h"
#include "lab/observation_msrp.h"
#include "lab/procedure.h"
#include "msrp/message.h"

using namespace imslab;
using namespace imslab::lab;

namespace {

Topology two_phones() {
    return *Topology::parse(
        "nodes:\n  pcscf: {kind: pcscf, addresses: {Gm: 127.1.1.1, Mw: 127.1.1.2}}\n"
        "ues:\n  alice: {address: 127.1.100.1}\n  bob: {address: 127.1.100.2}\n",
        "t.yaml");
}

CommandError mistake(const char* text) {
    const auto commands = parse_command(text, two_phones());
    REQUIRE_FALSE(commands);
    return commands.error();
}

}  // namespace

TEST_CASE("a session of MSRP as a command") {
    const auto topology = two_phones();
    const auto text = parse_command("alice session bob \"hello, world\", bob connects", topology);
    REQUIRE(text);
    const auto& command = std::get<SessionCommand>(text->front());
    CHECK(command.caller == "alice");
    CHECK(command.callee == "bob");
    CHECK(command.text == "hello, world");
    CHECK(command.callee_connects);
    const auto file = parse_command("alice session bob file 5000, wrong hash", topology);
    REQUIRE(file);
    CHECK(std::get<SessionCommand>(file->front()).file_octets == 5000);
    CHECK(std::get<SessionCommand>(file->front()).wrong_hash);

    CHECK(mistake("alice session nobody \"x\"").found == "'nobody'");
    CHECK(mistake("alice session bob").expected ==
          "a text in quotes, or file and a number of octets");
    CHECK(mistake("alice session bob file 0").column == 24);
    CHECK(mistake("alice session bob \"x\", wrong hash").found == "'wrong hash'");
}

TEST_CASE("the octets of a connection become messages, with their answers") {
    msrp::Head send;
    send.transaction = "d93kswow";
    send.method = "SEND";
    send.to_path = "msrp://b:1/x;tcp";
    send.from_path = "msrp://a:1/y;tcp";
    send.message_id = "m0001";
    send.others = {{"Content-Type", "text/plain"}};
    send.has_body = true;
    const auto octets =
        msrp::whole(send, "hi\r\n\r\nthere") + msrp::whole(send, "again", msrp::Continuation::more);
    std::vector<trace::Record> records(2);
    for (auto& record : records) record.protocol = trace::Protocol::msrp;
    records[0].bytes = octets.substr(0, 40);
    records[1].bytes = octets.substr(40);
    put_msrp_together(records);
    REQUIRE(records.size() == 2);
    CHECK(records[0].bytes == msrp::whole(send, "hi\r\n\r\nthere"));
    CHECK(body_of_msrp(records[0].bytes) == "hi\r\n\r\nthere");

    Observation observation;
    for (const auto& bytes :
         {records[0].bytes, msrp::whole(msrp::response_to(send, 200)), std::string("MSRP x\r\n")}) {
        ObservedMessage message;
        message.index = observation.messages.size();
        message.protocol = trace::Protocol::msrp;
        message.bytes = bytes;
        decode_msrp(message);
        observation.messages.push_back(std::move(message));
    }
    link_msrp(observation);
    CHECK(observation.messages[0].label == "SEND");
    CHECK(observation.messages[1].label == "200 OK");
    CHECK(observation.messages[1].method == "SEND");
    CHECK(observation.messages[1].answers == 0);
    CHECK_FALSE(observation.messages[2].malformed.empty());
}

TEST_CASE("a chunk is put where its range says, unless that is behind what is there") {
    std::string whole;
    CHECK(put_chunk(whole, msrp::ByteRange{1, 5, 10}, "hello"));
    CHECK(put_chunk(whole, msrp::ByteRange{6, std::nullopt, 10}, "wor"));
    CHECK(put_chunk(whole, msrp::ByteRange{6, 10, 10}, "world"));  // RFC 4975 §7.1: once more
    CHECK(whole == "helloworld");
    for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{12}, ~std::uint64_t{0}})
        CHECK_FALSE(put_chunk(whole, msrp::ByteRange{start, std::nullopt, std::nullopt}, "x"));
    CHECK(put_chunk(whole, std::nullopt, "!"));
    CHECK(whole == "helloworld!");
}
