// Session mode over TLS (RFC 4975 §14.4): whose certificate it is, and what happens if it is not.
#include "tests/unit/as/messaging/session_fixture.h"

using namespace imslab;
using namespace imslab::messaging;

namespace {

const std::string kAliceShows = "alice's certificate", kBobShows = "bob's certificate";

// Alice connects to the server, the server to Bob; each by TLS or not.
struct SecureLab : SessionLab {
    explicit SecureLab(SessionTls session_tls = SessionTls::as_offered)
        : SessionLab(with(session_tls)) {
        alice = {Transport::tls, kMsrpByTls, test::at("127.1.100.51:40000"), 1};
        bob = {Transport::tls, kMsrpByTls, kBob, 2};
        shown[1] = kAliceShows;
        shown[2] = kBobShows;
    }
    static MessagingSettings with(SessionTls session_tls) {
        MessagingSettings settings;
        settings.session_tls = session_tls;
        return settings;
    }
    static std::string described(const Address& at,
                                 const std::string& session,
                                 const std::string& certificate,
                                 const std::string& more = {}) {
        auto text = description(at, session, more);
        text.replace(text.find("TCP/MSRP"), 8, "TCP/TLS/MSRP");
        text.replace(text.find("msrp:"), 5, "msrps:");
        return text + "a=fingerprint:" + msrp::Fingerprint::of(certificate).to_string() + "\r\n";
    }
    // What Bob is offered.
    msrp::Media offer(const std::string& body) {
        invite(body);
        on_ = sent();
        const auto media = msrp::read_media(on_.message.body());
        REQUIRE(media);
        to_bob = media->path.front().to_string();
        return *media;
    }
    // What Alice is answered.
    msrp::Media answer(const std::string& body) {
        auto ok = sip::Message::response_to(on_.message, 200);
        sip::set_to_tag(ok, "bob");
        ok.set(HeaderId::contact, "<sip:bob@127.1.100.52>");
        ok.set_body("application/sdp", body);
        deliver(Arrived{Flow{Transport::udp, kIm, on_.flow.remote, 0}, ok.to_bytes()});
        accepted = sent().message;
        const auto media = msrp::read_media(accepted.body());
        REQUIRE(media);
        to_alice = media->path.front().to_string();
        return *media;
    }
    void set_up_secure(const std::string& bobs = kBobShows,
                       const std::string& alices = kAliceShows) {
        offer(described(kAlice, "alice1", alices));
        answer(described(kBob, "bob1", bobs, "a=setup:passive\r\n"));
    }
    // What was accepted is acknowledged first (RFC 3261 §13.2.2.4).
    sip::Message bye() {
        passes(std::chrono::milliseconds(1));
        auto message = sent().message;
        while (message.method() == sip::Method::ack) message = sent().message;
        CHECK(message.method() == sip::Method::bye);
        return message;
    }
    void is_over() {
        for (int side = 0; side < 2; ++side) {
            const auto request = bye();
            CHECK(std::string(request.get(HeaderId::reason).value_or(""))
                      .find("not that of the fingerprint") != std::string::npos);
        }
        CHECK(state()["sessions"]["msrp"]["sessions"] == 0);
    }

private:
    test::SentMessage on_{{}, sip::Message::response(200)};
};

}  // namespace

TEST_CASE("TLS on both sides: nothing is said before it is known who is there") {
    SecureLab lab;
    const auto offered = lab.offer(SecureLab::described(kAlice, "alice1", kAliceShows));
    CHECK(offered.secure);
    CHECK(offered.port == kMsrpByTls.port);
    CHECK(offered.fingerprints == std::vector{msrp::Fingerprint::of(kServerShows)});
    CHECK(lab.to_bob.starts_with("msrps://"));
    const auto answered =
        lab.answer(SecureLab::described(kBob, "bob1", kBobShows, "a=setup:passive\r\n"));
    CHECK(answered.secure);
    CHECK(answered.fingerprints == offered.fingerprints);

    // The server connects, and introduces itself only then.
    CHECK(lab.octets.at(kBob).empty());
    lab.connect(lab.bob);
    const auto first = lab.written(kBob);
    REQUIRE(first.size() == 1);
    CHECK(first[0].head.to_path == "msrps://127.1.100.52:2855/bob1;tcp");
    lab.connect(lab.alice);
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-5/5"), "hello"));
    const auto on = lab.written(kBob);
    REQUIRE(on.size() == 1);
    CHECK(on[0].body == "hello");
    CHECK(lab.written(lab.alice.remote).at(0).head.status == 200);
}

TEST_CASE("TLS on one side: each side has what it offers or is offered") {
    SECTION("the sender without, the recipient with") {
        SecureLab lab(SessionTls::always);
        CHECK(lab.offer(SessionLab::description(kAlice, "alice1")).secure);
        const auto answered =
            lab.answer(SecureLab::described(kBob, "bob1", kBobShows, "a=setup:passive\r\n"));
        CHECK_FALSE(answered.secure);
        CHECK(answered.fingerprints.empty());
        CHECK(answered.port == kMsrp.port);
        lab.alice = {Transport::tcp, kMsrp, lab.alice.remote, 1};
        lab.connect(lab.alice);
        lab.connect(lab.bob);
        lab.octets.clear();
        lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-5/5"), "hello"));
        CHECK(lab.written(kBob).at(0).body == "hello");
    }
    SECTION("the sender with, the recipient without") {
        SecureLab lab(SessionTls::never);
        const auto offered = lab.offer(SecureLab::described(kAlice, "alice1", kAliceShows));
        CHECK_FALSE(offered.secure);
        CHECK(offered.fingerprints.empty());
        CHECK(lab.answer(SessionLab::description(kBob, "bob1", "a=setup:passive\r\n")).secure);
    }
}

