// Where a request goes next (RFC 3261 §16.6 step 7), by the table of hosts.
#include "sip/next_hop.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/support/sip_fixture.h"

using namespace imslab;
using Texts = std::vector<std::string>;

namespace {

const Address kLocal = *Address::parse("127.1.1.2:5060");

Hosts hosts() {
    Hosts hosts;
    hosts["one.example"] = *Address::parse("127.1.2.1:5070");
    hosts["127.1.2.2"] = *Address::parse("127.1.2.3:5060");
    for (const auto* several : {"several.example", "127.1.2.9"}) {
        hosts[several].add({*Address::parse("127.1.2.4:5060"), 1});
        hosts[several].add({*Address::parse("127.1.2.5:5060"), 0});
    }
    return hosts;
}

// "UDP 127.1.2.1:5060"
std::string shown(const Flow& flow) {
    return std::string(to_string(flow.transport)) + " " + flow.remote.to_string();
}

Texts to(std::string_view uri) {
    static const auto request = *sip::parse(test::RequestText{}.to_string());
    Texts all;
    for (const auto& [flow, route] : sip::ways_to(uri, request, hosts(), kLocal)) {
        CHECK(flow.local == kLocal);
        all.push_back(shown(flow));
    }
    // Who asks for one address alone is told the first that the table has.
    const auto one = sip::flow_to(uri, hosts(), kLocal);
    CHECK(one.has_value() == !all.empty());
    if (one && all.size() == 1) CHECK(shown(*one) == all.front());
    return all;
}

}  // namespace

TEST_CASE("a URI leads to its host's addresses, with its own port and transport") {
    CHECK(to("sip:one.example") == Texts{"UDP 127.1.2.1:5070"});
    CHECK(to("sip:alice@ONE.example:5090;transport=tcp") == Texts{"TCP 127.1.2.1:5090"});
    CHECK(to("sip:several.example") == Texts{"UDP 127.1.2.5:5060", "UDP 127.1.2.4:5060"});
    CHECK(to("sip:several.example:5090;transport=tcp") ==
          Texts{"TCP 127.1.2.5:5090", "TCP 127.1.2.4:5090"});
}

TEST_CASE("an IP address is where it leads, unless the table has several for it") {
    CHECK(to("sip:127.1.2.7") == Texts{"UDP 127.1.2.7:5060"});
    CHECK(to("sip:[2001:db8::1]:5070;transport=tcp") == Texts{"TCP [2001:db8::1]:5070"});
    CHECK(to("sip:127.1.2.2") == Texts{"UDP 127.1.2.2:5060"});
    CHECK(to("sip:127.1.2.9") == Texts{"UDP 127.1.2.5:5060", "UDP 127.1.2.4:5060"});
}

TEST_CASE("unknown hosts, unknown transports and other URIs lead nowhere") {
    for (const auto* uri : {"sip:nobody.example",
                            "tel:+15550001",
                            "one.example",
                            "",
                            "sip:one.example;transport=sctp",
                            "sip:several.example;transport=sctp",
                            "sip:127.1.2.7;transport=sctp"}) {
        INFO(uri);
        CHECK(to(uri).empty());
    }
}
