// Listening to nodes that write no trace: what is a SIP message in a packet, and with real sockets
// what becomes of one that a node sends.
#include "lab/wiretap.h"

#include <catch2/catch_test_macros.hpp>

#include "lab/udp_port.h"
#include "tests/unit/lab/lab_process.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

constexpr std::string_view kOptions =
    "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.1.1.1;branch=z9hG4bK1\r\n\r\n";

// An IPv4 packet from 127.1.1.1:5060 to 127.1.1.2:5070.
std::string packet(std::string_view message, char protocol = 17, std::string_view options = {}) {
    std::string octets(20, '\0');
    octets[0] = static_cast<char>(0x45 + options.size() / 4);
    octets[9] = protocol;
    octets.replace(12, 8, std::string_view("\x7f\1\1\1\x7f\1\1\2", 8));
    octets += options;
    octets += std::string("\x13\xc4\x13\xce\0\0\0\0", 8);
    return octets + std::string(message);
}

}  // namespace

TEST_CASE("a SIP message in a UDP packet is heard, with who sent it to whom") {
    for (const std::string_view options : {"", "\1\1\1\1"}) {
        const auto octets = packet(kOptions, 17, options);
        const auto heard = heard_in(octets);
        REQUIRE(heard);
        CHECK(heard->from.to_string() == "127.1.1.1:5060");
        CHECK(heard->to.to_string() == "127.1.1.2:5070");
        CHECK(heard->message == kOptions);
    }
}

TEST_CASE("what is no SIP message is not heard") {
    CHECK_FALSE(heard_in(packet(kOptions, 6)));  // TCP
    CHECK_FALSE(heard_in(packet("\r\n\r\n")));   // a keep-alive
    CHECK_FALSE(heard_in(packet("\0\0\0\0 stun and so on, long enough")));
    CHECK_FALSE(heard_in(packet(
        "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP 127.1.255.254;branch=z9hG4bK-ready-1\r\n\r\n")));
    const auto whole = packet(kOptions);
    for (std::size_t size = 0; size < 28; ++size) CHECK_FALSE(heard_in(whole.substr(0, size)));
    auto spoiled = whole;
    spoiled[0] = 0x41;  // a header of four octets
    CHECK_FALSE(heard_in(spoiled));
}

TEST_CASE("a topology without somebody else's nodes needs no wiretap") {
    const auto topology = Topology::load(IMSLAB_SOURCE_DIR "/scenarios/topologies/core.yaml");
    REQUIRE(topology);
    const auto tap = Wiretap::listen(*topology, "/nowhere");
    REQUIRE(tap);
    CHECK(*tap == nullptr);
}

TEST_CASE("what somebody else's node sends and gets becomes its trace") {
    if (const auto why = Wiretap::why_not(); !why.empty()) SKIP(why);
    OwnPlace place;
    const auto topology = Topology::parse(
        "nodes:\n  proxy: {kind: plain-sip, address: " + place.network + "6.1}\n", "t.yaml");
    REQUIRE(topology);
    auto tap = Wiretap::listen(*topology, place.folder);
    REQUIRE(tap);
    auto node = UdpPort::open(*Address::parse(place.network + "6.1:5060"));
    auto phone = UdpPort::open(*Address::parse(place.network + "100.1:5060"));
    auto stranger = UdpPort::open(*Address::parse(place.network + "100.2:5060"));
    REQUIRE(node);
    REQUIRE(phone);
    REQUIRE(stranger);
    const auto at_node = *Address::parse(place.network + "6.1:5060");
    const auto at_phone = *Address::parse(place.network + "100.1:5060");
    phone->send(at_node, std::string(kOptions));
    REQUIRE(node->receive(in(std::chrono::seconds(2))));
    node->send(at_phone, std::string(kOptions));
    REQUIRE(phone->receive(in(std::chrono::seconds(2))));
    stranger->send(at_phone, std::string(kOptions));  // not to be heard: nobody of theirs
    REQUIRE(phone->receive(in(std::chrono::seconds(2))));
    tap->reset();  // whatever has come is written

    const auto records = trace::read(place.folder + "/proxy.trace");
    REQUIRE(records);
    REQUIRE(records->size() == 2);
    CHECK(records->at(0).direction == trace::Direction::received);
    CHECK(records->at(0).flow.remote == at_phone);
    CHECK(records->at(1).direction == trace::Direction::sent);
    CHECK(records->at(1).bytes == kOptions);
    CHECK(records->at(0).time_ns > 0);
    CHECK(records->at(0).time_ns <= records->at(1).time_ns);
}
