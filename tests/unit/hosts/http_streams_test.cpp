// What a server tells without being asked: answers that come later, events, WebSockets; and who is
// told that a client has left.
#include "http/push.h"
#include "tests/unit/hosts/http_serving.h"

using namespace imslab;
using namespace imslab::host;
using std::chrono::milliseconds;

namespace {

const std::string kGet = " HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string kUpgrade =
    "GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// "/later" waits until "/now" comes; "/events" and "/socket" are streams; "/tell?…" is pushed on
// the last one, "/end" ends it.
struct Telling {
    std::optional<AskId> waiting;
    std::optional<Flow> stream;

    void operator()(const Event& event, Outbox& outbox, Time) {
        if (const auto* heard = std::get_if<Arrived>(&event))
            return outbox.emit(Send{heard->flow, "you said " + heard->bytes});
        const auto* asked = std::get_if<Asked>(&event);
        if (asked == nullptr) return;
        const auto& request = std::any_cast<const http::Request&>(asked->request);
        const auto& target = request.target;
        if (target == "/later") {
            waiting = asked->id;
            return;
        }
        if (target == "/events" || target == "/socket") {
            stream = request.flow;
            outbox.emit(
                Reply{asked->id, target == "/events" ? http::event_stream() : http::web_socket()});
            return outbox.emit(Send{*stream, http::event_text("", "", "welcome")});
        }
        if (target == "/now" && waiting)
            outbox.emit(Reply{*waiting, http::Response::of(200, "text/plain", "at last")});
        if (target.starts_with("/tell?")) outbox.emit(Send{*stream, target.substr(6)});
        if (target == "/end") outbox.emit(Close{*stream});
        outbox.emit(Reply{asked->id, http::Response::of(204)});
    }
};

struct Streaming : Serving {
    explicit Streaming(HttpLimits limits = {}) : Serving(limits) {
        running.loop.inbox().run([this] { running.node.on_event = Telling(); });
    }
    void ask(const std::string& target) {
        auto client = connected(at);
        client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        CHECK(status_of(client.receive_all()) == 204);
    }
};

template <class From>
std::string until(From& peer, const std::string& end) {
    std::string bytes;
    while (bytes.find(end) == std::string::npos) {
        const auto more = peer.receive();
        if (more.empty()) break;
        bytes += more;
    }
    return bytes;
}

}  // namespace

TEST_CASE("HTTP: an answer may come much later, and what was asked meanwhile after it") {
    HttpLimits limits;
    limits.unfinished = limits.idle = milliseconds(30);
    limits.sweep = milliseconds(5);
    Streaming lab(limits);
    auto client = connected(lab.at);

    client.send("GET /later" + kGet + "GET /tell" + kGet);
    lab.running.node.await<Asked>();
    lab.ask("/now");

    const auto both = until(client, "204 No Content");
    CHECK(status_of(both) == 200);
    CHECK(both.find("at lastHTTP/1.1 204 No Content") != std::string::npos);
}

TEST_CASE("HTTP: the node hears of a client that waits no longer for its answer") {
    Streaming lab;
    auto client = connected(lab.at);
    client.send("GET /later" + kGet);
    const auto asked = lab.running.node.await<Asked>();

    client.close();

    const auto closed = lab.running.node.await<ConnectionClosed>();
    CHECK(closed.flow == std::any_cast<http::Request>(asked.request).flow);
    lab.ask("/now");  // an answer that nobody gets harms nobody
}

TEST_CASE("HTTP: server-sent events, a chunk each, until the node ends them") {
    Streaming lab;
    auto client = connected(lab.at);
    client.send("GET /events" + kGet);

    const auto head = until(client, "welcome\n\n\r\n");
    CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(head.find("Content-Length") == std::string::npos);
    CHECK(head.ends_with("\r\n\r\nf\r\ndata: welcome\n\n\r\n"));
    CHECK(lab.server.streams() == 1);

    lab.ask("/tell?data:1");
    CHECK(client.receive_exactly(11) == "6\r\ndata:1\r\n");
    lab.ask("/end");
    CHECK(client.receive_all() == "0\r\n\r\n");
}

TEST_CASE("HTTP: the node hears that a stream has ended") {
    Streaming lab;
    auto client = connected(lab.at);
    client.send("GET /events" + kGet);
    until(client, "welcome");

    client.close();

    CHECK(lab.running.node.await<ConnectionClosed>().flow.local == lab.at);
    lab.ask("/tell?1");
}

