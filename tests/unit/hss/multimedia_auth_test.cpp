// MAR: TS 29.228 §6.3.1, with the vectors of TS 33.102 §6.3 as a USIM sees them.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <set>

#include "sip/digest.h"
#include "tests/unit/hss/home.h"

using namespace imslab;
using namespace imslab::test;

namespace {

cx::MultimediaAuthRequest of_alice(std::string_view scheme = cx::scheme::aka,
                                   std::uint32_t vectors = 1) {
    cx::MultimediaAuthRequest mar;
    mar.private_identity = kAlicePrivate;
    mar.public_identity = kAlice;
    mar.server_name = kServer;
    mar.auth_scheme = scheme;
    mar.vectors = vectors;
    return mar;
}

cx::MultimediaAuthAnswer challenge(Home& home, cx::MultimediaAuthRequest mar) {
    return as<cx::MultimediaAuthAnswer>(home.ask(std::move(mar)));
}

template <std::size_t N>
std::array<std::uint8_t, N> octets(std::string_view text) {
    std::array<std::uint8_t, N> array{};
    std::copy_n(text.begin(), N, array.begin());
    return array;
}

// Alice's USIM.
struct Usim {
    explicit Usim(const hss::AkaCredentials& credentials)
        : milenage(credentials.k, credentials.opc) {}
    aka::UsimAnswer answer(const cx::AuthVector& vector) {
        auto made = aka::usim_answer(milenage,
                                     octets<16>(vector.rand_autn),
                                     octets<16>(vector.rand_autn.substr(16)),
                                     highest);
        if (made.verdict == aka::UsimAnswer::Verdict::ok) highest = made.sqn;
        return made;
    }
    aka::Milenage milenage;
    aka::Sqn highest = 0;
};

Usim usim_of_alice(Home& home) { return Usim(*home.user(kAlicePrivate, kAlice).credentials->aka); }

}  // namespace

TEST_CASE("MAR: a vector that the USIM accepts, and the S-CSCF is noted") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto maa = challenge(home, of_alice());
    CHECK(maa.result == cx::result::success);
    CHECK(maa.private_identity == kAlicePrivate);
    CHECK(maa.public_identity == kAlice);
    REQUIRE(maa.vectors.size() == 1);
    const auto& vector = maa.vectors.front();
    CHECK(vector.item == 1);
    CHECK(vector.auth_scheme == cx::scheme::aka);
    REQUIRE(vector.rand_autn.size() == 32);
    CHECK(vector.rand_autn.substr(16 + 6, 2) == "\xb9\xb9");
    auto usim = usim_of_alice(home);
    const auto answer = usim.answer(vector);
    REQUIRE(answer.verdict == aka::UsimAnswer::Verdict::ok);
    CHECK(octets<8>(vector.xres) == answer.res);
    CHECK(octets<16>(vector.confidentiality_key) == answer.ck);
    CHECK(octets<16>(vector.integrity_key) == answer.ik);
    const auto user = home.user(kAlicePrivate, kAlice);
    CHECK(user.server_name == kServer);
    CHECK(user.server_peer == kServerPeer);
    CHECK(user.authentication_pending);
    CHECK(user.state == hss::RegistrationState::not_registered);
}

TEST_CASE("MAR: several vectors at once, each with its own sequence number, in order") {
    Home home(GENERATE(from_range(store_kinds())));
    auto usim = usim_of_alice(home);
    std::set<aka::Sqn> seen;
    for (int round = 0; round < 12; ++round) {
        const auto maa = challenge(home, of_alice(cx::scheme::aka, 4));
        REQUIRE(maa.vectors.size() == 4);
        for (const auto& vector : maa.vectors) {
            const auto answer = usim.answer(vector);
            REQUIRE(answer.verdict == aka::UsimAnswer::Verdict::ok);
            CHECK(seen.insert(answer.sqn).second);
            // TS 33.102 Annex C: SEQ counts the vectors, IND goes round its 32 places.
            CHECK(answer.sqn >> 5 == seen.size());
            CHECK((answer.sqn & 31) == seen.size() % 32);
        }
    }
    CHECK(challenge(home, of_alice(cx::scheme::aka, 1000)).vectors.size() == 5);
    CHECK(challenge(home, of_alice(cx::scheme::aka, 0)).vectors.size() == 1);
}

