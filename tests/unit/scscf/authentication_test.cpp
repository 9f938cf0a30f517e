// REGISTER at the S-CSCF up to the proof of who it is (TS 24.229 §5.4.1.2.1 to §5.4.1.2.3).
#include "scscf/challenge.h"
#include "tests/unit/scscf/registered_users.h"

using namespace imslab;
using namespace imslab::test;
using sip::HeaderId;

TEST_CASE("A first REGISTER is challenged with AKA, keys for the P-CSCF included") {
    CoreUnderTest core;
    core.flow.arrives(kIcscf, RegisterText{}.text());
    const auto mar = core.flow.asked<cx::MultimediaAuthRequest>();
    CHECK(mar.private_identity == kAlice);
    CHECK(mar.public_identity == "sip:alice@" + kHome);
    CHECK(mar.server_name == "sip:scscf." + kHome + ":5060");
    CHECK(mar.auth_scheme == cx::scheme::unknown);
    CHECK(mar.resynchronisation.empty());
    core.flow.answered(cx::Answer(aka_vector()));
    const auto answer = core.flow.sent().message;
    CHECK(answer.status() == 401);
    CHECK(sip::to_tag(answer));
    CHECK(core.parameter(answer, "realm") == kHome);
    CHECK(core.parameter(answer, "algorithm") == "AKAv1-MD5");
    CHECK(core.parameter(answer, "qop") == "auth");
    CHECK(core.parameter(answer, "ck") == "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c");
    CHECK(core.parameter(answer, "ik") == "01010101010101010101010101010101");
    CHECK(sip::from_base64(core.parameter(answer, "nonce")) == std::string(32, 'r'));
    CHECK(core.node.challenges() == 1);
    CHECK(core.node.registered_users() == 0);
    CHECK(core.flow.quiet());
}

TEST_CASE("Without an Authorization the private identity is derived") {
    CoreUnderTest core;
    auto text = RegisterText{}.text();
    const auto begin = text.find("Authorization:");
    text.erase(begin, text.find('\n', begin) + 1 - begin);
    core.flow.arrives(kIcscf, text);
    CHECK(core.flow.asked<cx::MultimediaAuthRequest>().private_identity == "alice@" + kHome);
}

TEST_CASE("A wrong RES: 403, the HSS is told, nobody is registered") {
    CoreUnderTest core;
    RegisterText request;
    const auto challenge = core.challenged(request);
    request.authorization = core.response_to(challenge, kAlice, "wrong");
    request.cseq = 2;
    core.flow.arrives(kIcscf, request.text());
    const auto sar = core.flow.asked<cx::ServerAssignmentRequest>();
    CHECK(sar.type == cx::ServerAssignmentType::authentication_failure);
    CHECK(sar.private_identity == kAlice);
    core.flow.answered(granted());
    CHECK(core.flow.sent().message.status() == 403);
    CHECK(core.node.registered_users() == 0);
    CHECK(core.node.challenges() == 0);
    CHECK(core.flow.quiet());
}

TEST_CASE("A wrong RES is 403 even if the HSS does not answer") {
    CoreUnderTest core;
    RegisterText request;
    request.authorization = core.response_to(core.challenged(request), kAlice, "wrong");
    core.flow.arrives(kIcscf, request.text());
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.unanswered();
    CHECK(core.flow.sent().message.status() == 403);
}

TEST_CASE("After a wrong RES the right one comes too late") {
    CoreUnderTest core;
    RegisterText request;
    const auto challenge = core.challenged(request);
    request.authorization = core.response_to(challenge, kAlice, "wrong");
    core.flow.arrives(kIcscf, request.text());
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.unanswered();
    CHECK(core.flow.sent().message.status() == 403);
    request.authorization = core.response_to(challenge, kAlice, kXres);
    request.cseq = 3;
    CHECK(core.challenged(request, aka_vector('s')).status() == 401);
    CHECK(core.node.registered_users() == 0);
}

