// TS 35.206 against the six test sets of TS 35.208; TS 33.102 §6.3 at the HSS and at the USIM.
#include "sip/milenage.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/support/vector_file.h"

using namespace imslab;
using test::octets_from_hex;

namespace {

aka::Sqn sqn_from_hex(const std::string& text) { return std::stoull(text, nullptr, 16); }

const aka::Key128 kKey = octets_from_hex<16>("465b5ce8b199b49faa5f0a2ee238a6bc");
const aka::Key128 kOpc = octets_from_hex<16>("cd63cb71954a9f4e48a5994e37a02baf");
const aka::Key128 kRand = octets_from_hex<16>("23553cbe9637a89d218ae64dae47bf35");

}  // namespace

TEST_CASE("MILENAGE gives the values of TS 35.208's test sets 1 to 6") {
    for (int set = 1; set <= 6; ++set) {
        const auto vector = test::read_vector("ts35208/set" + std::to_string(set) + ".txt");
        CAPTURE(set);
        const auto key = octets_from_hex<16>(vector.at("K"));
        const auto rand = octets_from_hex<16>(vector.at("RAND"));
        const auto opc = aka::opc_from_op(key, octets_from_hex<16>(vector.at("OP")));
        CHECK(opc == octets_from_hex<16>(vector.at("OPc")));

        const aka::Milenage milenage(key, opc);
        const auto macs =
            milenage.f1(rand, sqn_from_hex(vector.at("SQN")), octets_from_hex<2>(vector.at("AMF")));
        CHECK(macs.mac_a == octets_from_hex<8>(vector.at("f1")));
        CHECK(macs.mac_s == octets_from_hex<8>(vector.at("f1*")));
        const auto output = milenage.f2345(rand);
        CHECK(output.res == octets_from_hex<8>(vector.at("f2")));
        CHECK(output.ck == octets_from_hex<16>(vector.at("f3")));
        CHECK(output.ik == octets_from_hex<16>(vector.at("f4")));
        CHECK(output.ak == octets_from_hex<6>(vector.at("f5")));
        CHECK(output.ak_resync == octets_from_hex<6>(vector.at("f5*")));
    }
}

TEST_CASE(
    "Given a USIM at SQN 32, when the HSS challenges with 64, then both agree on RES, CK and IK") {
    const aka::Milenage hss(kKey, kOpc);
    const aka::Milenage usim(kKey, kOpc);
    const auto vector = aka::make_vector(hss, kRand, 64, {0x80, 0x00});
    const auto answer = aka::usim_answer(usim, vector.rand, vector.autn, 32);
    REQUIRE(answer.verdict == aka::UsimAnswer::Verdict::ok);
    CHECK(answer.sqn == 64);
    CHECK(answer.res == vector.xres);
    CHECK(answer.ck == vector.ck);
    CHECK(answer.ik == vector.ik);
}

TEST_CASE("Given a USIM ahead of the HSS, when it is challenged, then AUTS tells the HSS its SQN") {
    const aka::Milenage milenage(kKey, kOpc);
    const auto vector = aka::make_vector(milenage, kRand, 64, {0x80, 0x00});
    const aka::Sqn highest = 0x0000'1234'5678;
    const auto answer = aka::usim_answer(milenage, vector.rand, vector.autn, highest);
    REQUIRE(answer.verdict == aka::UsimAnswer::Verdict::sync_failure);
    const auto sqn = aka::sqn_from_auts(milenage, vector.rand, answer.auts);
    REQUIRE(sqn.has_value());
    CHECK(*sqn == highest);

    SECTION("an SQN that equals the highest seen is not fresh either") {
        CHECK(aka::usim_answer(milenage, vector.rand, vector.autn, 64).verdict ==
              aka::UsimAnswer::Verdict::sync_failure);
    }
    SECTION("a changed AUTS is refused") {
        for (std::size_t i = 0; i < 14; ++i) {
            auto changed = answer.auts;
            changed[i] ^= 1;
            CHECK_FALSE(aka::sqn_from_auts(milenage, vector.rand, changed).has_value());
        }
    }
    SECTION("an AUTS for another RAND is refused") {
        auto other = vector.rand;
        other[0] ^= 1;
        CHECK_FALSE(aka::sqn_from_auts(milenage, other, answer.auts).has_value());
    }
}

TEST_CASE("Given an AUTN changed in any octet, then the USIM answers MAC failure") {
    const aka::Milenage milenage(kKey, kOpc);
    const auto vector = aka::make_vector(milenage, kRand, 64, {0x80, 0x00});
    for (std::size_t i = 0; i < 16; ++i) {
        auto changed = vector.autn;
        changed[i] ^= 0x10;
        CAPTURE(i);
        CHECK(aka::usim_answer(milenage, vector.rand, changed, 32).verdict ==
              aka::UsimAnswer::Verdict::mac_failure);
    }
}
