// XEP-0114: a component's stream to a server that the test plays, octet by octet: what a server of
// somebody else's cannot be made to do.
#include "hosts/xmpp/component_stream.h"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <vector>

#include "hosts/asio/sockaddr.h"

using namespace imslab;
using boost::asio::ip::tcp;

namespace {

constexpr std::chrono::seconds kDeadline{5};
const std::string kHeader =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
    "xmlns:stream='http://etherx.jabber.org/streams' id='3BF96D32' from='home.example'>";

struct Pair {
    explicit Pair(std::function<void(host::ComponentSettings&)> change = {})
        : acceptor(io, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)), peer(io) {
        host::ComponentSettings settings;
        settings.server = host::local_address_of(acceptor.native_handle());
        settings.from = settings.server.ip;
        settings.domain = "home.example";
        settings.secret = "test";
        settings.first_rest = std::chrono::milliseconds(1);
        if (change) change(settings);
        host::ComponentStream::Handlers handlers;
        handlers.on_open = [this] { ++opened; };
        handlers.on_closed = [this](std::string reason) { closed.push_back(std::move(reason)); };
        handlers.on_stanza = [this](xmpp::Element stanza) { stanzas.push_back(std::move(stanza)); };
        handlers.on_note = [this](LogLevel, const std::string& text) { notes.push_back(text); };
        handlers.on_message = [this](trace::Direction, const Flow&, std::string_view octets) {
            recorded.emplace_back(octets);
        };
        stream = std::make_shared<host::ComponentStream>(io, settings, std::move(handlers));
        stream->start();
    }
    ~Pair() {
        stream->stop();
        boost::system::error_code ignored;
        peer.close(ignored);
        io.restart();
        io.poll();
    }

    template <class Condition>
    bool until(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + kDeadline;
        while (!condition() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_one_for(std::chrono::milliseconds(50));
        }
        return condition();
    }
    void accept() {
        bool done = false;
        peer = tcp::socket(io);
        acceptor.async_accept(peer, [&](const boost::system::error_code&) { done = true; });
        REQUIRE(until([&] { return done; }));
        received.clear();
        listen();
    }
    void listen() {
        peer.async_read_some(boost::asio::buffer(buffer),
                             [this](const boost::system::error_code& error, std::size_t size) {
                                 if (error) return;
                                 received.append(buffer.data(), size);
                                 listen();
                             });
    }
    void says(const std::string& octets) { boost::asio::write(peer, boost::asio::buffer(octets)); }
    bool hears(const std::string& text) {
        return until([&] { return received.find(text) != std::string::npos; });
    }
    void becomes_open() {
        accept();
        REQUIRE(hears("to='home.example'>"));
        says(kHeader);
        REQUIRE(hears("<handshake>"));
        says("<handshake/>");
        const auto before = opened;
        REQUIRE(until([&] { return opened > before; }));
    }

    boost::asio::io_context io;
    tcp::acceptor acceptor;
    tcp::socket peer;
    std::array<char, 4'096> buffer{};
    std::string received;
    std::shared_ptr<host::ComponentStream> stream;
    unsigned opened = 0;
    std::vector<std::string> closed, notes, recorded;
    std::vector<xmpp::Element> stanzas;
};

}  // namespace

TEST_CASE("a component proves that it knows the secret, and stanzas pass both ways") {
    Pair pair;
    pair.accept();
    CHECK(pair.hears("xmlns='jabber:component:accept'"));
    CHECK_FALSE(pair.stream->send(xmpp::Element("message")));
    // However the octets are cut.
    for (const char octet : kHeader) pair.says(std::string(1, octet));
    // SHA-1 of "3BF96D32test".
    REQUIRE(pair.hears("<handshake>aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e</handshake>"));
    pair.says(
        "<handshake/><message from='romeo@xmpp.example/x' to='alice@home.example' "
        "xml:lang='en'><body>a &lt; b &#xFC;</body><c:composing "
        "xmlns:c='http://jabber.org/protocol/chatstates'/></message><unknown/> ");
    REQUIRE(pair.until([&] { return !pair.stanzas.empty(); }));
    CHECK(pair.opened == 1);
    const auto& stanza = pair.stanzas.front();
    CHECK(stanza.ns.empty());
    CHECK(stanza.get("xml:lang") == "en");
    CHECK(stanza.child("body")->text == "a < b \xC3\xBC");
    CHECK(stanza.child("composing", "http://jabber.org/protocol/chatstates") != nullptr);
    CHECK(pair.stream->send(stanza));
    CHECK(pair.hears("<composing xmlns='http://jabber.org/protocol/chatstates'/></message>"));
    CHECK(pair.recorded.size() == 2);
}

TEST_CASE("whoever is not let in says so once and tries again") {
    Pair pair;
    for (int i = 0; i < 3; ++i) {
        pair.accept();
        REQUIRE(pair.hears("<stream:stream"));
        pair.says(kHeader);
        REQUIRE(pair.hears("<handshake>"));
        pair.says(
            "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
            "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Given token does not match"
            "</text></stream:error></stream:stream>");
    }
    REQUIRE(pair.until([&] { return !pair.notes.empty(); }));
    CHECK(pair.notes.size() == 1);
    CHECK(pair.notes.front().find("not-authorized: Given token does not match") !=
          std::string::npos);
    CHECK(pair.closed.empty());
    CHECK(pair.opened == 0);
}

TEST_CASE("a server that goes and comes again is found again") {
    Pair pair;
    pair.becomes_open();
    pair.peer.close();
    REQUIRE(pair.until([&] { return pair.closed.size() == 1; }));
    CHECK_FALSE(pair.stream->send(xmpp::Element("message")));
    pair.becomes_open();
    CHECK(pair.opened == 2);
    CHECK(pair.stream->send(xmpp::Element("message")));
}

TEST_CASE("what is not XML, or never ends, ends the stream") {
    for (const std::string octets : {"<message></iq>",
                                     "<message>\xFF</message>",
                                     "<message a='1' ><body>&unknown;</body></message>",
                                     "<!DOCTYPE x [<!ENTITY y 'z'>]>"}) {
        Pair pair;
        pair.becomes_open();
        pair.says(octets);
        REQUIRE(pair.until([&] { return !pair.closed.empty(); }));
        CHECK(pair.closed.front() == "what it sends is not well-formed");
        CHECK(pair.stanzas.empty());
    }
    Pair pair([](host::ComponentSettings& settings) { settings.stanza_octets = 1'000; });
    pair.becomes_open();
    pair.says("<message><body>" + std::string(2'000, 'x'));
    REQUIRE(pair.until([&] { return !pair.closed.empty(); }));
    CHECK(pair.closed.front() == "it sends a stanza without an end");
}

TEST_CASE("a server that accepts and says nothing is given up after the limit") {
    Pair pair([](host::ComponentSettings& settings) {
        settings.handshake_limit = std::chrono::milliseconds(20);
    });
    pair.accept();
    REQUIRE(pair.until([&] { return !pair.notes.empty(); }));
    CHECK(pair.notes.front().find("no stream in time") != std::string::npos);
    pair.becomes_open();
}

TEST_CASE("a server that reads nothing is told no more than the bound") {
    Pair pair([](host::ComponentSettings& settings) { settings.waiting_octets = 100'000; });
    pair.becomes_open();
    xmpp::Element message("message");
    message.add(xmpp::Element("body", {}, std::string(50'000, 'x')));
    int taken = 0;
    while (taken < 10'000 && pair.stream->send(message)) ++taken;  // nobody reads: io does not run
    CHECK(taken < 10);
    CHECK(pair.hears("</body></message>"));
}
