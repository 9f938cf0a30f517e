// Whose certificate it is (RFC 4975 §14.4, RFC 8122 §5).
#include "msrp/fingerprint.h"

#include <catch2/catch_test_macros.hpp>

#include "msrp/session_description.h"

using namespace imslab::msrp;

TEST_CASE("a fingerprint is read as it is written in a description") {
    // The example of RFC 4975 §14.4.
    const auto example =
        Fingerprint::parse("SHA-1 4a:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB");
    REQUIRE(example);
    CHECK(example->hash == "sha-1");
    CHECK(example->value == "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB");
    for (const auto* wrong : {"",
                              "sha-1",
                              "sha-1 ",
                              " 4A:AD",
                              "sha-1 4A:A",
                              "sha-1 4AAD",
                              "sha-1 4A:AG",
                              "sha-1 4A:AD:",
                              "sha-1 4A;AD"}) {
        INFO(wrong);
        CHECK_FALSE(Fingerprint::parse(wrong));
    }
}

TEST_CASE("a certificate is the one of a fingerprint with the best hash that is known") {
    const auto right = Fingerprint::of("certificate");
    // What sha256sum says of these octets.
    CHECK(right.to_string().starts_with("sha-256 "));
    CHECK(right.value.size() == 32 * 3 - 1);
    CHECK(is_one_of({right}, "certificate"));
    CHECK_FALSE(is_one_of({right}, "another"));
    CHECK_FALSE(is_one_of({right}, ""));
    CHECK_FALSE(is_one_of({}, "certificate"));
    const auto other = Fingerprint::of("another");
    CHECK(is_one_of({other, right}, "certificate"));
    // A better hash that is wrong is not made good by a worse one that is right.
    auto better = right;
    better.hash = "sha-512";
    CHECK_FALSE(is_one_of({right, better}, "certificate"));
    auto unknown = right;
    unknown.hash = "md5";
    CHECK_FALSE(is_one_of({unknown}, "certificate"));
    CHECK(is_one_of({unknown, right}, "certificate"));
}

TEST_CASE("a description has fingerprints of the session and of the medium") {
    const auto one = Fingerprint::of("one").to_string(), two = Fingerprint::of("two").to_string();
    const std::string text = "v=0\r\nc=IN IP4 127.0.0.1\r\na=fingerprint:" + one +
                             "\r\nm=audio 1 RTP/AVP 0\r\na=fingerprint:sha-1 00\r\n"
                             "m=message 7654 TCP/TLS/MSRP *\r\na=path:msrps://a:7654/s;tcp\r\n"
                             "a=fingerprint:" +
                             two + "\r\n";
    const auto media = read_media(text);
    REQUIRE(media);
    CHECK(media->secure);
    REQUIRE(media->fingerprints.size() == 2);
    CHECK(media->fingerprints[0].to_string() == one);
    CHECK(media->fingerprints[1].to_string() == two);
    CHECK(read_media("m=message 1 TCP/TLS/MSRP *\r\na=path:msrps://a:1/s;tcp\r\n"
                     "a=fingerprint:sha-1\r\n")
              .error() == "a=fingerprint cannot be read");

    SECTION("none of them is left when the medium is somewhere else without TLS") {
        Media place;
        place.address = "127.0.0.2";
        place.port = 2855;
        place.path = *parse_path("msrp://127.0.0.2:2855/x;tcp");
        const auto moved = read_media(redirected(text, place));
        REQUIRE(moved);
        CHECK_FALSE(moved->secure);
        CHECK(moved->fingerprints.empty());
        CHECK(redirected(text, place).find("a=fingerprint:sha-1 00") != std::string::npos);
    }
    SECTION("and the place's own are there when it has TLS") {
        Media place;
        place.secure = true;
        place.address = "127.0.0.2";
        place.port = 2856;
        place.path = *parse_path("msrps://127.0.0.2:2856/x;tcp");
        place.fingerprints = {Fingerprint::of("mine")};
        const auto moved = read_media(redirected(text, place));
        REQUIRE(moved);
        CHECK(moved->secure);
        CHECK(moved->fingerprints == place.fingerprints);
        CHECK(read_media(write_description(place, "1"))->fingerprints == place.fingerprints);
    }
}
