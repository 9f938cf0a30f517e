// The messages of RFC 5118: IPv6 addresses in SIP.
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "sip/headers.h"
#include "sip/sdp.h"
#include "tests/conformance/vectors.h"

using namespace imslab;
using namespace imslab::sip;

namespace {

// Kept, because the tests hold views of it.
const Message& parsed(const std::string& name) {
    static std::map<std::string, Message> kept;
    auto message = parse(read_vector("rfc5118", name));
    INFO(name << ": " << (message ? "" : message.error().error.reason));
    REQUIRE(message);
    return kept.try_emplace(name, *message).first->second;
}

}  // namespace

TEST_CASE("RFC 5118: eleven messages are accepted, and what we write of them too") {
    const char* const accepted[] = {
        "ipv6-good",
        "port-ambiguous",
        "port-unambiguous",
        "via-received-param-with-delim",
        "via-received-param-no-delim",
        "ipv6-in-sdp",
        "mult-ip-in-header",
        "mult-ip-in-sdp",
        "ipv4-mapped-ipv6",
        "ipv6-bug-abnf-3-colons",
        "ipv6-correct-abnf-2-colons",
    };
    CHECK(count_vectors("rfc5118") == std::size(accepted) + 1);
    for (const char* name : accepted) {
        Message message = parsed(name);
        auto again = parse(message.to_bytes());
        INFO(name);
        REQUIRE(again);
        CHECK(again->to_bytes() == message.to_bytes());
    }
}

TEST_CASE("RFC 5118 §4.2: an IPv6 address without brackets is refused") {
    auto refused = parse(read_vector("rfc5118", "ipv6-bad"));
    REQUIRE(!refused);
    CHECK(refused.error().error.status == 400);
    CHECK(refused.error().error.reason == "Request-URI is malformed");
    CHECK(refused.error().error.line == 1);
    CHECK(refused.error().error.column == 10);
    CHECK(refused.error().answerable);
}

TEST_CASE("RFC 5118 §4.3, §4.4: the port is what stands behind the bracket") {
    auto ambiguous = Uri::parse(parsed("port-ambiguous").uri());
    CHECK(ambiguous->host == "[2001:db8::10:5070]");
    CHECK(ambiguous->port == 0);
    auto unambiguous = Uri::parse(parsed("port-unambiguous").uri());
    CHECK(unambiguous->host == "[2001:db8::10]");
    CHECK(unambiguous->port == 5070);
}

TEST_CASE("RFC 5118 §4.5: received with and without brackets") {
    CHECK(top_via(parsed("via-received-param-with-delim"))->params.get("received") ==
          "[2001:db8::9:255]");
    CHECK(top_via(parsed("via-received-param-no-delim"))->params.get("received") ==
          "2001:db8::9:255");
    CHECK(IpAddress::parse("[2001:db8::9:255]") == IpAddress::parse("2001:db8::9:255"));
}

TEST_CASE("RFC 5118 §4.6 to §4.9: IPv6 in Via, Contact and SDP") {
    auto vias = parsed("mult-ip-in-header").values(HeaderId::via);
    REQUIRE(vias.size() == 3);
    CHECK(Via::parse(vias[0])->host == "[2001:db8::9:1]");
    CHECK(Via::parse(vias[0])->port == 6050);
    CHECK(Via::parse(vias[1])->host == "192.0.2.1");
    CHECK(Via::parse(vias[2])->transport == Transport::tcp);
    auto sdp = Sdp::parse(parsed("mult-ip-in-sdp").body());
    REQUIRE(sdp);
    REQUIRE(sdp->media.size() == 2);
    CHECK(sdp->media[0].connection() == "IN IP4 192.0.2.1");
    CHECK(sdp->media[1].connection() == "IN IP6 2001:db8::1");
    CHECK(Sdp::parse(parsed("ipv6-in-sdp").body())->session_line('c') == "IN IP6 2001:db8::20");
    CHECK(top_via(parsed("ipv4-mapped-ipv6"))->host == "[::ffff:192.0.2.10]");
    CHECK(top_via(parsed("ipv4-mapped-ipv6"))->port == 19823);
}

TEST_CASE("RFC 5118 §4.10: the extra colon of the old grammar is tolerated") {
    CHECK(Uri::parse(parsed("ipv6-bug-abnf-3-colons").uri())->host == "[2001:db8:::192.0.2.1]");
    CHECK(Uri::parse(parsed("ipv6-correct-abnf-2-colons").uri())->host == "[2001:db8::192.0.2.1]");
}
