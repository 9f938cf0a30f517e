// HTTP through the event loop: requests as events, answers in their order, the bounds that a client
// meets.
#include "hosts/asio/http_server.h"

#include <filesystem>

#include "tests/unit/hosts/http_serving.h"

using namespace imslab;
using namespace imslab::host;
using std::chrono::milliseconds;

namespace {

HttpLimits impatient() {
    HttpLimits limits;
    limits.handshake = limits.unfinished = limits.idle = limits.linger = milliseconds(30);
    limits.sweep = milliseconds(5);
    return limits;
}

}  // namespace

TEST_CASE("HTTP: a request is an event with its flow, its answer comes back on the connection") {
    Serving lab;
    auto client = connected(lab.at);

    client.send("PUT /a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");

    CHECK(body_of(response(client)) == "PUT /a/b hello");
    const auto asked = lab.running.node.await<Asked>();
    const auto request = std::any_cast<http::Request>(asked.request);
    CHECK(request.flow.transport == Transport::tcp);
    CHECK(request.flow.local == lab.at);
    CHECK(request.flow.remote == client.local());
    CHECK(request.fields.get("host") == "x");
}

TEST_CASE("HTTP: a connection is kept; what is pipelined is answered in its order") {
    Serving lab;
    auto client = connected(lab.at);
    std::string requests, expected;
    for (int i = 0; i < 20; ++i)
        requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";

    client.send(requests + "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    const auto all = client.receive_all();
    std::size_t at = 0;
    for (int i = 0; i < 20; ++i) {
        at = all.find("GET /" + std::to_string(i) + " ", at);
        REQUIRE(at != std::string::npos);
    }
    CHECK(all.find("GET /last ", at) != std::string::npos);
    CHECK(all.find("Connection: close") != std::string::npos);
    CHECK(lab.running.node.count<Asked>() == 21);
}

TEST_CASE("HTTP: octets that drip in are one request, chunks one body") {
    Serving lab;
    auto client = connected(lab.at);

    for (const char octet : std::string("PUT /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                                        "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"))
        client.send({&octet, 1});

    CHECK(body_of(response(client)) == "PUT /slow abcde");
}

TEST_CASE("HTTP: HEAD has the length of what GET would have, and no body") {
    Serving lab;
    auto client = connected(lab.at);

    client.send("HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    const auto all = client.receive_all();
    CHECK(all.find("Content-Length: 8\r\n") != std::string::npos);
    CHECK(body_of(all).empty());
}

TEST_CASE("HTTP: who expects 100 gets it before the body") {
    Serving lab;
    auto client = connected(lab.at);

    client.send("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.receive_exactly(25) == "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hi");

    CHECK(body_of(response(client)) == "PUT /a hi");
}

TEST_CASE("HTTP: what cannot be taken is refused with its status, and the connection ends") {
    HttpLimits limits;
    limits.message.body_octets = 100;
    limits.message.target_octets = 200;
    limits.message.field_octets = 1000;
    Serving lab(limits);
    const auto refused = [&](const std::string& octets) {
        auto client = connected(lab.at);
        client.send(octets);
        const auto all = client.receive_all();
        CHECK(all.find("Connection: close") != std::string::npos);
        return status_of(all);
    };
    const std::string host = "Host: x\r\n";

    CHECK(refused("nonsense\r\n\r\n") == 400);
    CHECK(refused("GET / HTTP/1.1\r\n\r\n") == 400);
    CHECK(refused("GET / HTTP/1.1\r\n" + host + host + "\r\n") == 400);
    CHECK(refused("GET / HTTP/3.7\r\n" + host + "\r\n") == 505);
    CHECK(refused("GET /" + std::string(300, 'a') + " HTTP/1.1\r\n" + host + "\r\n") == 414);
    CHECK(refused("GET / HTTP/1.1\r\n" + host + "A: " + std::string(2000, 'a')) == 431);
    CHECK(refused("PUT / HTTP/1.1\r\n" + host + "Content-Length: 101\r\n\r\n") == 413);
    CHECK(refused("PUT / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n") == 400);
    CHECK(refused("PUT / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n") ==
          400);
    CHECK(refused("PUT / HTTP/1.1\r\n" + host + "Expect: miracles\r\n\r\n") == 417);
    CHECK(lab.running.node.count<Asked>() == 0);
}

TEST_CASE("RFC 9110 §15.5.9: a request that is begun and not finished in time is answered 408") {
    Serving lab(impatient());
    auto client = connected(lab.at);
    client.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    CHECK(status_of(client.receive_all()) == 408);
}

TEST_CASE("HTTP: a connection that says nothing, or no more, is closed") {
    Serving lab(impatient());
    auto silent = connected(lab.at);
    CHECK(silent.receive_all().empty());
    auto client = connected(lab.at);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(client.receive_all()) == 200);
}

TEST_CASE("HTTP: too many connections are not accepted") {
    HttpLimits limits;
    limits.connections = 1;
    Serving lab(limits);
    auto first = connected(lab.at);
    first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(response(first)) == 200);
    auto second = connected(lab.at);
    CHECK(second.receive_all().empty());
}

TEST_CASE("HTTP inside TLS: the flow says so") {
    Serving lab;
    TlsPeer client(lab.secure_at, lab.certificates.authority_file());
    REQUIRE(client.shake_hands());

    client.send("GET /secret HTTP/1.1\r\nHost: x\r\n\r\n");

    CHECK(body_of(response(client)) == "GET /secret ");
    const auto request = std::any_cast<http::Request>(lab.running.node.await<Asked>().request);
    CHECK(request.is_secure());
    CHECK(request.flow.local == lab.secure_at);
}

TEST_CASE("HTTP: a client that is gone before the answer harms nobody") {
    Serving lab;
    {
        auto client = connected(lab.at);
        client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    auto client = connected(lab.at);
    client.send("GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(body_of(response(client)) == "GET /3 ");
}

TEST_CASE("HTTP: the trace has what was on the wire") {
    const auto path = (std::filesystem::temp_directory_path() / "imslab-http-test.trace").string();
    std::filesystem::remove(path);
    const std::string request = "PUT /a HTTP/1.1\r\nHost:   x\r\nContent-Length: 2\r\n\r\nhi";
    std::string answered;
    {
        Serving lab({}, std::move(*trace::Writer::create(path)));
        auto client = connected(lab.at);
        client.send(request.substr(0, 30));
        client.send(request.substr(30));
        answered = response(client);
    }
    const auto records = trace::read(path);
    REQUIRE(records);
    REQUIRE(records->size() == 2);
    CHECK((*records)[0].protocol == trace::Protocol::http);
    CHECK((*records)[0].direction == trace::Direction::received);
    CHECK((*records)[0].bytes == request);
    CHECK((*records)[1].direction == trace::Direction::sent);
    CHECK((*records)[1].bytes == answered);
    CHECK((*records)[1].flow == (*records)[0].flow);
}
