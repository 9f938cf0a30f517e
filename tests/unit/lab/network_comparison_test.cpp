// What one network adds to another: the ways of a message, and header fields with who puts them in.
#include "lab/network_comparison.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/lab/recorded.h"

using namespace imslab;
using namespace imslab::lab;
using namespace imslab::lab::test;

namespace {

Network plain_network() {
    Network network;
    network.participants = {
        {"alice", "alice", "ue", "", {{"Gm", address("127.1.100.1:5060")}}, false},
        {"proxy", "Proxy", "plain-sip", "proxy.home", {{"SIP", address("127.1.6.1:5060")}}, true},
        {"bob", "bob", "ue", "", {{"Gm", address("127.1.100.2:5060")}}, false},
    };
    return network;
}

std::string message(const std::string& vias, const std::string& more) {
    std::string text = "MESSAGE sip:bob@home SIP/2.0\r\n";
    for (const char via : vias)
        text += std::string("Via: SIP/2.0/UDP 127.1.1.1;branch=z9hG4bK") + via + "\r\n";
    return text + "Max-Forwards: 70\r\nFrom: <sip:alice@home>;tag=1\r\nTo: <sip:bob@home>\r\n" +
           "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n" + more + "Content-Length: 0\r\n\r\n";
}

const std::string preferred = "P-Preferred-Identity: <sip:alice@home>\r\n";

Observation on_ims() {
    const std::string charged = "P-Charging-Vector: icid-value=1\r\n";
    const std::string asserted = "P-Asserted-Identity: <sip:alice@home>\r\n";
    return Recording(core_network())
        .hop("alice", "P-CSCF", message("a", preferred))
        .hop("P-CSCF", "S-CSCF", message("ba", charged + asserted))
        .hop("S-CSCF", "P-CSCF", message("cba", charged + asserted))
        .hop("P-CSCF", "bob", message("dcba", asserted))
        .observation();
}

Observation on_plain_sip() {
    return Recording(plain_network())
        .hop("alice", "Proxy", message("a", preferred))
        .hop("Proxy", "bob", message("ba", preferred + "Subject: only here\r\n"))
        .observation();
}

}  // namespace

TEST_CASE("a message's ways on two networks stand beside each other") {
    const auto comparison = compare_networks(on_ims(), on_plain_sip());
    REQUIRE(comparison.messages.size() == 1);
    const auto& one = comparison.messages.front();
    CHECK(one.label == "MESSAGE");
    CHECK(one.first == std::vector<std::string>{"alice", "P-CSCF", "S-CSCF", "P-CSCF", "bob"});
    CHECK(one.second == std::vector<std::string>{"alice", "Proxy", "bob"});
    CHECK(comparison.first_messages == 4);
    CHECK(comparison.second_messages == 2);
}

TEST_CASE("header fields that one network adds are told with who, until where, and the clause") {
    const auto comparison = compare_networks(on_ims(), on_plain_sip());
    const auto& one = comparison.messages.front();
    REQUIRE(one.added.size() == 2);
    CHECK(one.added[0].header == "P-Charging-Vector");
    CHECK(one.added[0].by == "P-CSCF");
    CHECK(one.added[0].until == "P-CSCF");
    CHECK(one.added[0].clause == "TS 24.229 §5.2.2.1");
    CHECK(one.added[1].header == "P-Asserted-Identity");
    CHECK(one.added[1].until.empty());
    REQUIRE(one.missing.size() == 1);
    CHECK(one.missing[0].header == "Subject");
    CHECK(one.missing[0].by == "Proxy");
    REQUIRE(one.taken_out.size() == 1);
    CHECK(one.taken_out[0].header == "P-Preferred-Identity");
    CHECK(one.taken_out[0].by == "alice");
    CHECK(one.taken_out[0].until == "P-CSCF");
    CHECK(one.taken_out[0].clause == "TS 24.229 §5.2.6.3.3");
}

TEST_CASE("the comparison is drawn for the terminal, in a line, and for the report") {
    auto comparison = compare_networks(on_ims(), on_plain_sip());
    comparison.scenario = "MSG-001";
    comparison.first = "core";
    comparison.second = "plain-sip";
    const auto text = draw_comparison(comparison, {});
    INFO(text);
    CHECK(text.find("alice → P-CSCF → S-CSCF → P-CSCF → bob  (4 hops)") != std::string::npos);
    CHECK(text.find("+ P-Charging-Vector") != std::string::npos);
    CHECK(text.find("- Subject") != std::string::npos);
    CHECK(summary_of(comparison) ==
          "MSG-001: 4 messages on core, 2 on plain-sip; MESSAGE over 4 hops and 2; core adds "
          "P-Charging-Vector, P-Asserted-Identity");
    const auto page = html_comparison(comparison);
    CHECK(page.find("What core adds to plain-sip") != std::string::npos);
    CHECK(page.find("href=\"#MSG-001@plain-sip\"") != std::string::npos);
}
