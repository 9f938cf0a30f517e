// What a UE was answered by HTTP and says again, and where an application server is asked.
#include "lab/http_answers.h"

#include <catch2/catch_test_macros.hpp>

#include "lab/http_point.h"
#include "lab/procedure.h"

using namespace imslab;
using namespace imslab::lab;

namespace {

http::Message answer(const char* type, std::string body, const char* location = nullptr) {
    http::Message message;
    message.is_request = false;
    message.fields.add("Content-Type", type);
    if (location != nullptr) message.fields.add("Location", location);
    message.body = std::move(body);
    return message;
}

constexpr const char* kTopology = R"(
name: small
home: home.example
nodes:
  pcscf: {kind: pcscf, addresses: {Gm: 127.0.0.1, Mw: 127.0.0.2}}
  bsf: {kind: as, address: 127.0.0.3, http: 127.0.0.3, settings: {enablers: {bsf: {}}}}
  xdms: {kind: as, address: 127.0.0.4, http: 127.0.0.4, settings: {enablers: {xdm: {}}}}
  gateway: {kind: as, address: 127.0.0.5, http: 127.0.0.5, https: 8443, settings: {enablers: {interaction: {}}}}
ues:
  web: {address: 127.0.0.9}
)";

}  // namespace

TEST_CASE("a UE says again where a resource is, a code, a token, a hidden field") {
    HttpAnswers answers;
    CHECK(answers.put_into("/{location} {answer.token}") == "/{location} {answer.token}");

    answers.remember(answer("text/plain", "", "http://gw:8080/calls/7?code=a%2Fb&state=1"));
    CHECK(answers.put_into("{location}/p2") == "/calls/7/p2");
    CHECK(answers.put_into("code={location.code}&state={location.state}") == "code=a/b&state=1");

    answers.remember(answer("application/json; charset=utf-8",
                            R"({"token":"t1","in":{"deep":[{"number":7}]}})"));
    answers.remember(answer("application/json", "no JSON"));
    CHECK(answers.put_into("Bearer {answer.token}, {answer.number}") == "Bearer t1, 7");
    answers.remember(answer("application/json", R"({"token":"{answer.number}"})"));
    CHECK(answers.put_into("{answer.token}{answer.number}") == "{answer.number}7");

    answers.remember(
        answer("text/html", "<input type=\"hidden\" name=\"ticket\" value=\"abc\"><input>"));
    CHECK(answers.put_into(R"({"ticket": "{answer.ticket}"})") == R"({"ticket": "abc"})");
}

TEST_CASE("where an application server's HTTP is at home follows from its enabler") {
    const auto topology = Topology::parse(kTopology, "small.yaml");
    REQUIRE(topology);
    CHECK(http_point_of(*topology->node("bsf")) == "Ub");
    CHECK(http_point_of(*topology->node("xdms")) == "Ut");
    const auto* gateway = topology->node("gateway");
    CHECK(http_point_of(*gateway) == "API");
    CHECK(gateway->address("API", Transport::tls) == *Address::parse("127.0.0.5:8443"));
    CHECK(answers_http(*gateway));
    // other nodes find its SIP by its name
    CHECK(topology->hosts().at(gateway->host).addresses().front().address ==
          *Address::parse("127.0.0.5:5060"));
    CHECK_FALSE(answers_http(*topology->node("bsf")));
    CHECK(*gateway->sip_address() == *Address::parse("127.0.0.5:5060"));
}

TEST_CASE("several requests by HTTP while phones are at it") {
    const auto topology = Topology::parse(kTopology, "small.yaml");
    REQUIRE(topology);
    const auto read = parse_command(
        "web play answer.xml, meanwhile web post /calls call.json without authorization, "
        "meanwhile web get {location} with header \"Accept: a, b\", meanwhile web delete "
        "{location}",
        *topology);
    REQUIRE(read);
    const auto& play = std::get<PlayCommand>(read->front());
    REQUIRE(play.meanwhile.size() == 3);
    CHECK(std::get<DocumentCommand>(play.meanwhile[0]).file == "call.json");
    CHECK(std::get<DocumentCommand>(play.meanwhile[1]).headers.front().second == "a, b");
    CHECK(std::get<DocumentCommand>(play.meanwhile[2]).path == "{location}");
}
