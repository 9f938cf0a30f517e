// What a topology says of a gateway, and what is answered to a mistake in it.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "gateways/interaction/gateway.h"

using namespace imslab;
using namespace imslab::interaction;

namespace {

std::string mistake(const char* json) {
    const auto read = read_gateway_settings("interaction", nlohmann::json::parse(json));
    return read ? std::string() : read.error();
}

}  // namespace

TEST_CASE("the settings of a gateway") {
    const auto read = read_gateway_settings("interaction", nlohmann::json::parse(R"({
        "service": "sip:click@home", "digest": true, "automata": ["sip:menu@HOME"],
        "ring_seconds": 30, "url": "https://gateway.home", "trusted": ["127.0.0.9"]})"));
    REQUIRE(read);
    CHECK(read->automata.contains("sip:menu@home"));
    CHECK(read->ring_limit == std::chrono::seconds(30));
    CHECK(read->authentication.digest);
    CHECK(read->authentication.trusted.size() == 1);
}

TEST_CASE("a mistake is said with what was found and what was expected") {
    CHECK(mistake(R"({"digest": true})") ==
          "enablers.interaction.service: found nothing, expected a sip: or tel: URI");
    CHECK(mistake(R"({"service": "sip:a@b"})") ==
          "enablers.interaction.digest: found nothing, expected true, or somebody in trusted: "
          "users must be known");
    CHECK(mistake(R"({"service": "sip:a@b", "digest": true, "url": "gateway"})") ==
          "enablers.interaction.url: found \"gateway\", expected one like https://gateway.home");
    CHECK(mistake(R"({"service": "sip:a@b", "trusted": ["me"]})") ==
          "enablers.interaction.trusted: found [\"me\"], expected a list of IP addresses");
    CHECK(mistake("7") == "enablers.interaction: found 7, expected a map");
    CHECK(mistake(R"({"service": "sip:a@b", "digest": true, "colour": 1})")
              .starts_with("enablers.interaction.colour: found 1, expected one of"));
}

TEST_CASE("the applications of a gateway") {
    const auto with = [](const std::string& applications) {
        const auto read = read_gateway_settings(
            "gw",
            nlohmann::json::parse(R"({"service": "sip:a@b", "digest": true, "applications": )" +
                                  applications + "}"));
        return read ? std::to_string(read->applications.size()) : read.error();
    };
    const std::string robot = R"("scopes": ["thirdpartycall"], "identities": ["sip:r@b"])";
    CHECK(with(R"({"d": {"redirect_uris": ["https://d.example/"], "scopes": ["thirdpartycall"],
                         "origins": ["https://d.example:8443"], "requests_per_minute": 60}})") ==
          "1");
    CHECK(with("[]") == "enablers.gw.applications: found [], expected a map of applications");
    CHECK(with(R"({"d": 1})") == "enablers.gw.applications.d: found 1, expected a map");
    CHECK(with(R"({"d": {"scopes": ["money"]}})") ==
          "enablers.gw.applications.d.scopes: found [\"money\"], expected a list of scopes: "
          "thirdpartycall");
    CHECK(with(R"({"d": {"scopes": ["thirdpartycall"]}})") ==
          "enablers.gw.applications.d.redirect_uris: found nothing, expected some, or identities "
          "of its own");
    CHECK(
        with(R"({"d": {"scopes": ["thirdpartycall"], "redirect_uris": ["http://d.example/"]}})") ==
        "enablers.gw.applications.d.redirect_uris: found [\"http://d.example/\"], expected https "
        "URLs without a fragment, or http on this machine");
    CHECK(with(R"({"d": {"scopes": ["thirdpartycall"], "redirect_uris": ["https://d/#x"]}})")
              .find("without a fragment") != std::string::npos);
    CHECK(with(R"({"d": {"scopes": ["thirdpartycall"], "redirect_uris": ["https://d/"],
                         "origins": ["https://d/page"]}})")
              .find("a list like https://directory.example") != std::string::npos);
    CHECK(with("{\"r\": {" + robot + "}}")
              .find("the SHA-256 of a secret: it has identities of its own") != std::string::npos);
    CHECK(with("{\"r\": {" + robot + R"(, "secret_sha256": "plain"}})")
              .find("64 hexadecimal digits") != std::string::npos);
    CHECK(mistake(R"({"service": "sip:a@b", "digest": true, "token_seconds": 0})") ==
          "enablers.interaction.token_seconds: found 0, expected a whole number from 1");
}
