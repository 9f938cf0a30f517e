// What the fuzzers found: each input is refused with a position inside it, or survives being
// written and read again.
#include <catch2/catch_test_macros.hpp>

#include "sip/headers.h"
#include "sip/sdp.h"
#include "tests/conformance/vectors.h"

using namespace imslab;
using namespace imslab::sip;

namespace {

template <class Check>
void for_each_vector(const std::string& source, Check&& check) {
    for (const auto& entry : std::filesystem::directory_iterator(vectors(source))) {
        std::string name = entry.path().stem().string();
        INFO(name);
        check(read_vector(source, name));
    }
}

}  // namespace

TEST_CASE("fuzzed SIP messages: refused inside themselves, or the same after a round trip") {
    for_each_vector("fuzz_sip", [](const std::string& octets) {
        auto message = parse(octets);
        if (!message) {
            CHECK(message.error().error.position <= octets.size());
            CHECK_FALSE(message.error().error.reason.empty());
            return;
        }
        CHECK(top_via(*message));
        CHECK(cseq(*message));
        auto again = parse(message->to_bytes());
        REQUIRE(again);
        CHECK(again->to_bytes() == message->to_bytes());
    });
}

TEST_CASE("fuzzed streams: octet by octet or at once, the same first message") {
    for_each_vector("fuzz_sip", [](const std::string& octets) {
        StreamFramer whole, pieces;
        whole.push(octets);
        auto at_once = whole.next();
        for (char octet : octets) {
            pieces.push({&octet, 1});
            auto now = pieces.next();
            if (!now) return;
            if (!*now) continue;
            REQUIRE(at_once);
            CHECK(*at_once == *now);
            return;
        }
    });
}

TEST_CASE(
    "fuzzed session descriptions: refused inside themselves, or the same after a round trip") {
    for_each_vector("fuzz_sdp", [](const std::string& octets) {
        auto sdp = Sdp::parse(octets);
        if (!sdp) {
            CHECK(sdp.error().position <= octets.size());
            return;
        }
        auto again = Sdp::parse(sdp->to_string());
        REQUIRE(again);
        CHECK(again->to_string() == sdp->to_string());
    });
}
