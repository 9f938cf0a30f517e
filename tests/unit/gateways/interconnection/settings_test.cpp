// The enabler's map, and what is wrong in it.
#include "gateways/interconnection/settings.h"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

using namespace imslab;
using interconnection::read_settings;
using nlohmann::json;

TEST_CASE("a gateway is told its server, the secret and whose users may pass") {
    const auto settings = read_settings(
        "gw",
        json::parse(
            R"({"kind": "interconnection", "server": "127.1.20.1", "secret": "s", "domains": "XMPP.example"})"));
    REQUIRE(settings);
    CHECK(settings->server.to_string() == "127.1.20.1:5347");
    CHECK(settings->domains == std::vector<std::string>{"xmpp.example"});
}

TEST_CASE("a mistake in a gateway's settings is one sentence") {
    const auto mistake = [](const char* text) {
        const auto settings = read_settings("gw", json::parse(text));
        return settings ? "none" : settings.error();
    };
    CHECK(mistake(R"({"secret": "s", "domains": ["a.example"]})") ==
          "enablers.gw.server: found nothing, expected an IP address such as 127.1.20.1:5347");
    CHECK(mistake(R"({"server": "127.1.20.1", "domains": ["a.example"]})") ==
          "enablers.gw.secret: found nothing, expected the word that the XMPP server knows");
    CHECK(mistake(R"({"server": "127.1.20.1", "secret": "s"})") ==
          "enablers.gw.domains: found nothing, expected domains of XMPP users");
    CHECK(mistake(R"({"server": "127.1.20.1", "secret": "s", "domains": ["a@b"]})") ==
          "enablers.gw.domains: found [\"a@b\"], expected domains of XMPP users");
    CHECK(mistake(R"({"server": "127.1.20.1", "secret": "s", "domains": ["b"], "x": 1})")
              .starts_with("enablers.gw.x: found 1, expected one of domain domains kind "));
}
