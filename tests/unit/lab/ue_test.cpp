// The lab's own UE, message by message, without a socket: TS 24.229 §5.1.1, RFC 3310.
#include "lab/ue.h"

#include <catch2/catch_test_macros.hpp>

#include "lab/chance.h"
#include "sip/digest.h"
#include "sip/headers.h"
#include "sip/milenage.h"

using namespace imslab;
using namespace imslab::lab;

namespace {

constexpr const char* kHome = "ims.mnc001.mcc001.3gppnetwork.org";

aka::Key128 key(std::uint8_t octet) {
    aka::Key128 made{};
    made.fill(octet);
    return made;
}

struct Phone {
    Phone() : ue(place(), *Address::parse("127.1.1.1:5060"), identity(), chance) {}

    static TopologyUe place() {
        TopologyUe at;
        at.name = "alice";
        at.address = *Address::parse("127.1.100.1:5060");
        return at;
    }
    static UeIdentity identity() {
        UeIdentity who;
        who.private_identity = std::string("001010000000001@") + kHome;
        who.public_identities = {std::string("sip:alice@") + kHome};
        who.home = kHome;
        who.aka = hss::AkaCredentials{key(1), key(2)};
        return who;
    }
    // A 401 as an S-CSCF makes it of a vector with this SQN.
    sip::Message challenge(aka::Sqn sqn) const {
        const aka::Milenage milenage(key(1), key(2));
        const auto vector = aka::make_vector(milenage, key(7), sqn, {0x80, 0});
        auto response = sip::Message::response(401);
        const sip::AkaNonce nonce{vector.rand, vector.autn};
        response.append(sip::HeaderId::www_authenticate,
                        std::string("Digest realm=\"") + kHome + "\",nonce=\"" + nonce.to_nonce() +
                            "\",algorithm=AKAv1-MD5,qop=\"auth\"");
        return response;
    }
    std::string expected_response(const sip::AuthParams& credentials) const {
        const aka::Milenage milenage(key(1), key(2));
        const auto res = milenage.f2345(key(7)).res;
        const auto ha1 = sip::ha1(sip::HashAlgorithm::md5,
                                  *credentials.get("username"),
                                  *credentials.get("realm"),
                                  {reinterpret_cast<const char*>(res.data()), res.size()});
        const auto nonce = *credentials.get("nonce"), uri = *credentials.get("uri"),
                   cnonce = *credentials.get("cnonce");
        sip::DigestInput input;
        input.ha1 = ha1;
        input.nonce = nonce;
        input.method = "REGISTER";
        input.uri = uri;
        input.qop = "auth";
        input.nonce_count = "00000001";
        input.cnonce = cnonce;
        return sip::digest_response(input);
    }

    Chance chance{1};
    Ue ue;
    RegisterCommand command;
};

}  // namespace

TEST_CASE("the first REGISTER names the private identity and asks for a challenge") {
    Phone phone;
    phone.command.expires = 60;
    const auto request =
        phone.ue.make_register(phone.command, phone.ue.first_authorization(phone.command));
    CHECK(request.uri() == std::string("sip:") + kHome);
    const auto credentials = sip::AuthParams::parse(*request.get(sip::HeaderId::authorization));
    REQUIRE(credentials);
    CHECK(credentials->get("username") == std::string("001010000000001@") + kHome);
    CHECK(credentials->get("nonce") == "");
    CHECK(credentials->get("response") == "");
    CHECK(sip::expires(request) == 60U);
    CHECK(request.get(sip::HeaderId::contact)->find("127.1.100.1:5060") != std::string_view::npos);
    CHECK(sip::parse(request.to_bytes()).has_value());
}

