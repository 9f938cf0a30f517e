// SIP over WebSocket through the event loop (RFC 7118): the handshake, one message a message, and
// what RFC 6455 says of those who do it wrong.
#include "tests/unit/hosts/secure_peer.h"

using namespace imslab;
using namespace imslab::host;
using std::chrono::milliseconds;

namespace {

const std::string kMessage = "MESSAGE sip:b@home SIP/2.0\r\n\r\nhello";  // no Content-Length: §5

StreamLimits impatient() {
    StreamLimits limits;
    limits.handshake = limits.first_message = limits.unfinished = limits.linger = milliseconds(30);
    limits.sweep = milliseconds(5);
    return limits;
}

class WebSockets {
public:
    explicit WebSockets(StreamLimits limits = {}) : running(limits) {
        running.node.on_event = echo;
        at = running.listen(Transport::ws);
        running.start();
    }
    RunningLoop running;
    Address at;
};

// A browser, as far as the node can tell.
class Browser {
public:
    explicit Browser(const Address& at) : reader_(tcp) { tcp.connect(at); }
    // The status line of the answer.
    std::string open(const std::string& request = handshake()) {
        tcp.send(request);
        answer = reader_.answer();
        return answer.substr(0, answer.find('\r'));
    }
    Received next() { return reader_.frame(); }
    std::string body() { return reader_.rest(); }

    Peer tcp{SOCK_STREAM};
    std::string answer;

private:
    WebSocketReader<Peer> reader_;
};

unsigned code_of(const Received& closed) {
    REQUIRE(closed.opcode == Opcode::close);
    REQUIRE(closed.payload.size() >= 2);
    return static_cast<unsigned char>(closed.payload[0]) << 8U |
           static_cast<unsigned char>(closed.payload[1]);
}

}  // namespace

TEST_CASE("RFC 7118 §4.1: the handshake names the subprotocol sip, and the node hears of it") {
    WebSockets lab;
    Browser ue(lab.at);

    CHECK(ue.open() == "HTTP/1.1 101 Switching Protocols");
    CHECK(ue.answer.find("Sec-WebSocket-Protocol: sip\r\n") != std::string::npos);
    CHECK(ue.answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") !=
          std::string::npos);
    const auto opened = lab.running.node.await<ConnectionOpened>();
    CHECK(opened.flow.transport == Transport::ws);
    CHECK(opened.flow.remote == ue.tcp.local());
}

TEST_CASE("one of several subprotocols offered is sip") {
    WebSockets lab;
    Browser ue(lab.at);

    CHECK(ue.open(handshake("xmpp, sip")) == "HTTP/1.1 101 Switching Protocols");
}