TEST_CASE("MAR: the subscriber's own scheme, and schemes that are not there") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(challenge(home, of_alice(cx::scheme::unknown)).vectors.front().auth_scheme ==
          cx::scheme::aka);
    CHECK(challenge(home, of_alice(cx::scheme::digest)).result ==
          cx::result::auth_scheme_not_supported);
    CHECK(challenge(home, of_alice("NASS-Bundled")).result ==
          cx::result::auth_scheme_not_supported);

    const auto erin = home.challenge("erin@" + kHome, "sip:erin@" + kHome);
    CHECK(erin.result == cx::result::success);
    REQUIRE(erin.vectors.size() == 1);
    CHECK(erin.vectors.front().auth_scheme == cx::scheme::digest);
    CHECK(erin.vectors.front().realm == kHome);
    CHECK(erin.vectors.front().qop == "auth");
    CHECK(erin.vectors.front().algorithm == "MD5");
    CHECK(erin.vectors.front().ha1 ==
          sip::ha1(sip::HashAlgorithm::md5, "erin@" + kHome, kHome, "erin"));

    cx::MultimediaAuthRequest fiona;
    fiona.private_identity = "001010000000006@" + kHome;
    fiona.public_identity = "sip:fiona@" + kHome;
    fiona.server_name = kServer;
    fiona.auth_scheme = cx::scheme::digest;
    CHECK(challenge(home, fiona).vectors.front().realm == "digest.home");
    fiona.auth_scheme = cx::scheme::unknown;
    CHECK(challenge(home, fiona).vectors.front().auth_scheme == cx::scheme::aka);
}

TEST_CASE("MAR: unknown identities, and identities of two users, change nothing") {
    Home home(GENERATE(from_range(store_kinds())));
    CHECK(home.challenge("mallory@" + kHome, kAlice).result == cx::result::user_unknown);
    CHECK(home.challenge(kAlicePrivate, "sip:mallory@" + kHome).result == cx::result::user_unknown);
    CHECK(home.challenge(kAlicePrivate, "sip:bob@" + kHome).result ==
          cx::result::identities_dont_match);
    CHECK(home.user(kAlicePrivate, kAlice).server_name.empty());
}

TEST_CASE("MAR: a USIM that is ahead is caught up with (AUTS)") {
    Home home(GENERATE(from_range(store_kinds())));
    auto usim = usim_of_alice(home);
    usim.highest = aka::Sqn{4711} << 5;
    const auto first = challenge(home, of_alice());
    const auto& vector = first.vectors.front();
    const auto complaint = usim.answer(vector);
    REQUIRE(complaint.verdict == aka::UsimAnswer::Verdict::sync_failure);

    auto again = of_alice();
    again.resynchronisation =
        vector.rand_autn.substr(0, 16) + std::string(complaint.auts.begin(), complaint.auts.end());
    const auto second = challenge(home, again);
    CHECK(second.result == cx::result::success);
    const auto answer = usim.answer(second.vectors.front());
    REQUIRE(answer.verdict == aka::UsimAnswer::Verdict::ok);
    CHECK(answer.sqn > aka::Sqn{4711} << 5);
}

TEST_CASE("MAR: a forged AUTS moves nothing") {
    Home home(GENERATE(from_range(store_kinds())));
    auto usim = usim_of_alice(home);
    const auto first = challenge(home, of_alice());
    auto forged = of_alice();
    forged.resynchronisation = first.vectors.front().rand_autn.substr(0, 16) + std::string(14, 'x');
    const auto second = challenge(home, forged);
    CHECK(second.result == cx::result::success);
    REQUIRE(usim.answer(first.vectors.front()).verdict == aka::UsimAnswer::Verdict::ok);
    REQUIRE(usim.answer(second.vectors.front()).verdict == aka::UsimAnswer::Verdict::ok);
    CHECK(usim.highest >> 5 == 2);
}