TEST_CASE("given a challenge, the USIM's RES is the password") {
    Phone phone;
    const auto answer = phone.ue.answer(phone.challenge(64), phone.command, false);
    REQUIRE(answer.problem.empty());
    const auto credentials = sip::AuthParams::parse(answer.authorization);
    REQUIRE(credentials);
    CHECK(credentials->get("response") == phone.expected_response(*credentials));
    CHECK_FALSE(credentials->has("auts"));
}

TEST_CASE("with wrong RES the response differs and nothing else does") {
    Phone phone;
    phone.command.answer = RegisterCommand::Answer::wrong_res;
    const auto answer = phone.ue.answer(phone.challenge(64), phone.command, true);
    const auto credentials = sip::AuthParams::parse(answer.authorization);
    REQUIRE(credentials);
    CHECK(credentials->get("response") != phone.expected_response(*credentials));
}

TEST_CASE(
    "with old SQN the UE sends AUTS, from which the HSS learns the USIM's SQN, and then answers") {
    Phone phone;
    phone.command.answer = RegisterCommand::Answer::old_sqn;
    const auto answer = phone.ue.answer(phone.challenge(64), phone.command, true);
    const auto credentials = sip::AuthParams::parse(answer.authorization);
    REQUIRE(credentials);
    const auto octets = sip::from_base64(*credentials->get("auts"));
    REQUIRE((octets && octets->size() == 14));
    std::array<std::uint8_t, 14> auts{};
    std::copy(octets->begin(), octets->end(), auts.begin());
    const auto sqn = aka::sqn_from_auts(aka::Milenage(key(1), key(2)), key(7), auts);
    REQUIRE(sqn);
    CHECK(*sqn > 64);
    const auto again = phone.ue.answer(phone.challenge(*sqn + 33), phone.command, false);
    CHECK_FALSE(sip::AuthParams::parse(again.authorization)->has("auts"));
}

TEST_CASE("a vector that comes twice is refused with AUTS without being asked to") {
    Phone phone;
    const auto challenge = phone.challenge(64);
    CHECK_FALSE(
        sip::AuthParams::parse(phone.ue.answer(challenge, phone.command, false).authorization)
            ->has("auts"));
    CHECK(sip::AuthParams::parse(phone.ue.answer(challenge, phone.command, false).authorization)
              ->has("auts"));
}

TEST_CASE("with wrong key the MAC is wrong: neither response nor AUTS") {
    Phone phone;
    phone.command.answer = RegisterCommand::Answer::wrong_key;
    const auto answer = phone.ue.answer(phone.challenge(64), phone.command, true);
    const auto credentials = sip::AuthParams::parse(answer.authorization);
    REQUIRE(credentials);
    CHECK(credentials->get("response") == "");
    CHECK_FALSE(credentials->has("auts"));
}

TEST_CASE("a challenge that cannot be read is a problem, not an answer") {
    Phone phone;
    CHECK_FALSE(phone.ue.answer(sip::Message::response(401), phone.command, false).problem.empty());
    auto bad = sip::Message::response(401);
    bad.append(sip::HeaderId::www_authenticate,
               "Digest realm=\"x\",nonce=\"AAAA\",algorithm=AKAv1-MD5");
    CHECK(phone.ue.answer(bad, phone.command, false).problem.find("RAND") != std::string::npos);
}

TEST_CASE(
    "a 200 gives the Service-Route and the associated identities; a deregistration takes them "
    "away") {
    Phone phone;
    auto response = sip::Message::response(200);
    response.append(sip::HeaderId::service_route, "<sip:orig@scscf.example;lr>");
    response.append(sip::HeaderId::p_associated_uri, "<sip:alice@example>, <tel:+15550001>");
    phone.ue.on_registered(response, phone.command, "Digest");
    CHECK(phone.ue.service_route() == std::vector<std::string>{"<sip:orig@scscf.example;lr>"});
    CHECK(phone.ue.associated_uris().size() == 2);
    phone.command.expires = 0;
    phone.ue.on_registered(response, phone.command, "Digest");
    CHECK(phone.ue.service_route().empty());
}
