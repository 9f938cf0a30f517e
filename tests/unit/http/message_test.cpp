// HTTP messages, targets and conditions as values.
#include "http/message.h"

#include <catch2/catch_test_macros.hpp>

#include "http/conditions.h"
#include "http/message_size.h"
#include "http/uri.h"

using namespace imslab;

TEST_CASE("a request that is written can be read again") {
    http::Request request;
    request.method = "PUT";
    request.target = "/xcap/resource-lists/users/sip:alice@home/index";
    request.fields.add("Host", "xcap.home");
    request.body = "<a/>";

    const auto read = http::parse(http::to_bytes(request));

    REQUIRE(read);
    CHECK(read->is_request);
    CHECK(read->method == "PUT");
    CHECK(read->target == request.target);
    CHECK(read->fields.get("host") == "xcap.home");
    CHECK(read->fields.get("Content-Length") == "4");
    CHECK(read->body == "<a/>");
}

TEST_CASE("a response has its reason; 304 has neither body nor length") {
    CHECK(http::to_bytes(http::Response::of(409, "text/plain", "no")) ==
          "HTTP/1.1 409 Conflict\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno");
    CHECK(http::to_bytes(http::Response::of(304)) == "HTTP/1.1 304 Not Modified\r\n\r\n");
    CHECK(http::to_bytes(http::Response::of(200)) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("RFC 9112 §7.1: chunks are put together") {
    const auto read = http::parse(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    REQUIRE(read);
    CHECK_FALSE(read->is_request);
    CHECK(read->status == 200);
    CHECK(read->reason == "OK");
    CHECK(read->body == "abcde");
}

TEST_CASE("what is no HTTP message is told in a sentence") {
    CHECK(http::parse("nonsense").error() == "no HTTP start line");
    CHECK(http::parse("GET /\r\n\r\n").error() == "no HTTP version in the request line");
    CHECK(http::parse("HTTP/1.1 2x OK\r\n\r\n").error() == "no status in the status line");
    CHECK(http::parse("GET / HTTP/1.1\r\nHost: a\r\n").error() == "the field lines do not end");
    CHECK(http::parse("GET / HTTP/1.1\r\n: a\r\n\r\n").error() ==
          "a field line without a name: : a");
    CHECK(http::parse("PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc").error() ==
          "Content-Length is no length of this message");
    CHECK(http::parse("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nf\r\nabc").error() ==
          "the chunks of the body do not fit");
}

TEST_CASE("fields are found without case, repeated ones are one list") {
    http::Fields fields;
    fields.add("If-None-Match", "\"a\"");
    fields.add("if-none-match", "\"b,c\"");
    CHECK(fields.joined("IF-NONE-MATCH") == "\"a\", \"b,c\"");
    CHECK(http::list_elements(fields.joined("If-None-Match")).size() == 2);
    fields.set("If-None-Match", "*");
    CHECK(fields.size() == 1);
    CHECK(http::media_type(" Application/XML ; charset=utf-8") == "application/xml");
}

TEST_CASE("RFC 3986 §2.1: percent-encoding, there and back, and what is none") {
    CHECK(http::percent_decoded("sip%3Aalice%40home") == "sip:alice@home");
    CHECK(http::percent_decoded("a+b") == "a+b");
    CHECK_FALSE(http::percent_decoded("%4"));
    CHECK_FALSE(http::percent_decoded("%zz"));
    CHECK_FALSE(http::percent_decoded("%00"));
    CHECK(http::percent_encoded("list[@name=\"x y\"]", "@=") == "list%5B@name=%22x%20y%22%5D");
}

TEST_CASE("RFC 9112 §3.2: origin form and absolute form") {
    CHECK(http::target_of("/a/b?xmlns(x=y)")->path == "/a/b");
    CHECK(http::target_of("/a/b?xmlns(x=y)")->query == "xmlns(x=y)");
    CHECK(http::target_of("http://xcap.home:8080/a")->path == "/a");
    CHECK(http::target_of("https://xcap.home")->path == "/");
    CHECK_FALSE(http::target_of("*"));
    CHECK_FALSE(http::target_of(""));
    CHECK(http::segments_of("/a//b/") == std::vector<std::string_view>{"a", "", "b", ""});
}

TEST_CASE("RFC 9110 §13: conditions on what is there, and on what is not") {
    const std::string there = "v1";
    const auto outcome =
        [](const char* method, const char* name, const char* value, const std::string* current) {
            http::Request request;
            request.method = method;
            request.fields.add(name, value);
            return http::failed_condition(request, current);
        };
    CHECK_FALSE(outcome("PUT", "If-Match", "\"v0\", \"v1\"", &there));
    CHECK(outcome("PUT", "If-Match", "\"v0\"", &there) == 412);
    CHECK(outcome("PUT", "If-Match", "W/\"v1\"", &there) == 412);
    CHECK(outcome("PUT", "If-Match", "*", nullptr) == 412);
    CHECK_FALSE(outcome("PUT", "If-Match", "*", &there));
    CHECK(outcome("PUT", "If-None-Match", "*", &there) == 412);
    CHECK_FALSE(outcome("PUT", "If-None-Match", "*", nullptr));
    CHECK(outcome("GET", "If-None-Match", "W/\"v1\"", &there) == 304);
    CHECK_FALSE(outcome("GET", "If-None-Match", "\"v0\"", &there));
    CHECK(outcome("DELETE", "If-None-Match", "\"v1\"", &there) == 412);
}

TEST_CASE("RFC 9112 §6.3: where in a stream the first message ends") {
    const auto size = [](std::string_view octets, bool answers_head = false) {
        const auto found = http::message_size(octets, answers_head);
        REQUIRE(found);
        return found->value_or(0);
    };
    const auto ends_before_more = [&](const std::string& message, bool answers_head = false) {
        INFO(message);
        CHECK(size(message + "GET", answers_head) == message.size());
        for (std::size_t cut = 0; cut < message.size(); ++cut)
            CHECK(size(std::string_view(message).substr(0, cut), answers_head) == 0);
    };
    ends_before_more("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ends_before_more("PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
    ends_before_more(
        "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n");
    ends_before_more("HTTP/1.1 204 No Content\r\n\r\n");
    const std::string of_head = "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n";
    ends_before_more(of_head, true);
    CHECK(http::parse(of_head).value().status == 200);

    const auto why = [](std::string_view octets) {
        const auto found = http::message_size(octets, false);
        return found ? std::string() : found.error();
    };
    CHECK(why("HTTP/1.0 200 OK\r\n\r\n") == "a body that ends with its connection");
    CHECK(why("PUT / HTTP/1.1\r\nContent-Length: x\r\n\r\n") ==
          "Content-Length is no length of this message");
    CHECK(why("PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n") ==
          "the chunks of the body do not fit");
    CHECK(why(std::string(70'000, 'x')) == "the field lines do not end");
}
