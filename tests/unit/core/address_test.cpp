// Addresses in text and octets.
#include "core/address.h"

#include <catch2/catch_test_macros.hpp>

#include "core/transitions.h"

using namespace imslab;

TEST_CASE("addresses are read with and without a port, in both families") {
    CHECK(Address::parse("127.1.1.1:5060")->to_string() == "127.1.1.1:5060");
    CHECK(Address::parse("127.1.1.1", 5060)->port == 5060);
    CHECK(Address::parse("[2001:db8::1]:5080")->to_string() == "[2001:db8::1]:5080");
    CHECK(Address::parse("2001:db8::1", 5060)->to_string() == "[2001:db8::1]:5060");
    CHECK(Address::parse("[::1]")->ip.is_v6());
}

TEST_CASE("what is no address is refused") {
    for (const auto* text : {"",
                             ":",
                             "127.0.0.1:",
                             "127.0.0.1:65536",
                             "127.0.0.1:5060x",
                             "300.1.1.1",
                             "[127.0.0.1]",
                             "[::1",
                             "example.net:5060",
                             "1.2.3.4:-1"}) {
        INFO(text);
        CHECK_FALSE(Address::parse(text));
    }
}

TEST_CASE("octets and text are two forms of one address") {
    for (const auto* text : {"127.1.2.3", "2001:db8::42"}) {
        const auto ip = IpAddress::parse(text);
        REQUIRE(ip);
        CHECK(IpAddress::from_octets(ip->octets()) == *ip);
        CHECK(ip->to_string() == text);
    }
}

TEST_CASE("transports are named as in a Via") {
    CHECK(to_string(Transport::wss) == "WSS");
    CHECK(transport_from("tcp") == Transport::tcp);
    CHECK_FALSE(transport_from("SCTP"));
}

namespace {
enum class Light { red, green };
enum class Press { once };
std::string_view to_string(Light light) { return light == Light::red ? "red" : "green"; }
std::string_view to_string(Press) { return "press"; }
}  // namespace

TEST_CASE("a table of transitions refuses what it does not have") {
    constexpr Transitions table{
        std::array{Transition<Light, Press>{Light::red, Press::once, Light::green}}};
    CHECK(table.next(Light::red, Press::once) == Light::green);
    CHECK_FALSE(table.next(Light::green, Press::once));
    CHECK(table.to_text() == "red --press--> green\n");
}
