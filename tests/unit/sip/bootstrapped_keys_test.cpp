// TS 33.220 Annex B: the key derivation function against keys that others have published, Ks_NAF
// against an independent computation (Python's hmac, HMAC-SHA-256 over FC || P || L …).
#include "sip/bootstrapped_keys.h"

#include <catch2/catch_test_macros.hpp>

#include "tests/support/vector_file.h"

using namespace imslab;

namespace {

template <std::size_t Size>
std::string text_from_hex(const char* hex) {
    const auto octets = test::octets_from_hex<Size>(hex);
    return {octets.begin(), octets.end()};
}

std::string hexadecimal(std::string_view octets) {
    std::string text;
    for (const char octet : octets) {
        constexpr char digits[] = "0123456789abcdef";
        text += digits[static_cast<unsigned char>(octet) >> 4U];
        text += digits[static_cast<unsigned char>(octet) & 15U];
    }
    return text;
}

constexpr const char* kName = "xdms.ims.mnc001.mcc001.3gppnetwork.org";
constexpr const char* kPrivate = "001010000000001@ims.mnc001.mcc001.3gppnetwork.org";
// CK, IK and RAND of TS 35.208 set 1.
const std::string kKs =
    text_from_hex<32>("b40ba9a3c58b2a05bbf0d987b21bf8cbf769bcd751044604127672711c6d3441");
const std::string kRand = text_from_hex<16>("23553cbe9637a89d218ae64dae47bf35");

}  // namespace

// K_eNB of LTE (33.401) is derived with the same function, FC 0x11 and the NAS count; these
// are the test values of OpenAirInterface's EPC.
TEST_CASE("TS 33.220 Annex B.2: the key derivation function gives published keys") {
    CHECK(hexadecimal(gba::derived_key(
              text_from_hex<32>("238e457e0f758badbca8d34bb2612c10428d426757cb5553b2b184fa64bfc549"),
              0x11,
              {text_from_hex<4>("db1a3569")})) ==
          "8eb1bf0083bd79281ef7034bf677e9ec529f196e15287514a2d122acf713b8e8");
    CHECK(hexadecimal(gba::derived_key(
              text_from_hex<32>("fa77e41f693c2a6e71455cb8687e6e6058ef91e2f5abd1bd3c496179481f308c"),
              0x11,
              {text_from_hex<4>("00000012")})) ==
          "0afe81266de52b8c8f1c3f4fe799be883f364b018e7368c41f14dd6d050e13e1");
    CHECK(hexadecimal(gba::derived_key("key", 0x6a, {"abc", ""})) ==
          "b18e46a030b169e4f3f21081fe9ec6e105f542e95042f5add53c8ca5e0ece128");
}

TEST_CASE("TS 33.220 Annex B.3: Ks_NAF is of one user, one server and one protocol") {
    const auto key = gba::naf_key(kKs, kRand, kPrivate, {kName, gba::kHttpDigest});
    CHECK(hexadecimal(key) == "51d05055d11b93695eab222eecef1b216565df416c80de2cbe790139f477fd1b");
    CHECK(gba::password_of(key) == "UdBQVdEbk2leqyIu7O8bIWVl30FsgN4svnkBOfR3/Rs=");
    const auto in_tls =
        gba::naf_key(kKs, kRand, kPrivate, {kName, gba::http_digest_in_tls(0x1301)});
    CHECK(hexadecimal(in_tls) ==
          "4d4df53e80e2ccf75f2ef0c16245777438ec6f0665f315a9660587e2177cfc4c");
    CHECK(gba::naf_key(kKs, kRand, "bob@home", {kName, gba::kHttpDigest}) != key);
    CHECK(gba::naf_key(kKs, kRand, kPrivate, {"other.home", gba::kHttpDigest}) != key);
}

TEST_CASE("TS 33.220 §4.5: how a bootstrapping and a server are named") {
    const auto name = gba::transaction_identifier(kRand, "bsf.home");
    CHECK(name == "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home");
    CHECK(gba::bsf_of(name) == "bsf.home");
    CHECK(gba::bsf_of("alice@home").empty());
    CHECK(gba::bsf_of("I1U8vpY3qJ0hiuZNrke/NQ==").empty());
    CHECK(gba::bsf_of("").empty());

    const gba::NafId naf{"naf.home", gba::kHttpDigest};
    CHECK(naf.to_octets() == std::string("naf.home\x01\x00\x00\x00\x02", 13));
    const auto again = gba::NafId::from_octets(naf.to_octets());
    REQUIRE(again);
    CHECK(again->name == "naf.home");
    CHECK(again->protocol == gba::kHttpDigest);
    CHECK_FALSE(gba::NafId::from_octets(std::string("\x01\x00\x00\x00\x02", 5)));
    CHECK_FALSE(gba::NafId::from_octets(""));
    CHECK_FALSE(gba::NafId::from_octets(std::string("naf home\x01\x00\x00\x00\x02", 13)));
    CHECK_FALSE(gba::NafId::from_octets(std::string(300, 'a')));
}

TEST_CASE("TS 24.109 §5.2: the realm of a server that wants a bootstrapping, and who can do one") {
    CHECK(gba::realm_of("NAF.home") == "3GPP-bootstrapping@naf.home");
    CHECK(gba::naf_of_realm("3GPP-bootstrapping@naf.home") == "naf.home");
    CHECK(gba::naf_of_realm("3gpp-bootstrapping@naf.home") == "naf.home");
    CHECK(gba::naf_of_realm("naf.home").empty());
    CHECK(gba::naf_of_realm("3GPP-bootstrapping").empty());

    CHECK(gba::can_bootstrap("NAF1 Application Agent; Release-6 3gpp-gba"));
    CHECK(gba::can_bootstrap("imslab 3GPP-GBA/1.0"));
    CHECK(gba::can_bootstrap("3gpp-gba"));
    CHECK_FALSE(gba::can_bootstrap("curl/7.88.1"));
    CHECK_FALSE(gba::can_bootstrap("x; 3gpp-gba-digest"));
    CHECK_FALSE(gba::can_bootstrap(""));
}
