// Streams of another protocol: octets as they come, and a node that wants no more for a while.
#include <future>

#include "tests/unit/hosts/secure_peer.h"

using namespace imslab;
using namespace imslab::host;

namespace {

Address listen_for_octets(RunningLoop& running) {
    const auto bound = running.loop.listen_for_octets(loopback(), Transport::tcp);
    REQUIRE(bound);
    return *bound;
}

}  // namespace

TEST_CASE("octets arrive unframed, and what is no SIP is no mistake") {
    RunningLoop running;
    running.node.on_event = [](const Event& event, Outbox& outbox, Time) {
        if (const auto* arrived = std::get_if<Arrived>(&event))
            outbox.emit(Send{arrived->flow, arrived->bytes});
    };
    const Address at = listen_for_octets(running);
    running.start();
    Peer peer(SOCK_STREAM);
    peer.connect(at);
    peer.send("MSRP d93kswow SE");
    CHECK(peer.receive_exactly(16) == "MSRP d93kswow SE");
    CHECK(running.node.count<Unframeable>() == 0);
    CHECK(running.node.await<Arrived>().flow.local == at);
}

TEST_CASE("what a node does not want to read stays with its sender until it does") {
    RunningLoop running;
    Flow flow;
    std::size_t received = 0;
    bool held = false;
    running.node.on_event = [&](const Event& event, Outbox& outbox, Time) {
        if (const auto* arrived = std::get_if<Arrived>(&event)) {
            received += arrived->bytes.size();
            if (!std::exchange(held, true)) {
                flow = arrived->flow;
                outbox.emit(Reading{flow, false});
                outbox.emit(Send{flow, "held"});
            }
        } else if (std::holds_alternative<Woken>(event)) {
            outbox.emit(Reading{flow, true});
        }
    };
    const Address at = listen_for_octets(running);
    running.start();
    Peer peer(SOCK_STREAM);
    peer.connect(at);
    peer.send("first");
    CHECK(peer.receive_exactly(4) == "held");
    const std::string more(200'000, 'x');
    peer.send(more);
    // Another connection is served meanwhile; of the first nothing more has come.
    Peer other(SOCK_STREAM);
    other.connect(at);
    other.send("hi");
    CHECK(running.node.await<Arrived>(1).bytes == "hi");
    CHECK(running.node.count<Arrived>() == 2);
    running.loop.inbox().run([&] { running.loop.wake(); });
    for (std::size_t n = 2, octets = 0; octets < more.size(); ++n)
        octets += running.node.await<Arrived>(n).bytes.size();
}

namespace {

// A node that answers what it gets, and one octet stream by TLS.
struct SecuredOctets {
    explicit SecuredOctets() {
        REQUIRE(running.loop.secure_with(certificates.files()));
        running.node.on_event = echo;
        const auto bound = running.loop.listen_for_octets(loopback(), Transport::tls);
        REQUIRE(bound);
        at = *bound;
        running.start();
    }
    // On the loop's thread.
    std::string certificate_of(const Flow& flow) {
        std::promise<std::string> shown;
        running.loop.inbox().run(
            [&] { shown.set_value(running.loop.streams().certificate_of(flow.connection)); });
        return shown.get_future().get();
    }

    Certificates certificates;
    RunningLoop running;
    Address at;
};

}  // namespace

TEST_CASE(
    "octets by TLS: what the other side has shown is known, and who shows nothing is let in") {
    SecuredOctets lab;
    TlsPeer phone(lab.at);
    Certificates own;
    SECTION("a certificate that nobody vouches for") {
        REQUIRE(SSL_use_certificate_file(
                    phone.ssl(), own.files().certificate.c_str(), SSL_FILETYPE_PEM) == 1);
        REQUIRE(SSL_use_PrivateKey_file(phone.ssl(), own.files().key.c_str(), SSL_FILETYPE_PEM) ==
                1);
        REQUIRE(phone.shake_hands());
        phone.send("MSRP d93kswow SE");
        CHECK(phone.receive_exactly(16) == "MSRP d93kswow SE");
        const auto shown = lab.certificate_of(lab.running.node.await<ConnectionOpened>().flow);
        CHECK_FALSE(shown.empty());
        CHECK(shown != lab.running.loop.streams().certificate());
    }
    SECTION("none") {
        REQUIRE(phone.shake_hands());
        phone.send("MSRP d93kswow SE");
        CHECK(phone.receive_exactly(16) == "MSRP d93kswow SE");
        CHECK(lab.certificate_of(lab.running.node.await<ConnectionOpened>().flow).empty());
    }
}

TEST_CASE(
    "a connection by TLS is opened with nothing to say, and said no more of if there is none") {
    SecuredOctets near, far;
    near.running.loop.inbox().run([&] {
        near.running.node.on_event = [&](const Event& event, Outbox& outbox, Time) {
            if (std::holds_alternative<Woken>(event))
                outbox.emit(Send{Flow{Transport::tls, near.at, far.at, 0}, {}});
            if (const auto* opened = std::get_if<ConnectionOpened>(&event))
                outbox.emit(Send{opened->flow, "hello"});
        };
        near.running.loop.wake();
    });
    const auto opened = near.running.node.await<ConnectionOpened>();
    CHECK(opened.flow.remote == far.at);
    CHECK(near.running.node.await<Arrived>().bytes == "hello");
    CHECK(near.certificate_of(opened.flow) == far.running.loop.streams().certificate());
    CHECK(far.certificate_of(far.running.node.await<ConnectionOpened>().flow) ==
          near.running.loop.streams().certificate());

    // Somebody who speaks no TLS.
    Peer deaf(SOCK_STREAM);
    deaf.listen();
    near.running.loop.inbox().run([&] {
        near.running.node.on_event = [&](const Event& event, Outbox& outbox, Time) {
            if (std::holds_alternative<Woken>(event))
                outbox.emit(Send{Flow{Transport::tls, near.at, deaf.local(), 0}, {}});
        };
        near.running.loop.wake();
    });
    Peer accepted = deaf.accept();
    accepted.send("MSRP d93kswow 200 OK\r\n");
    const auto failed = near.running.node.await<SendFailed>();
    CHECK(failed.flow.remote == deaf.local());
    CHECK(failed.flow.connection == 0);
}
