// ICMP and ICMPv6 "destination unreachable" about datagrams of ours, and what else raw sockets
// hear.
#include "hosts/kamailio/unreachable.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace imslab::kamailio {
namespace {

using namespace std::string_literals;

// From 127.1.1.2:5060 to 127.1.2.1:5060.
const std::string kDatagramV4 =
    "\x45\0\0\x20\0\0\0\0\x40\x11\0\0\x7f\x01\x01\x02\x7f\x01\x02\x01\x13\xc4\x13\xc4"s;
const std::string kHeaderV4 = "\x45\0\0\x38\0\0\0\0\x40\x01\0\0\x7f\x01\x02\x01\x7f\x01\x01\x02"s;
const std::string kUnreachable = "\x03\x03\0\0\0\0\0\0"s, kEcho = "\x08\0\0\0\0\0\0\0"s;

}  // namespace

TEST_CASE("a port that is unreachable: the flow of the datagram, seen from its sender") {
    const auto flow = undelivered(kHeaderV4 + kUnreachable + kDatagramV4, false);
    REQUIRE(flow);
    CHECK(flow->transport == Transport::udp);
    CHECK(flow->local.to_string() == "127.1.1.2:5060");
    CHECK(flow->remote.to_string() == "127.1.2.1:5060");
}

TEST_CASE("the same of IPv6") {
    const std::string loopback = std::string(15, '\0') + "\x01";
    const std::string datagram =
        "\x60\0\0\0\0\x0c\x11\x40"s + loopback + loopback + "\x13\xc4\x13\xc5\0\0\0\0"s;
    const auto flow = undelivered("\x01\x04\0\0\0\0\0\0"s + datagram, true);
    REQUIRE(flow);
    CHECK(flow->local.to_string() == "[::1]:5060");
    CHECK(flow->remote.to_string() == "[::1]:5061");
}

TEST_CASE("other ICMP, other protocols and what is cut short say nothing") {
    CHECK(!undelivered(kHeaderV4 + kEcho + kDatagramV4, false));
    auto of_tcp = kDatagramV4;
    of_tcp[9] = 6;
    CHECK(!undelivered(kHeaderV4 + kUnreachable + of_tcp, false));
    const auto whole = kHeaderV4 + kUnreachable + kDatagramV4;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK(!undelivered(std::string_view(whole).substr(0, size), false));
        CHECK(!undelivered(std::string_view(whole).substr(0, size), true));
    }
}

}  // namespace imslab::kamailio