TEST_CASE("who is connected to and has another certificate hears nothing but BYE") {
    SecureLab lab;
    lab.set_up_secure("what bob's description says");
    lab.connect(lab.bob);
    CHECK(lab.octets[kBob].empty());
    CHECK(lab.closed == std::vector{kBob});
    lab.is_over();
}

TEST_CASE("who connects with another certificate is not listened to") {
    SecureLab lab;
    lab.set_up_secure(kBobShows, "what alice's description says");
    lab.connect(lab.bob);
    lab.connect(lab.alice);
    lab.octets.clear();
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-5/5"), "hello"));
    CHECK(lab.octets[lab.alice.remote].empty());
    CHECK(lab.octets[kBob].empty());
    CHECK(lab.closed == std::vector{lab.alice.remote});
    lab.is_over();
}

TEST_CASE("who connects and shows no certificate is not listened to either") {
    SecureLab lab;
    lab.shown.erase(1);
    lab.set_up_secure();
    lab.connect(lab.bob);
    lab.connect(lab.alice);
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-5/5"), "hello"));
    CHECK(lab.closed == std::vector{lab.alice.remote});
    lab.is_over();
}

TEST_CASE("what arrives before it is known who is there waits") {
    SecureLab lab;
    lab.set_up_secure();
    lab.connect(lab.bob);
    lab.octets.clear();
    lab.who_is_there_waits = true;
    lab.connect(lab.alice);
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-5/5"), "hello"));
    CHECK(lab.octets[kBob].empty());
    lab.say_who_is_there();
    CHECK(lab.written(kBob).at(0).body == "hello");
}

TEST_CASE("who is active connects before his answer has come, and is checked then") {
    SecureLab lab;
    lab.offer(SecureLab::described(kAlice, "alice1", kAliceShows));
    msrp::Head first;
    first.transaction = "early001";
    first.method = "SEND";
    first.to_path = lab.to_bob;
    first.from_path = "msrps://127.1.100.52:2855/bob1;tcp";
    first.message_id = "early1";
    first.range = msrp::ByteRange{1, 0, 0};
    lab.bob.remote = test::at("127.1.100.52:40001");
    SECTION("he is who he says") {
        lab.connect(lab.bob);
        lab.arrives(lab.bob, msrp::whole(first));
        lab.answer(SecureLab::described(kBob, "bob1", kBobShows, "a=setup:active\r\n"));
        CHECK(lab.closed.empty());
    }
    SECTION("he is not") {
        lab.shown[2] = "mallory's certificate";
        lab.connect(lab.bob);
        lab.arrives(lab.bob, msrp::whole(first));
        lab.answer(SecureLab::described(kBob, "bob1", kBobShows, "a=setup:active\r\n"));
        CHECK(lab.closed == std::vector{lab.bob.remote});
        lab.is_over();
    }
}

TEST_CASE("a session's URI is no use on a connection of the other kind") {
    SecureLab lab;
    lab.set_up_secure();
    lab.octets.clear();
    const Flow plain{Transport::tcp, kMsrp, test::at("127.1.100.51:40009"), 9};
    lab.connect(plain);
    lab.arrives(plain, msrp::whole(lab.send_head("m0001", "1-5/5"), "hello"));
    CHECK(lab.written(plain.remote).at(0).head.status == 403);
}

TEST_CASE("what cannot be made secure is refused, and nothing is made insecure") {
    SecureLab lab;
    SECTION("an offer without a fingerprint") {
        auto body = SecureLab::described(kAlice, "alice1", kAliceShows);
        lab.invite(body.substr(0, body.find("a=fingerprint")));
        const auto refused = lab.sent().message;
        CHECK(refused.status() == 488);
        CHECK(refused.reason() == "MSRP over TLS is offered without a=fingerprint");
    }
    SECTION("an answer without TLS") {
        lab.offer(SecureLab::described(kAlice, "alice1", kAliceShows));
        lab.answer(SessionLab::description(kBob, "bob1", "a=setup:passive\r\n"));
        CHECK_FALSE(lab.octets.contains(kBob));
        lab.bye();
    }
    SECTION("a change to a session without TLS") {
        lab.set_up_secure();
        lab.in_dialog("INVITE", 2, SessionLab::description(kAlice, "alice2"));
        const auto refused = lab.sent().message;
        CHECK(refused.status() == 488);
        CHECK(refused.reason() == "A session stays with TLS, or without");
    }
}

TEST_CASE("a change of the fingerprint alone is looked at, too") {
    SecureLab lab;
    lab.set_up_secure();
    lab.connect(lab.bob);
    lab.connect(lab.alice);
    lab.arrives(lab.alice, msrp::whole(lab.send_head("m0001", "1-5/5"), "hello"));
    lab.in_dialog("INVITE", 2, SecureLab::described(kAlice, "alice1", "a new certificate"));
    const auto on = lab.sent();
    CHECK(lab.bob_answers(on, SecureLab::described(kBob, "bob1", kBobShows, "a=setup:passive\r\n"))
              .status() == 200);
    CHECK(lab.closed == std::vector{lab.alice.remote});
    lab.is_over();
}
