// Digest responses against the examples of RFC 2617 and RFC 7616, Digest AKA's nonce (RFC 3310),
// base64 (RFC 4648).
#include "sip/digest.h"

#include <catch2/catch_test_macros.hpp>

#include "sip/milenage.h"
#include "tests/support/vector_file.h"

using namespace imslab;

namespace {

std::span<const std::uint8_t> octets(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("The digest examples of RFC 2617 and RFC 7616 come out") {
    for (const auto* path : {"rfc2617/section3.5.txt",
                             "rfc7616/section3.9.1-md5.txt",
                             "rfc7616/section3.9.1-sha256.txt"}) {
        CAPTURE(path);
        const auto vector = test::read_vector(path);
        const auto algorithm =
            vector.at("algorithm") == "MD5" ? sip::HashAlgorithm::md5 : sip::HashAlgorithm::sha256;
        const std::string ha1 =
            sip::ha1(algorithm, vector.at("username"), vector.at("realm"), vector.at("password"));
        sip::DigestInput input;
        input.algorithm = algorithm;
        input.ha1 = ha1;
        input.nonce = vector.at("nonce");
        input.method = vector.at("method");
        input.uri = vector.at("uri");
        input.qop = vector.at("qop");
        input.nonce_count = vector.at("nc");
        input.cnonce = vector.at("cnonce");
        CHECK(sip::digest_response(input) == vector.at("response"));
        CHECK(sip::digest_rspauth(input) != vector.at("response"));
    }
}

TEST_CASE("Without qop the response is H(HA1:nonce:HA2)") {
    const std::string ha1 = sip::ha1(sip::HashAlgorithm::md5, "bob", "home", "secret");
    sip::DigestInput input;
    input.ha1 = ha1;
    input.nonce = "n";
    input.method = "REGISTER";
    input.uri = "sip:home";
    const std::string ha2 = sip::hex_digest(sip::HashAlgorithm::md5, "REGISTER:sip:home");
    CHECK(sip::digest_response(input) ==
          sip::hex_digest(sip::HashAlgorithm::md5, ha1 + ":n:" + ha2));
}

TEST_CASE("auth-int covers the body") {
    const std::string ha1 = sip::ha1(sip::HashAlgorithm::sha256, "bob", "home", "secret");
    sip::DigestInput input;
    input.algorithm = sip::HashAlgorithm::sha256;
    input.ha1 = ha1;
    input.nonce = "n";
    input.method = "INVITE";
    input.uri = "sip:alice@home";
    input.qop = "auth-int";
    input.nonce_count = "00000001";
    input.cnonce = "c";
    input.body = "v=0\r\n";
    const auto hash = [](const std::string& text) {
        return sip::hex_digest(sip::HashAlgorithm::sha256, text);
    };
    CHECK(sip::digest_response(input) ==
          hash(ha1 + ":n:00000001:c:auth-int:" + hash("INVITE:sip:alice@home:" + hash("v=0\r\n"))));
    const std::string before = sip::digest_response(input);
    input.body = "v=1\r\n";
    CHECK(sip::digest_response(input) != before);
}

TEST_CASE("rspauth is computed over an empty method") {
    const std::string ha1 = sip::ha1(sip::HashAlgorithm::md5, "bob", "home", "secret");
    sip::DigestInput input;
    input.ha1 = ha1;
    input.nonce = "n";
    input.method = "REGISTER";
    input.uri = "sip:home";
    input.qop = "auth";
    input.nonce_count = "00000001";
    input.cnonce = "c";
    const std::string ha2 = sip::hex_digest(sip::HashAlgorithm::md5, ":sip:home");
    CHECK(sip::digest_rspauth(input) ==
          sip::hex_digest(sip::HashAlgorithm::md5, ha1 + ":n:00000001:c:auth:" + ha2));
}

TEST_CASE("RFC 3310 §3.3: the password of AKAv1-MD5 is RES as octets, also with a NUL in it") {
    const std::string res("\x16\x00\x23\x3f\x05\xa0\x00\x28", 8);
    const std::string joined = "impi:realm:" + res;
    CHECK(sip::ha1(sip::HashAlgorithm::md5, "impi", "realm", res) ==
          sip::hex_digest(sip::HashAlgorithm::md5, joined));
}

TEST_CASE("RFC 3310 §3.2: RAND and AUTN survive the way through a nonce") {
    sip::AkaNonce nonce;
    for (std::uint8_t i = 0; i < 16; ++i) {
        nonce.rand[i] = static_cast<std::uint8_t>(i * 17);
        nonce.autn[i] = static_cast<std::uint8_t>(255 - i);
    }
    const auto text = nonce.to_nonce();
    CHECK(text.size() == 44);
    const auto parsed = sip::AkaNonce::parse(text);
    REQUIRE(parsed.has_value());
    CHECK(parsed->rand == nonce.rand);
    CHECK(parsed->autn == nonce.autn);

    SECTION("server data behind it is allowed") {
        auto more = *sip::from_base64(text) + "server data";
        const auto with_data = sip::AkaNonce::parse(sip::base64(octets(more)));
        REQUIRE(with_data.has_value());
        CHECK(with_data->autn == nonce.autn);
    }
    SECTION("31 octets are not a challenge, nor is what is not base64") {
        const auto less = sip::from_base64(text)->substr(0, 31);
        CHECK_FALSE(sip::AkaNonce::parse(sip::base64(octets(less))).has_value());
        CHECK_FALSE(sip::AkaNonce::parse("dcd98b7102dd2f0e8b11d0f600bfb0c093").has_value());
        CHECK_FALSE(sip::AkaNonce::parse("").has_value());
    }
}

TEST_CASE("RFC 4648 §10: base64 both ways") {
    const std::pair<std::string, std::string> pairs[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, text] : pairs) {
        CHECK(sip::base64(octets(plain)) == text);
        CHECK(sip::from_base64(text) == plain);
    }
    for (const auto* bad :
         {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Z g=", "Zg==Zg==", "Zm9-"}) {
        CAPTURE(bad);
        CHECK_FALSE(sip::from_base64(bad).has_value());
    }
}

TEST_CASE("Constant-time comparison tells equal from different") {
    CHECK(sip::equal_in_constant_time("", ""));
    CHECK(sip::equal_in_constant_time("abc", "abc"));
    CHECK_FALSE(sip::equal_in_constant_time("abc", "abd"));
    CHECK_FALSE(sip::equal_in_constant_time("abc", "ab"));
}

// RES, IK and CK of MILENAGE test set 1; the password as Python's hmac and base64 make it.
TEST_CASE("RFC 4169 §2.1: the password of AKAv2 is made of RES and both keys") {
    const std::string res("\xa5\x42\x11\xd5\xe3\xba\x50\xbf", 8);
    const std::string ck("\xb4\x0b\xa9\xa3\xc5\x8b\x2a\x05\xbb\xf0\xd9\x87\xb2\x1b\xf8\xcb", 16);
    const std::string ik("\xf7\x69\xbc\xd7\x51\x04\x46\x04\x12\x76\x72\x71\x1c\x6d\x34\x41", 16);

    CHECK(sip::akav2_password(res, ik, ck) == "wpC+5dv/7kC35JEI2hluv8XcBd+vf8XcfedJBan1buk=");
    CHECK(sip::akav2_password(res, ck, ik) != sip::akav2_password(res, ik, ck));
}
