// SIP over UDP through the event loop.
#include "hosts/asio/datagrams.h"

#include "tests/unit/hosts/running_loop.h"

using namespace imslab;
using namespace imslab::host;

TEST_CASE("a datagram becomes an event, what the node sends goes back") {
    RunningLoop running;
    running.node.on_event = echo;
    const Address at = running.listen();
    running.start();
    Peer ue(SOCK_DGRAM);

    ue.send_to(at, "OPTIONS sip:a@b SIP/2.0\r\n\r\n");

    CHECK(ue.receive() == "OPTIONS sip:a@b SIP/2.0\r\n\r\n");
    const auto arrived = running.node.await<Arrived>();
    CHECK(arrived.flow.local == at);
    CHECK(arrived.flow.remote == ue.local());
    CHECK(arrived.flow.connection == 0);
}

TEST_CASE("a keep-alive of blank octets is not handed to the node") {
    RunningLoop running;
    running.node.on_event = echo;
    const Address at = running.listen();
    running.start();
    Peer ue(SOCK_DGRAM);

    ue.send_to(at, "\r\n\r\n");
    ue.send_to(at, "");
    ue.send_to(at, "X");

    CHECK(ue.receive() == "X");
    CHECK(running.node.count<Arrived>() == 1);
}

TEST_CASE("a closed port at the other end is told to the node") {
    RunningLoop running;
    const Address at = running.listen();
    Peer gone(SOCK_DGRAM);
    const Address nobody = gone.local();
    gone.close();
    running.node.on_event = [&](const Event& event, Outbox& outbox, Time) {
        if (const auto* arrived = std::get_if<Arrived>(&event))
            outbox.emit(Send{Flow{Transport::udp, arrived->flow.local, nobody, 0}, "REGISTER"});
    };
    running.start();
    Peer ue(SOCK_DGRAM);

    ue.send_to(at, "go");

    const auto failed = running.node.await<SendFailed>();
    CHECK(failed.flow.remote == nobody);
    CHECK(failed.flow.local == at);
    CHECK(failed.reason == "Connection refused");
}

TEST_CASE("a burst of 5,000 datagrams is drained, none twice") {
    RunningLoop running;
    running.node.on_event = echo;
    const Address at = running.listen();
    running.start();
    Peer ue(SOCK_DGRAM);

    std::size_t received = 0;
    for (int burst = 0; burst < 50; ++burst) {
        for (int i = 0; i < 100; ++i) ue.send_to(at, std::string(400, 'x'));
        for (int i = 0; i < 100; ++i) received += !ue.receive().empty();
    }
    CHECK(received == 5'000);
}

TEST_CASE("a port that is taken is one sentence with the remedy") {
    RunningLoop first, second;
    const Address at = first.listen();
    const auto bound = second.loop.listen(at);
    REQUIRE(!bound);
    CHECK(bound.error() == "cannot listen on " + at.to_string() +
                               "/udp: already in use; is another lab running? see: ss -lnup "
                               "'sport = :" +
                               std::to_string(at.port) + "'");
}

TEST_CASE("an address this machine does not have is one sentence with the remedy") {
    RunningLoop running;
    const auto bound = running.loop.listen(*Address::parse("192.0.2.1:5060"));
    REQUIRE(!bound);
    CHECK(bound.error().find("ip address add 192.0.2.1 dev lo") != std::string::npos);
}
