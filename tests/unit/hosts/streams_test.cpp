// SIP over TCP through the event loop: framing, reuse, and what bounds a careless peer.
#include "hosts/asio/streams.h"

#include "tests/unit/hosts/running_loop.h"

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
    limits.first_message = limits.unfinished = limits.linger = milliseconds(30);
    limits.sweep = milliseconds(5);
    return limits;
}

Peer connected_to(const Address& at) {
    Peer peer(SOCK_STREAM);
    peer.connect(at);
    return peer;
}

}  // namespace

TEST_CASE("a message whose octets drip in one by one is one event") {
    RunningLoop running;
    running.node.on_event = echo;
    const Address at = running.listen();
    running.start();
    Peer ue = connected_to(at);
    const std::string sent = message("hello");

    for (const char octet : sent) ue.send({&octet, 1});

    CHECK(ue.receive_exactly(sent.size()) == sent);
    CHECK(running.node.count<Arrived>() == 1);
    const auto arrived = running.node.await<Arrived>();
    CHECK(arrived.flow.transport == Transport::tcp);
    CHECK(arrived.flow.local == at);
    CHECK(arrived.flow.remote == ue.local());
    CHECK(arrived.flow.connection != 0);
    CHECK(running.node.await<ConnectionOpened>().flow == arrived.flow);
}

TEST_CASE("three messages in one segment are three events in order") {
    RunningLoop running;
    const Address at = running.listen();
    running.start();
    Peer ue = connected_to(at);

    ue.send(message("1") + message("22") + message("333"));

    CHECK(running.node.await<Arrived>(0).bytes == message("1"));
    CHECK(running.node.await<Arrived>(1).bytes == message("22"));
    CHECK(running.node.await<Arrived>(2).bytes == message("333"));
}

TEST_CASE("RFC 5626 §4.4.1: a double CRLF is answered by one, the node hears nothing") {
    RunningLoop running;
    const Address at = running.listen();
    running.start();
    Peer ue = connected_to(at);

    ue.send("\r\n\r\n");

    CHECK(ue.receive_exactly(2) == "\r\n");
    CHECK(running.node.count<Arrived>() == 0);
}

TEST_CASE("RFC 3261 §18: a connection is reused by remote, in both directions") {
    RunningLoop running;
    const Address at = running.listen();
    Peer other(SOCK_STREAM, "127.0.77.3");
    other.listen();
    const Address to = other.local();
    running.node.on_event = [&](const Event& event, Outbox& outbox, Time) {
        if (const auto* arrived = std::get_if<Arrived>(&event)) {
            if (arrived->flow.transport == Transport::udp)
                outbox.emit(Send{Flow{Transport::tcp, at, to, 0}, arrived->bytes});
        }
    };
    running.start();
    Peer ue(SOCK_DGRAM);

    ue.send_to(at, message("1"));
    Peer connection = other.accept();
    CHECK(connection.receive_exactly(message("1").size()) == message("1"));
    CHECK(remote_address_of(connection.descriptor()).ip == at.ip);
    ue.send_to(at, message("2"));
    CHECK(connection.receive_exactly(message("2").size()) == message("2"));
    CHECK(running.node.count<ConnectionOpened>() == 1);

    connection.send(message("back"));
    const auto opened = running.node.await<ConnectionOpened>();
    const auto back = running.node.await<Arrived>(2);
    CHECK(back.bytes == message("back"));
    CHECK(back.flow == opened.flow);
}

TEST_CASE("nobody listens at the other end: the node is told, with the flow it asked for") {
    RunningLoop running;
    const Address at = running.listen();
    Peer gone(SOCK_STREAM);
    const Flow nowhere{Transport::tcp, at, gone.local(), 0};
    gone.close();
    running.node.on_event = [&](const Event& event, Outbox& outbox, Time) {
        if (std::holds_alternative<Arrived>(event)) outbox.emit(Send{nowhere, message()});
    };
    running.start();
    Peer ue(SOCK_DGRAM);

    ue.send_to(at, "go");

    const auto failed = running.node.await<SendFailed>();
    CHECK(failed.flow == nowhere);
    CHECK(failed.reason == "Connection refused");
}