TEST_CASE("a handshake that is not for SIP is refused, and the answer says what was expected") {
    WebSockets lab;
    Browser ue(lab.at);

    SECTION("another subprotocol") {
        CHECK(ue.open(handshake("xmpp")) == "HTTP/1.1 400 Bad Request");
        CHECK(ue.body() == "Expected the subprotocol sip (RFC 7118 §4), found xmpp\n");
    }
    SECTION("none") {
        CHECK(ue.open(handshake("")) == "HTTP/1.1 400 Bad Request");
        CHECK(ue.body() == "Expected the subprotocol sip (RFC 7118 §4), found none\n");
    }
    SECTION("no WebSocket at all") {
        CHECK(ue.open("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == "HTTP/1.1 426 Upgrade Required");
        CHECK(ue.answer.find("Upgrade: websocket") != std::string::npos);
    }
    SECTION("another version") {
        auto request = handshake();
        request.replace(request.find("Version: 13"), 11, "Version: 99");
        CHECK(ue.open(request) == "HTTP/1.1 426 Upgrade Required");
        CHECK(ue.answer.find("Sec-WebSocket-Version: 13") != std::string::npos);
    }
    SECTION("no key") {
        auto request = handshake();
        request.replace(request.find("Sec-WebSocket-Key"), 17, "X-WebSocket-Key__");
        CHECK(ue.open(request) == "HTTP/1.1 400 Bad Request");
    }
    ue.body();  // up to the end
    CHECK(lab.running.node.count<ConnectionOpened>() == 0);
}

TEST_CASE("what is no HTTP, an endless header and a request that drips in end the handshake") {
    WebSockets lab(impatient());
    Browser ue(lab.at);

    SECTION("no HTTP") { ue.tcp.send("REGISTER sip:home SIP/2.0\r\nVia: x\r\n\r\n"); }
    SECTION("an endless header") {
        ue.tcp.send("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x'));
    }
    SECTION("half a request") { ue.tcp.send("GET / HTTP/1.1\r\nHos"); }

    ue.tcp.receive_all();
    CHECK(lab.running.node.count<ConnectionOpened>() == 0);
}

TEST_CASE("RFC 7118 §5: one WebSocket message is one SIP message, with no need of Content-Length") {
    WebSockets lab;
    Browser ue(lab.at);
    REQUIRE(ue.open().find("101") != std::string::npos);

    SECTION("text") {
        ue.tcp.send(frame(Opcode::text, kMessage));
        const auto echoed = ue.next();
        CHECK(echoed.opcode == Opcode::text);
        CHECK(echoed.payload == kMessage);
    }
    SECTION("binary, because it is no UTF-8") {
        ue.tcp.send(frame(Opcode::binary, kMessage + "\xFF"));
        const auto echoed = ue.next();
        CHECK(echoed.opcode == Opcode::binary);
        CHECK(echoed.payload == kMessage + "\xFF");
    }
    SECTION("in fragments, with a ping between them") {
        ue.tcp.send(frame(Opcode::text, kMessage.substr(0, 5), {.final = false}) +
                    frame(Opcode::ping, "there?") +
                    frame(Opcode::continuation, kMessage.substr(5, 7), {.final = false}) +
                    frame(Opcode::continuation, kMessage.substr(12)));
        const auto answered = ue.next();
        CHECK(answered.opcode == Opcode::pong);
        CHECK(answered.payload == "there?");
        CHECK(ue.next().payload == kMessage);
    }
    SECTION("octet by octet") {
        for (const char octet : frame(Opcode::text, kMessage)) ue.tcp.send({&octet, 1});
        CHECK(ue.next().payload == kMessage);
    }
    CHECK(lab.running.node.count<Arrived>() == 1);
}

TEST_CASE("RFC 5626 §4.4.1 inside WebSocket: a double CRLF is answered by one") {
    WebSockets lab;
    Browser ue(lab.at);
    ue.open();

    ue.tcp.send(frame(Opcode::text, "\r\n\r\n"));

    CHECK(ue.next().payload == "\r\n");
    CHECK(lab.running.node.count<Arrived>() == 0);
}

TEST_CASE("RFC 6455: who frames wrongly is told with the code for it, and the connection ends") {
    StreamLimits limits;
    limits.message.message_bytes = 1000;
    WebSockets lab(limits);
    Browser ue(lab.at);
    REQUIRE(ue.open().find("101") != std::string::npos);

    SECTION("RFC 6455 §5.1: a client's frame that is not masked") {
        ue.tcp.send(frame(Opcode::text, kMessage, {.masked = false}));
        CHECK(code_of(ue.next()) == 1002);
    }
    SECTION("RFC 6455 §7.4.1: a message larger than is taken") {
        ue.tcp.send(frame(Opcode::text, std::string(1001, 'x')));
        CHECK(code_of(ue.next()) == 1009);
    }
    SECTION("RFC 6455 §7.4.1: the same in fragments") {
        ue.tcp.send(frame(Opcode::text, std::string(600, 'x'), {.final = false}) +
                    frame(Opcode::continuation, std::string(600, 'x')));
        CHECK(code_of(ue.next()) == 1009);
    }
    SECTION("RFC 6455 §8.1: text that is no UTF-8") {
        ue.tcp.send(frame(Opcode::text, "\xFF\xFE"));
        CHECK(code_of(ue.next()) == 1007);
    }
    SECTION("RFC 6455 §5.2: an opcode that is reserved") {
        ue.tcp.send(frame(static_cast<Opcode>(3), "x"));
        CHECK(code_of(ue.next()) == 1002);
    }
    lab.running.node.await<ConnectionClosed>();
    CHECK(lab.running.node.count<Arrived>() == 0);
}

TEST_CASE("a UE closes, or half-closes, or goes: the node is told once") {
    WebSockets lab;
    Browser ue(lab.at);
    ue.open();
    ue.tcp.send(frame(Opcode::text, kMessage));
    ue.next();

    SECTION("with a close frame") {
        ue.tcp.send(frame(Opcode::close, std::string("\x03\xE9", 2)));
        CHECK(code_of(ue.next()) == 1001);
    }
    SECTION("by half") { ::shutdown(ue.tcp.descriptor(), SHUT_WR); }
    SECTION("without a word") { ue.tcp.close(); }

    lab.running.node.await<ConnectionClosed>();
    CHECK(lab.running.node.count<ConnectionClosed>() == 1);
}

TEST_CASE("a message that is begun and not finished, and one that never comes, end it") {
    WebSockets lab(impatient());
    Browser ue(lab.at);
    ue.open();

    SECTION("a fragment") { ue.tcp.send(frame(Opcode::text, "MESS", {.final = false})); }
    SECTION("nothing") {}

    lab.running.node.await<ConnectionClosed>();
}

TEST_CASE("RFC 7118 §6: a silent UE is asked whether it is there, and its pong keeps it") {
    StreamLimits limits;
    limits.ping = milliseconds(20);
    limits.sweep = milliseconds(5);
    WebSockets lab(limits);
    Browser ue(lab.at);
    ue.open();

    for (int i = 0; i < 3; ++i) {
        REQUIRE(ue.next().opcode == Opcode::ping);
        ue.tcp.send(frame(Opcode::pong, ""));
    }
    ue.tcp.send(frame(Opcode::text, kMessage));
    lab.running.node.await<Arrived>();
}

TEST_CASE("the node closes: what was written goes out first, and a close frame behind it") {
    WebSockets lab;
    lab.running.node.on_event = [](const Event& event, Outbox& outbox, Time) {
        if (const auto* arrived = std::get_if<Arrived>(&event)) {
            outbox.emit(Send{arrived->flow, "one"});
            outbox.emit(Send{arrived->flow, "two"});
            outbox.emit(Close{arrived->flow});
        }
    };
    Browser ue(lab.at);
    ue.open();

    ue.tcp.send(frame(Opcode::text, kMessage));

    CHECK(ue.next().payload == "one");
    CHECK(ue.next().payload == "two");
    CHECK(code_of(ue.next()) == 1000);
}

TEST_CASE("secure WebSocket is the same inside TLS") {
    Certificates certificates;
    RunningLoop running;
    REQUIRE(running.loop.secure_with(certificates.files()));
    running.node.on_event = echo;
    const Address at = running.listen(Transport::wss);
    running.start();
    TlsPeer ue(at, certificates.authority_file());
    REQUIRE(ue.shake_hands());
    WebSocketReader<TlsPeer> reader(ue);

    ue.send(handshake());
    CHECK(reader.answer().find("Sec-WebSocket-Protocol: sip") != std::string::npos);
    ue.send(frame(Opcode::text, kMessage));

    CHECK(reader.frame().payload == kMessage);
    CHECK(running.node.await<Arrived>().flow.transport == Transport::wss);
}