TEST_CASE("MAR: a resynchronisation of another S-CSCF, or of an old one, is refused") {
    Home home(GENERATE(from_range(store_kinds())));
    auto stray = of_alice();
    stray.resynchronisation = std::string(30, 'x');
    CHECK(challenge(home, stray).result == cx::result::unable_to_comply);
    challenge(home, of_alice());
    stray.server_name = kOtherServer;
    CHECK(challenge(home, stray).result == cx::result::unable_to_comply);
}

TEST_CASE("MAR: an AUTS of long ago cannot turn the sequence number back") {
    Home home(GENERATE(from_range(store_kinds())));
    auto usim = usim_of_alice(home);
    const auto first = challenge(home, of_alice());
    for (int i = 0; i < 100; ++i) challenge(home, of_alice());
    Usim late = usim_of_alice(home);
    late.highest = aka::Sqn{50} << 5;
    const auto complaint = late.answer(first.vectors.front());
    REQUIRE(complaint.verdict == aka::UsimAnswer::Verdict::sync_failure);
    auto again = of_alice();
    again.resynchronisation = first.vectors.front().rand_autn.substr(0, 16) +
                              std::string(complaint.auts.begin(), complaint.auts.end());
    const auto answer = late.answer(challenge(home, again).vectors.front());
    REQUIRE(answer.verdict == aka::UsimAnswer::Verdict::ok);
    CHECK(answer.sqn >> 5 == 102);
}

TEST_CASE("MAR: RES without a zero octet, for UEs that take it as a C string") {
    auto config = Home::default_config();
    config.res_without_nul = true;
    Home home("memory", config);
    for (int i = 0; i < 300; ++i) {
        const auto maa = challenge(home, of_alice());
        CHECK(maa.vectors.front().xres.find('\0') == std::string::npos);
    }
}

TEST_CASE(
    "MAR: another S-CSCF of a registered user is noted, and the one before is not forgotten") {
    Home home(GENERATE(from_range(store_kinds())));
    home.register_user();
    REQUIRE(home.challenge(kAlicePrivate, kAlice, kOtherServer, kOtherPeer).result ==
            cx::result::success);
    auto user = home.user(kAlicePrivate, kAlice);
    CHECK(user.server_name == kOtherServer);
    CHECK(user.state == hss::RegistrationState::registered);

    SECTION("it authenticates: the S-CSCF before gets an RTR") {
        home.s_cscf = [](AskId id, const cx::Request&) {
            return Answered{id,
                            cx::Answer(cx::RegistrationTerminationAnswer{cx::result::success, {}})};
        };
        const auto saa = home.assign(kAlicePrivate,
                                     kAlice,
                                     cx::ServerAssignmentType::registration,
                                     kOtherServer,
                                     kOtherPeer);
        CHECK(saa.result == cx::result::success);
        REQUIRE(home.sent.size() == 1);
        const auto& rtr = std::get<cx::RegistrationTerminationRequest>(home.sent.front());
        CHECK(rtr.destination_host == kServerPeer);
        CHECK(rtr.private_identity == kAlicePrivate);
        CHECK(rtr.reason == cx::DeregistrationReason::new_server_assigned);
        CHECK(home.locate(kAlice).server_name == kOtherServer);
    }
    SECTION("it does not: all is as before") {
        const auto saa = home.assign(kAlicePrivate,
                                     kAlice,
                                     cx::ServerAssignmentType::authentication_failure,
                                     kOtherServer,
                                     kOtherPeer);
        CHECK(saa.result == cx::result::success);
        CHECK(home.sent.empty());
        CHECK(home.locate(kAlice).server_name == kServer);
        CHECK(home.locate(kAlice).result == cx::result::success);
    }
}

TEST_CASE("TS 33.203 Annex X: AKAv2 is asked for by name and takes the vector of the USIM") {
    Home home(GENERATE(from_range(store_kinds())));
    const auto maa = challenge(home, of_alice(cx::scheme::aka_v2));
    REQUIRE(maa.result == cx::result::success);
    CHECK(maa.vectors.front().auth_scheme == cx::scheme::aka_v2);
    CHECK(maa.vectors.front().xres.size() == 8);
    CHECK(maa.vectors.front().integrity_key.size() == 16);
}