TEST_CASE("a 10 MB body is refused by its length, answered, and the connection ends") {
    RunningLoop running(impatient());
    running.node.on_event = [](const Event& event, Outbox& outbox, Time) {
        if (const auto* broken = std::get_if<Unframeable>(&event))
            outbox.emit(Send{broken->flow, "SIP/2.0 413 Request Entity Too Large\r\n\r\n"});
    };
    const Address at = running.listen();
    running.start();
    Peer ue = connected_to(at);
    const std::size_t size = 10'000'000;

    ue.send("MESSAGE sip:b@home SIP/2.0\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    const std::string chunk(100'000, 'x');
    for (std::size_t sent = 0; sent < size && ue.send(chunk); sent += chunk.size()) {
    }

    CHECK(ue.receive_all() == "SIP/2.0 413 Request Entity Too Large\r\n\r\n");
    CHECK(running.node.await<ConnectionClosed>().reason == "closed");
    running.stop();
    CHECK(running.loop.statistics().find("\"held_bytes\": 0\n") != std::string::npos);
}

TEST_CASE("an endless header is refused") {
    RunningLoop running(impatient());
    const Address at = running.listen();
    running.start();
    Peer ue = connected_to(at);

    ue.send("MESSAGE sip:b@home SIP/2.0\r\nX: ");
    while (ue.send(std::string(10'000, 'x')) && running.node.count<Unframeable>() == 0) {
    }

    CHECK(running.node.await<Unframeable>().bytes.size() <= 200'000);
    running.node.await<ConnectionClosed>();
}

TEST_CASE("a half-open connection that says nothing is closed") {
    RunningLoop running(impatient());
    const Address at = running.listen();
    running.start();
    Peer ue = connected_to(at);

    CHECK(ue.receive_all() == "");
    CHECK(running.node.await<ConnectionClosed>().reason == "no message came in time");
}

TEST_CASE("a message that is begun and not finished is given up, also if octets keep dripping") {
    RunningLoop running(impatient());
    const Address at = running.listen();
    running.start();
    Peer ue = connected_to(at);
    ue.send(message());
    running.node.await<Arrived>();

    ue.send("MESSAGE sip:b@home SIP/2.0\r\n");
    while (ue.send("X") && running.node.count<ConnectionClosed>() == 0) {
    }

    const auto closed = running.node.await<ConnectionClosed>();
    CHECK((closed.reason == "a message was begun and not finished in time" ||
           running.node.count<Unframeable>() == 1));
}

TEST_CASE("more connections than allowed are refused, those that are open go on") {
    StreamLimits limits;
    limits.connections = 4;
    RunningLoop running(limits);
    running.node.on_event = echo;
    const Address at = running.listen();
    running.start();
    std::vector<Peer> peers;
    for (int i = 0; i < 4; ++i) {
        peers.push_back(connected_to(at));
        peers.back().send(message());
        CHECK(peers.back().receive_exactly(message().size()) == message());
    }

    Peer fifth = connected_to(at);
    CHECK(fifth.receive_all() == "");

    peers.front().send(message("still"));
    CHECK(peers.front().receive_exactly(message("still").size()) == message("still"));
}

TEST_CASE("unfinished messages of all connections together are bounded") {
    StreamLimits limits;
    limits.held_bytes = 100'000;
    RunningLoop running(limits);
    const Address at = running.listen();
    running.start();
    std::vector<Peer> peers;
    for (int i = 0; i < 4; ++i) {
        peers.push_back(connected_to(at));
        peers.back().send("MESSAGE sip:b@home SIP/2.0\r\nContent-Length: 60000\r\n\r\n" +
                          std::string(40'000, 'x'));
    }

    CHECK(running.node.await<ConnectionClosed>().reason ==
          "too many octets of unfinished messages are held");
}

TEST_CASE("a peer that does not read: Blocked, Writable when it reads again, nothing is lost") {
    StreamLimits limits;
    limits.blocked_bytes = 64'000;
    limits.queued_bytes = 64U << 20U;
    RunningLoop running(limits);
    const std::size_t size = 16U << 20U;
    running.node.on_event = [&](const Event& event, Outbox& outbox, Time) {
        const auto* arrived = std::get_if<Arrived>(&event);
        if (arrived == nullptr) return;
        for (std::size_t sent = 0; sent < size; sent += 65'536)
            outbox.emit(Send{arrived->flow, std::string(65'536, 'y')});
    };
    const Address at = running.listen();
    running.start();
    Peer ue = connected_to(at);

    ue.send(message());
    running.node.await<Blocked>();
    CHECK(ue.receive_exactly(size).size() == size);
    running.node.await<Writable>();
    CHECK(running.node.count<ConnectionClosed>() == 0);
}

TEST_CASE("a peer that never reads is given up before it takes all memory") {
    StreamLimits limits;
    limits.queued_bytes = 1U << 20U;
    RunningLoop running(limits);
    running.node.on_event = [&](const Event& event, Outbox& outbox, Time) {
        const auto* arrived = std::get_if<Arrived>(&event);
        if (arrived == nullptr) return;
        for (int i = 0; i < 1'000; ++i) outbox.emit(Send{arrived->flow, std::string(65'536, 'y')});
    };
    const Address at = running.listen();
    running.start();
    Peer ue = connected_to(at);

    ue.send(message());

    CHECK(running.node.await<ConnectionClosed>().reason ==
          "the peer does not read what is written to it");
}

TEST_CASE("a node closes a connection: what it wrote before goes out first") {
    RunningLoop running(impatient());
    running.node.on_event = [](const Event& event, Outbox& outbox, Time) {
        if (const auto* arrived = std::get_if<Arrived>(&event)) {
            outbox.emit(Send{arrived->flow, std::string(500'000, 'z')});
            outbox.emit(Close{arrived->flow});
        }
    };
    const Address at = running.listen();
    running.start();
    Peer ue = connected_to(at);

    ue.send(message());

    CHECK(ue.receive_all().size() == 500'000);
    CHECK(running.node.await<ConnectionClosed>().reason == "closed");
}
