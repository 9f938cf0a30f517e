// Messages out of a stream: Content-Length decides, keep-alives are counted, what cannot go on is
// broken.
#include <catch2/catch_test_macros.hpp>

#include "sip/message.h"

using namespace imslab::sip;

namespace {

const std::string with_body = "MESSAGE sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\nhello";
const std::string without_body = "OPTIONS sip:a SIP/2.0\r\nl : 0\r\nX: y\r\n\r\n";

std::string take(StreamFramer& framer) {
    auto next = framer.next();
    REQUIRE(next);
    return next->value_or("nothing yet");
}

}  // namespace

TEST_CASE("two messages in one read come out one by one") {
    StreamFramer framer;
    framer.push(with_body + without_body);
    CHECK(take(framer) == with_body);
    CHECK(take(framer) == without_body);
    CHECK(take(framer) == "nothing yet");
    CHECK_FALSE(framer.in_message());
}

TEST_CASE("slow octets come out as the same messages") {
    StreamFramer framer;
    std::string stream = "\r\n\r\n" + with_body + "\r\n" + without_body;
    std::vector<std::string> messages;
    for (char octet : stream) {
        framer.push({&octet, 1});
        auto next = framer.next();
        REQUIRE(next);
        if (*next) messages.push_back(**next);
    }
    CHECK(messages == std::vector{with_body, without_body});
    CHECK(framer.take_ping());
    CHECK_FALSE(framer.take_ping());
}

TEST_CASE("a message of which octets are missing is waited for") {
    StreamFramer framer;
    framer.push(with_body.substr(0, 30));
    CHECK(take(framer) == "nothing yet");
    CHECK(framer.in_message());
    framer.push(with_body.substr(30, 15));
    CHECK(take(framer) == "nothing yet");
    framer.push(with_body.substr(45));
    CHECK(take(framer) == with_body);
}

TEST_CASE("RFC 5626 §4.4.1: a double CRLF is a ping, a single one is none") {
    StreamFramer framer;
    framer.push("\r\n");
    CHECK(take(framer) == "nothing yet");
    CHECK_FALSE(framer.take_ping());
    CHECK_FALSE(framer.in_message());
    framer.push("\r\n");
    CHECK(take(framer) == "nothing yet");
    CHECK(framer.take_ping());
}

TEST_CASE("a stream that cannot be framed is broken, with what came") {
    for (std::string length : {"",
                               "Content-Length: five\r\n",
                               "Content-Length: -1\r\n",
                               "Content-Length: 1\r\nl: 1\r\n",
                               "Content-Length: 99999999999\r\n",
                               "Content-Length: 70000\r\n"}) {
        StreamFramer framer;
        std::string text = "MESSAGE sip:a SIP/2.0\r\n" + length + "\r\n";
        framer.push(text);
        auto next = framer.next();
        INFO(length);
        REQUIRE_FALSE(next);
        CHECK(next.error().bytes == text);
        CHECK_FALSE(next.error().reason.empty());
    }
}

TEST_CASE("a header that never ends is bounded") {
    Limits limits;
    limits.message_bytes = 1000;
    StreamFramer framer(limits);
    std::size_t pushed = 0;
    while (framer.next()) {
        framer.push(std::string(100, 'x'));
        pushed += 100;
        REQUIRE(pushed <= 1100);
    }
    CHECK(framer.next().error().bytes.size() == 1000);
}

TEST_CASE("folded Content-Length is read as the parser reads it") {
    StreamFramer framer;
    std::string text =
        "MESSAGE sip:a SIP/2.0\r\nContent-Length:\r\n 5\r\nX: Content-Length: 9\r\n\r\nhello";
    framer.push(text);
    CHECK(take(framer) == text);
}
