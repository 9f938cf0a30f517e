// REGISTER that came to the P-CSCF over TLS (TS 24.229 §5.4.1.1, §5.4.1.2.1C, §5.4.1.2.2B; TS 33.203
// Annexes N, O, X).
#include "tests/unit/scscf/registered_users.h"

using namespace imslab;
using namespace imslab::test;
using sip::HeaderId;

namespace {

const std::string kTina = "tina@" + kHome;

cx::MultimediaAuthAnswer akav2_vector() {
    auto maa = aka_vector();
    maa.vectors.front().auth_scheme = cx::scheme::aka_v2;
    return maa;
}

RegisterText of_tina(const std::string& protection) {
    RegisterText request;
    request.identity = "sip:tina@" + kHome;
    request.username = kTina;
    request.contact = "<sip:127.1.100.21:5060;transport=tls>;expires=600000";
    request.protection = protection;
    return request;
}

// Registered by SIP Digest over TLS; what she sends next.
RegisterText registered_tina(CoreUnderTest& core) {
    auto request = of_tina("");
    const auto challenge = core.challenged(request, digest_vector(kTina, "SHA-256"));
    REQUIRE(challenge.status() == 401);
    request.protection = "tls-pending";
    request.authorization = core.response_to(challenge, kTina, "secret");
    ++request.cseq;
    core.flow.arrives(kIcscf, request.text());
    core.flow.asked<cx::ServerAssignmentRequest>();
    core.flow.answered(cx::Answer(profile_of(kTina, "tina", "+15550021")));
    REQUIRE(core.flow.sent().message.status() == 200);
    ++request.cseq;
    request.protection = "tls-yes";
    return request;
}

RegisterText of_alice_over_tls() {
    RegisterText request;
    request.protection = "tls-connected";
    request.authorization = "nonce=\"\", response=\"\", algorithm=AKAv2-SHA-256";
    return request;
}

}  // namespace

TEST_CASE("tls-connected and AKAv2-SHA-256: the HSS is asked for that scheme by name") {
    CoreUnderTest core;
    core.flow.arrives(kIcscf, of_alice_over_tls().text());

    const auto mar = core.flow.asked<cx::MultimediaAuthRequest>();

    CHECK(mar.auth_scheme == cx::scheme::aka_v2);
    core.flow.answered(cx::Answer(akav2_vector()));
    const auto challenge = core.flow.sent().message;
    CHECK(core.parameter(challenge, "algorithm") == "AKAv2-SHA-256");
    const auto value = *challenge.get(HeaderId::www_authenticate);
    CHECK(value.find("ck=") == value.npos);  // they are part of the password
    CHECK(value.find("ik=") == value.npos);
}

TEST_CASE("AKAv2 is asked for over TLS alone: a UE that wants it elsewhere gets what it has") {
    CoreUnderTest core;
    auto request = of_alice_over_tls();
    request.protection = "no";

    core.flow.arrives(kIcscf, request.text());

    CHECK(core.flow.asked<cx::MultimediaAuthRequest>().auth_scheme == cx::scheme::unknown);
}

TEST_CASE("the right AKAv2 response registers; RES alone, as AKAv1 has it, does not") {
    CoreUnderTest core;
    auto request = of_alice_over_tls();
    const auto challenge = core.challenged(request, akav2_vector());
    const auto password =
        sip::akav2_password(kXres, std::string(16, '\x01'), std::string(16, '\x0c'));
    ++request.cseq;

    SECTION("right") {
        request.authorization = core.response_to(challenge, kAlice, password);
        core.flow.arrives(kIcscf, request.text());
        core.flow.asked<cx::ServerAssignmentRequest>();
        core.flow.answered(cx::Answer(profile_of(kAlice, "alice", "+15550001")));
        CHECK(core.flow.sent().message.status() == 200);
    }
    SECTION("RES alone") {
        request.authorization = core.response_to(challenge, kAlice, kXres);
        core.flow.arrives(kIcscf, request.text());
        CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
              cx::ServerAssignmentType::authentication_failure);
        core.flow.answered(granted());
        CHECK(core.flow.sent().message.status() == 403);
    }
}

TEST_CASE("AUTS over TLS: the new vector is of AKAv2 too") {
    CoreUnderTest core;
    auto request = of_alice_over_tls();
    const auto challenge = core.challenged(request, akav2_vector());
    request.authorization = core.response_to(challenge, kAlice, "") + ", auts=\"" +
                            std::string("AAAAAAAAAAAAAAAAAAA=") + "\"";
    ++request.cseq;

    core.flow.arrives(kIcscf, request.text());

    const auto mar = core.flow.asked<cx::MultimediaAuthRequest>();
    CHECK(mar.auth_scheme == cx::scheme::aka_v2);
    CHECK(mar.resynchronisation.size() == 30);
}

TEST_CASE("tls-yes: what the session registered is registered again without a challenge") {
    CoreUnderTest core;
    auto request = registered_tina(core);

    core.flow.arrives(kIcscf, request.text());

    const auto sar = core.flow.asked<cx::ServerAssignmentRequest>();
    CHECK(sar.type == cx::ServerAssignmentType::re_registration);
    core.flow.answered(granted());
    CHECK(core.flow.sent().message.status() == 200);
}

TEST_CASE("tls-yes: what the session registered is deregistered without a challenge") {
    CoreUnderTest core;
    auto request = registered_tina(core);
    request.contact = "<sip:127.1.100.21:5060;transport=tls>;expires=0";

    core.flow.arrives(kIcscf, request.text());

    CHECK(core.flow.asked<cx::ServerAssignmentRequest>().type ==
          cx::ServerAssignmentType::user_deregistration);
    core.flow.answered(granted());
    CHECK(core.flow.sent().message.status() == 200);
    CHECK(core.node.registered_users() == 0);
}

TEST_CASE("tls-yes for a contact that is not registered, or tls-pending, is challenged") {
    CoreUnderTest core;
    auto request = registered_tina(core);

    SECTION("another contact") {
        request.contact = "<sip:127.1.100.99:5060;transport=tls>;expires=600000";
    }
    SECTION("another session") { request.protection = "tls-pending"; }
    SECTION("no session") { request.protection = "no"; }

    core.flow.arrives(kIcscf, request.text());
    CHECK(core.flow.asked<cx::MultimediaAuthRequest>().private_identity == kTina);
}

TEST_CASE("RFC 5626 §11.5: a contact whose connection is gone is temporarily unavailable") {
    CoreUnderTest core;
    core.registers_bob("<sip:bob@a.invalid;transport=ws>;expires=600");
    core.terminates("INVITE", "sip:bob@" + kHome);
    const auto sent = core.flow.sent();
    REQUIRE(sent.message.method() == sip::Method::invite);

    core.flow.answers(sent, 430);

    CHECK(core.flow.sent().message.method() == sip::Method::ack);
    CHECK(core.flow.sent().message.status() == 480);
}
