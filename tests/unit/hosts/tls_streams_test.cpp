// SIP over TLS through the event loop: who is let in, what ends a handshake, what ends a connection.
#include "tests/unit/hosts/secure_peer.h"

using namespace imslab;
using namespace imslab::host;
using std::chrono::milliseconds;

namespace {

std::string message(const std::string& body = "") {
    return "MESSAGE sip:b@home SIP/2.0\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

StreamLimits impatient() {
    StreamLimits limits;
    limits.handshake = limits.first_message = limits.unfinished = limits.linger = milliseconds(30);
    limits.sweep = milliseconds(5);
    return limits;
}

class Secured {
public:
    explicit Secured(StreamLimits limits = {}) : running(limits) {
        REQUIRE(running.loop.secure_with(certificates.files()));
        running.node.on_event = echo;
        at = running.listen(Transport::tls);
        running.start();
    }

    Certificates certificates;
    RunningLoop running;
    Address at;
};

}  // namespace

TEST_CASE("a message inside TLS is one event, its answer comes back inside TLS") {
    Secured lab;
    TlsPeer ue(lab.at, lab.certificates.authority_file());
    REQUIRE(ue.shake_hands());

    ue.send(message("hello"));

    CHECK(ue.receive_exactly(message("hello").size()) == message("hello"));
    const auto arrived = lab.running.node.await<Arrived>();
    CHECK(arrived.flow.transport == Transport::tls);
    CHECK(arrived.flow.local == lab.at);
    CHECK(lab.running.node.await<ConnectionOpened>().flow == arrived.flow);
}

TEST_CASE("a message whose octets drip in over TLS is one event; two in one record are two") {
    Secured lab;
    TlsPeer ue(lab.at);
    REQUIRE(ue.shake_hands());

    for (const char octet : message("1")) ue.send({&octet, 1});
    ue.send(message("22") + message("333"));

    CHECK(lab.running.node.await<Arrived>(0).bytes == message("1"));
    CHECK(lab.running.node.await<Arrived>(1).bytes == message("22"));
    CHECK(lab.running.node.await<Arrived>(2).bytes == message("333"));
}

TEST_CASE("RFC 5626 §4.4.1: a double CRLF over TLS is answered by one") {
    Secured lab;
    TlsPeer ue(lab.at);
    REQUIRE(ue.shake_hands());

    ue.send("\r\n\r\n");

    CHECK(ue.receive_exactly(2) == "\r\n");
    CHECK(lab.running.node.count<Arrived>() == 0);
}

TEST_CASE("a UE that trusts another authority ends the handshake; the node never hears of it") {
    Secured lab;
    const Certificates others;
    TlsPeer ue(lab.at, others.authority_file());

    CHECK_FALSE(ue.shake_hands());

    TlsPeer next(lab.at, lab.certificates.authority_file());
    REQUIRE(next.shake_hands());
    next.send(message());
    lab.running.node.await<Arrived>();
    CHECK(lab.running.node.count<ConnectionOpened>() == 1);
    CHECK(lab.running.node.count<ConnectionClosed>() == 0);
}

TEST_CASE("garbage instead of a ClientHello, and SIP without TLS, end the connection") {
    Secured lab;
    Peer ue(SOCK_STREAM);
    ue.connect(lab.at);

    SECTION("octets that mean nothing") { ue.send(std::string(512, '\xA5')); }
    SECTION("SIP as over TCP") { ue.send(message()); }

    ue.receive_all();  // an alert perhaps, then the end
    CHECK(lab.running.node.count<ConnectionOpened>() == 0);
}

TEST_CASE("a handshake that is begun and not finished ends in time") {
    Secured lab(impatient());
    Peer ue(SOCK_STREAM);
    ue.connect(lab.at);

    SECTION("nothing comes") {}
    SECTION("half a record comes") { ue.send(std::string("\x16\x03\x01\x02", 4)); }

    CHECK(ue.receive_all().empty());
    CHECK(lab.running.node.count<ConnectionOpened>() == 0);
}

TEST_CASE("only so many handshakes are unfinished at a time") {
    StreamLimits limits;
    limits.handshakes = 2;
    Secured lab(limits);
    Peer first(SOCK_STREAM), second(SOCK_STREAM), third(SOCK_STREAM);
    for (Peer* ue : {&first, &second, &third}) ue->connect(lab.at);

    CHECK(third.receive_all().empty());  // closed at once

    first.close();
    second.close();
    for (bool is_open = false; !is_open;) {  // as soon as the node has noticed
        TlsPeer ue(lab.at);
        is_open = ue.shake_hands();
    }
    lab.running.node.await<ConnectionOpened>();
}

TEST_CASE("a TLS connection that never says anything, or breaks off in a message, ends") {
    Secured lab(impatient());
    TlsPeer ue(lab.at);
    REQUIRE(ue.shake_hands());

    SECTION("nothing") {}
    SECTION("half a message") { ue.send("MESSAGE sip:b@home SIP/2.0\r\nConte"); }

    CHECK(ue.receive().empty());
    lab.running.node.await<ConnectionClosed>();
    CHECK(lab.running.node.count<Arrived>() == 0);
}

TEST_CASE("a UE that says good-bye, and one that is cut off, are told to the node alike") {
    Secured lab;
    TlsPeer ue(lab.at);
    REQUIRE(ue.shake_hands());
    ue.send(message());
    const auto arrived = lab.running.node.await<Arrived>();

    SECTION("close_notify") { ue.say_goodbye(); }
    SECTION("the connection alone") { ue.tcp().close(); }

    const auto closed = lab.running.node.await<ConnectionClosed>();
    CHECK(closed.flow == arrived.flow);
}

TEST_CASE("the node closes: what was written goes out first, and a close_notify behind it") {
    Secured lab;
    lab.running.node.on_event = [](const Event& event, Outbox& outbox, Time) {
        if (const auto* arrived = std::get_if<Arrived>(&event)) {
            outbox.emit(Send{arrived->flow, "the last"});
            outbox.emit(Close{arrived->flow});
        }
    };
    TlsPeer ue(lab.at);
    REQUIRE(ue.shake_hands());

    ue.send(message());

    CHECK(ue.receive_exactly(8) == "the last");
    CHECK(ue.receive().empty());
    CHECK(ue.was_said_goodbye());
}

TEST_CASE("TS 33.203 Annex O: nothing is sent over TLS but on a connection that is there") {
    Secured lab;
    lab.running.node.on_event = [&](const Event& event, Outbox& outbox, Time) {
        if (!std::holds_alternative<ConnectionClosed>(event)) return;
        auto flow = std::get<ConnectionClosed>(event).flow;
        outbox.emit(Send{flow, message()});
        flow.connection = 0;
        outbox.emit(Send{flow, message()});
    };
    TlsPeer ue(lab.at);
    REQUIRE(ue.shake_hands());
    ue.say_goodbye();

    CHECK(lab.running.node.await<SendFailed>(0).reason == "the connection is closed");
    CHECK(lab.running.node.await<SendFailed>(1).reason == "a TLS connection is the UE's to open");
}

TEST_CASE("TLS 1.1 is refused") {
    Secured lab;
    TlsPeer ue(lab.at);
    SSL_set_max_proto_version(ue.ssl(), TLS1_1_VERSION);

    CHECK_FALSE(ue.shake_hands());
}

TEST_CASE("files that are none, or do not belong together, are said in one sentence") {
    RunningLoop running;
    const Certificates one, other;
    const auto no_file = running.loop.secure_with({"/nowhere/node.pem", one.files().key});
    REQUIRE_FALSE(no_file);
    CHECK(no_file.error().find("cannot use the certificate /nowhere/node.pem") == 0);
    const auto mixed = running.loop.secure_with({one.files().certificate, other.files().key});
    REQUIRE_FALSE(mixed);
    CHECK(mixed.error().find("cannot use the key " + other.files().key) == 0);
    const auto none = running.loop.listen(loopback(), Transport::tls);
    REQUIRE_FALSE(none);
    CHECK(none.error().find("needs a certificate") != std::string::npos);
}
