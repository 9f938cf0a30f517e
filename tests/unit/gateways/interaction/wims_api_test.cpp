// WIMS 2.0's resources: {root}/{IMPU}/{service}/{session}.
#include "tests/unit/gateways/interaction/gateway_fixture.h"

using namespace imslab;
using namespace imslab::interaction;

namespace {

const std::string kCalls = "/wims/" + kAlice + "/call";
std::string to(const std::string& uri) { return R"({"call":{"to":")" + uri + R"("}})"; }

std::string path_of(const http::Response& response) {
    const auto location = response.fields.get("Location").value_or("");
    REQUIRE(location.starts_with(kUrl));
    return std::string(location.substr(kUrl.size()));
}

}  // namespace

TEST_CASE("a session is a URI: POST makes it, GET reads it, PUT changes it, DELETE ends it") {
    GatewayLab lab;
    const auto created = lab.ask("POST", kCalls, to(kBob));
    CHECK(created.status == 201);
    const auto session = path_of(created);
    CHECK(session.starts_with(kCalls + "/"));
    CHECK(GatewayLab::read(created)["state"] == "calling");
    lab.join();
    auto read = GatewayLab::read(lab.ask("GET", session));
    CHECK(read["state"] == "joined");
    CHECK(read["party"][0]["uri"] == kAlice);
    CHECK(read["party"][1]["state"] == "connected");
    CHECK(read["answered"] == "2001-09-09T01:46:40Z");

    read = GatewayLab::read(lab.ask("PUT", session, to(kCarol)));
    CHECK(read["state"] == "transferring");
    CHECK(read["party"][2]["uri"] == kCarol);

    CHECK(lab.ask("DELETE", session).status == 204);
    CHECK(GatewayLab::read(lab.ask("GET", session))["state"] == "ended");
    CHECK(GatewayLab::read(lab.ask("GET", kCalls))["call"].size() == 1);
}

TEST_CASE("both faces show the same sessions") {
    GatewayLab lab;
    lab.click();
    CHECK(lab.ask("GET", kCalls + "/" + lab.id).status == 200);
    lab.answers(lab.sent(), 603);
    const auto read = GatewayLab::read(lab.ask("GET", kCalls + "/" + lab.id));
    CHECK(read["party"][0]["sip"] == "603");
    CHECK(read["party"][1].count("sip") == 0);
}

TEST_CASE("nobody uses somebody else's capability") {
    GatewayLab lab;
    CHECK(lab.ask("POST", "/wims/" + kBob + "/call", to(kCarol)).status == 403);
    CHECK(lab.ask("GET", "/wims/nobody/call").status == 403);
    CHECK(lab.ask("GET", "/wims/" + kAlice + "/fax").status == 404);
    CHECK(lab.ask("GET", kCalls + "/none").status == 404);
    CHECK(lab.ask("PUT", kCalls, to(kBob)).status == 405);
    CHECK(lab.ask("POST", kCalls, to("nobody")).status == 400);
    CHECK(lab.ask("POST", kCalls, R"({"fax":{}})").status == 400);
    CHECK(lab.sip_sent.empty());
}