TEST_CASE("A replayed Authorization is challenged and changes nothing") {
    CoreUnderTest core;
    RegisterText request;
    const auto challenge = core.challenged(request);
    request.authorization = core.response_to(challenge, kAlice, kXres);
    request.cseq = 2;
    core.flow.arrives(kIcscf, request.text());
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.answered(cx::Answer(profile_of(kAlice, "alice", "+15550001")));
    REQUIRE(core.flow.sent().message.status() == 200);

    SECTION("to another contact") {
        request.contact = "<sip:mallory@127.6.6.6:5060>;expires=600000";
    }
    SECTION("to deregister") { request.contact = "<sip:alice@127.1.100.1:5060>;expires=0"; }
    SECTION("to deregister all") {
        request.contact = "*";
        request.extra = "Expires: 0\n";
    }
    request.cseq = 3;
    CHECK(core.challenged(request, aka_vector('s')).status() == 401);
    CHECK(core.node.bindings() == 1);
    CHECK(core.node.state()["registrations"][0]["bindings"][0]["contact"] ==
          "<sip:alice@127.1.100.1:5060>");
    CHECK(core.flow.quiet());
}

TEST_CASE("A response goes with its own private identity and Call-ID alone") {
    CoreUnderTest core;
    RegisterText request;
    const auto challenge = core.challenged(request);
    request.authorization = core.response_to(challenge, kAlice, kXres);
    SECTION("another Call-ID") { request.call_id = "reg-2"; }
    SECTION("another private identity") { request.username = kBob; }
    CHECK(core.challenged(request, aka_vector('s')).status() == 401);
    CHECK(core.node.registered_users() == 0);
}

TEST_CASE("AUTS: a second MAR carries RAND and AUTS, and its vector makes a new challenge") {
    CoreUnderTest core;
    RegisterText request;
    const auto challenge = core.challenged(request);
    request.authorization = "nonce=\"" + core.parameter(challenge, "nonce") +
                            "\", response=\"\", auts=\"" +
                            sip::base64(std::vector<std::uint8_t>(14, 'x')) + "\"";
    request.cseq = 2;
    core.flow.arrives(kIcscf, request.text());
    const auto mar = core.flow.asked<cx::MultimediaAuthRequest>();
    CHECK(mar.resynchronisation == std::string(16, 'r') + std::string(14, 'x'));
    core.flow.answered(cx::Answer(aka_vector('s')));
    const auto second = core.flow.sent().message;
    CHECK(second.status() == 401);
    request.authorization = core.response_to(second, kAlice, kXres);
    request.cseq = 3;
    core.flow.arrives(kIcscf, request.text());
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::registration);
    core.flow.answered(cx::Answer(profile_of(kAlice, "alice", "+15550001")));
    CHECK(core.flow.sent().message.status() == 200);
}

TEST_CASE("AUTS again and again ends with 403") {
    CoreUnderTest core;
    RegisterText request;
    auto challenge = core.challenged(request);
    for (int i = 0; i < 2; ++i) {
        request.authorization = "nonce=\"" + core.parameter(challenge, "nonce") +
                                "\", response=\"\", auts=\"" +
                                sip::base64(std::vector<std::uint8_t>(14, 'x')) + "\"";
        ++request.cseq;
        challenge = core.challenged(request, aka_vector(static_cast<char>('s' + i)));
        REQUIRE(challenge.status() == 401);
    }
    request.authorization = "nonce=\"" + core.parameter(challenge, "nonce") +
                            "\", response=\"\", auts=\"" +
                            sip::base64(std::vector<std::uint8_t>(14, 'x')) + "\"";
    core.flow.arrives(kIcscf, request.text());
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::authentication_failure);
    core.flow.unanswered();
    CHECK(core.flow.sent().message.status() == 403);
}

TEST_CASE("A malformed AUTS is a wrong response") {
    CoreUnderTest core;
    RegisterText request;
    request.authorization = "nonce=\"" + core.parameter(core.challenged(request), "nonce") +
                            "\", response=\"\", auts=\"!!\"";
    core.flow.arrives(kIcscf, request.text());
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::authentication_failure);
}

TEST_CASE("SIP Digest: MD5 or SHA-256 as the HSS has it, and proof of the network in the 200") {
    const auto algorithm = GENERATE(std::string("MD5"), std::string("SHA-256"));
    CoreUnderTest core;
    RegisterText request;
    const auto challenge = core.challenged(request, digest_vector(kAlice, algorithm));
    CHECK(core.parameter(challenge, "algorithm") == algorithm);
    CHECK(core.parameter(challenge, "ck").empty());
    request.authorization = core.response_to(challenge, kAlice, "secret");
    core.flow.arrives(kIcscf, request.text());
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.answered(cx::Answer(profile_of(kAlice, "alice", "+15550001")));
    const auto ok = core.flow.sent().message;
    CHECK(ok.status() == 200);
    const std::string info(ok.get(HeaderId::authentication_info).value_or(""));
    CHECK(info.find("rspauth=\"") != std::string::npos);
    CHECK(info.find("nc=00000001") != std::string::npos);
}