TEST_CASE("HTTP: who reads more slowly than things happen is left, and the node told") {
    HttpLimits limits;
    limits.pushed_octets = 100'000;
    Streaming lab(limits);
    auto client = connected(lab.at);
    client.send("GET /events" + kGet);
    until(client, "welcome");

    const std::string much(6'000, 'x');
    for (int i = 0; i < 3'000 && lab.running.node.count<ConnectionClosed>() == 0; ++i)
        lab.ask("/tell?" + much);

    CHECK(lab.running.node.await<ConnectionClosed>().reason == "reads too slowly");
}

TEST_CASE(
    "HTTP: a stream on which nothing happens is kept, and says now and then that it is there") {
    HttpLimits limits;
    limits.idle = limits.unfinished = milliseconds(10);
    limits.ping = milliseconds(20);
    limits.sweep = milliseconds(5);
    Streaming lab(limits);
    auto client = connected(lab.at);
    client.send("GET /events" + kGet);
    until(client, "welcome\n\n\r\n");
    CHECK(client.receive_exactly(16) == "3\r\n:\n\n\r\n3\r\n:\n\n\r\n");
}

TEST_CASE("HTTP: more streams than there may be are refused") {
    HttpLimits limits;
    limits.streams = 1;
    Streaming lab(limits);
    auto first = connected(lab.at);
    first.send("GET /events" + kGet);
    until(first, "welcome");
    auto second = connected(lab.at);
    second.send("GET /events" + kGet);
    CHECK(status_of(second.receive_all()) == 503);
    CHECK(lab.running.node.await<ConnectionClosed>().reason == "no stream");
}

TEST_CASE("HTTP: no stream for whom it was not made") {
    Streaming lab;
    SECTION("chunks are not HTTP/1.0's") {
        auto client = connected(lab.at);
        client.send("GET /events HTTP/1.0\r\n\r\n");
        CHECK(status_of(client.receive_all()) == 400);
    }
    SECTION("a WebSocket needs one who asks for it") {
        auto client = connected(lab.at);
        client.send("GET /socket HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        CHECK(status_of(client.receive_all()) == 400);
    }
}

TEST_CASE("RFC 6455: a connection becomes a WebSocket, text goes both ways, either end closes it") {
    Streaming lab;
    auto tcp = connected(lab.at);
    WebSocketReader<Peer> client(tcp);
    tcp.send(kUpgrade);
    const auto head = client.answer();
    CHECK(head.starts_with("HTTP/1.1 101 "));
    CHECK(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos); 
    CHECK(client.frame().payload == "data: welcome\n\n");

    tcp.send(frame(Opcode::text, "hello"));
    CHECK(client.frame().payload == "you said hello");
    CHECK(lab.running.node.await<Arrived>().flow.local == lab.at);

    SECTION("the node") {
        lab.ask("/end");
        CHECK(client.frame().opcode == Opcode::close);
    }
    SECTION("the client") {
        tcp.send(frame(Opcode::close, std::string("\x03\xE8", 2)));
        CHECK(client.frame().opcode == Opcode::close);
        lab.running.node.await<ConnectionClosed>();
    }
    SECTION("who says too much at once") {
        tcp.send(frame(Opcode::text, std::string(20'000, 'x')));
        lab.running.node.await<ConnectionClosed>();
    }
}

TEST_CASE("RFC 6455: who answers no ping is gone") {
    HttpLimits limits;
    limits.ping = milliseconds(20);
    limits.sweep = milliseconds(5);
    Streaming lab(limits);
    auto tcp = connected(lab.at);
    WebSocketReader<Peer> client(tcp);
    tcp.send(kUpgrade);
    client.answer();
    CHECK(client.frame().opcode == Opcode::text);
    CHECK(client.frame().opcode == Opcode::ping);
    CHECK(lab.running.node.await<ConnectionClosed>().reason == "no answer to a ping");
}

TEST_CASE("RFC 6455 inside TLS") {
    Streaming lab;
    TlsPeer tls(lab.secure_at, lab.certificates.authority_file());
    REQUIRE(tls.shake_hands());
    WebSocketReader<TlsPeer> client(tls);
    tls.send(kUpgrade);
    CHECK(client.answer().starts_with("HTTP/1.1 101 "));
    CHECK(client.frame().payload == "data: welcome\n\n");
    tls.send(frame(Opcode::text, "hello"));
    CHECK(client.frame().payload == "you said hello");
}
