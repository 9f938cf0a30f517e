// Events and the handshake of a WebSocket as values.
#include "http/push.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab;

namespace {

http::Request handshake() {
    http::Request request;
    request.fields.add("Connection", "keep-alive, Upgrade");
    request.fields.add("Upgrade", "WebSocket");
    request.fields.add("Sec-WebSocket-Version", "13");
    request.fields.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    return request;
}

}  // namespace

TEST_CASE("server-sent events: an event is its fields, a line each, and an empty line") {
    CHECK(http::event_text("call", "7", "{}") == "id: 7\nevent: call\ndata: {}\n\n");
    CHECK(http::event_text("", "", "a") == "data: a\n\n");
    CHECK(http::event_text("", "", "a\nb\r\nc\rd") == "data: a\ndata: b\ndata: c\ndata: d\n\n");
    CHECK(http::event_text("", "", "") == "data: \n\n");
    // nobody makes an event of his own by what stands in a name
    CHECK(http::event_text("a\ndata: b", "1\n\n", "c") == "id: 1\nevent: adata: b\ndata: c\n\n");
}

TEST_CASE("a head that a stream follows has no length") {
    const auto bytes = http::to_bytes(http::event_stream());
    CHECK(bytes.find("Content-Length") == std::string::npos);
    CHECK(bytes.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(bytes.ends_with("\r\n\r\n"));
    const auto read = http::parse(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
        "chunked\r\n\r\n");
    REQUIRE(read);
    CHECK(read->body.empty());
    CHECK(http::to_bytes(http::web_socket("chat")) ==
          "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Protocol: chat\r\n\r\n");
}

TEST_CASE("RFC 6455 §4.2.1: who may have a WebSocket") {
    CHECK(http::asks_for_web_socket(handshake()));
    CHECK_FALSE(http::web_socket_refusal(handshake()));
    CHECK_FALSE(http::asks_for_web_socket({}));

    auto old = handshake();
    old.fields.set("Sec-WebSocket-Version", "8");
    const auto refusal = http::web_socket_refusal(old);
    REQUIRE(refusal);
    CHECK(refusal->status == 426);
    CHECK(refusal->fields.get("Sec-WebSocket-Version") == "13");

    auto posted = handshake();
    posted.method = "POST";
    CHECK(http::web_socket_refusal(posted)->status == 400);
    auto keyless = handshake();
    keyless.fields.set("Sec-WebSocket-Key", "short");
    CHECK(http::web_socket_refusal(keyless)->status == 400);
    auto alone = handshake();
    alone.fields.set("Connection", "keep-alive");
    CHECK(http::web_socket_refusal(alone)->status == 400);
}