TEST_CASE("SIP Digest: an old nonce is stale, a second count of the same is not accepted") {
    CoreUnderTest core;
    RegisterText request;
    const auto challenge = core.challenged(request, digest_vector(kAlice, "MD5"));
    auto response = core.response_to(challenge, kAlice, "secret");
    SECTION("an unknown nonce") {
        request.authorization = response;
        request.authorization.replace(request.authorization.find("nonce=\"") + 7, 4, "beef");
        const auto again = core.challenged(request, digest_vector(kAlice, "MD5"));
        CHECK(core.parameter(again, "stale") == "TRUE");
    }
    SECTION("an nc that is not the one the response was made with") {
        request.authorization = response;
        request.authorization.replace(request.authorization.find("nc=00000001"), 11, "nc=00000002");
        core.flow.arrives(kIcscf, request.text());
        CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
              cx::ServerAssignmentType::authentication_failure);
    }
}

TEST_CASE("A count that goes on from nonce to nonce is no reason to refuse") {
    CoreUnderTest core;
    RegisterText request;
    const auto challenge = core.challenged(request, digest_vector(kAlice, "MD5"));
    request.authorization = core.response_to(challenge, kAlice, "secret", "00000002");
    core.flow.arrives(kIcscf, request.text());
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::registration);
}

TEST_CASE("Each refusal of a MAR has its answer") {
    const auto [result, status] = GENERATE(table<diameter::ResultCode, int>({
        {cx::result::user_unknown, 403},
        {cx::result::identities_dont_match, 403},
        {cx::result::auth_scheme_not_supported, 403},
        {cx::result::too_busy, 480},
        {cx::result::unable_to_comply, 500},
    }));
    CoreUnderTest core;
    cx::MultimediaAuthAnswer maa;
    maa.result = result;
    CHECK(core.challenged({}, maa).status() == status);
    CHECK(core.node.challenges() == 0);
}

TEST_CASE("The HSS does not answer a MAR: 504; a vector of no use: 500") {
    CoreUnderTest core;
    core.flow.arrives(kIcscf, RegisterText{}.text());
    core.flow.asked<cx::MultimediaAuthRequest>();
    core.flow.unanswered();
    CHECK(core.flow.sent().message.status() == 504);
    auto empty = aka_vector();
    empty.vectors[0].rand_autn = "short";
    CHECK(core.challenged({}, empty).status() == 500);
}

TEST_CASE(
    "reg-await-auth: after four minutes a challenge is void and the HSS may forget the user") {
    CoreUnderTest core;
    RegisterText request;
    const auto challenge = core.challenged(request);
    core.flow.passes(std::chrono::minutes(4) + std::chrono::seconds(1));
    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::authentication_timeout);
    core.flow.unanswered();
    CHECK(core.node.challenges() == 0);
    request.authorization = core.response_to(challenge, kAlice, kXres);
    CHECK(core.challenged(request, aka_vector('s')).status() == 401);
}

TEST_CASE("Nobody piles up challenges: four of an identity, and a bound for all") {
    auto config = CoreUnderTest::default_config();
    config.max_challenges = 6;
    CoreUnderTest core(config);
    for (int i = 0; i < 8; ++i) {
        RegisterText request;
        request.call_id = "reg-" + std::to_string(i);
        CHECK(core.challenged(request).status() == 401);
    }
    CHECK(core.node.challenges() == 4);
    for (int i = 0; i < 3; ++i) {
        RegisterText request;
        request.username = "user" + std::to_string(i);
        core.flow.arrives(kIcscf, request.text());
        if (i < 2) {
            core.flow.asked<cx::MultimediaAuthRequest>();
            core.flow.answered(cx::Answer(aka_vector()));
            CHECK(core.flow.sent().message.status() == 401);
        } else {
            CHECK(core.flow.sent().message.status() == 503);
        }
    }
}

TEST_CASE("The challenge's state machine") {
    CHECK(scscf::kChallengeTransitions.to_text() ==
          "open --right_response--> accepted\n"
          "open --wrong_response--> refused\n"
          "open --auts--> resynchronising\n"
          "open --await_auth_expired--> expired\n"
          "open --superseded--> expired\n");
}
