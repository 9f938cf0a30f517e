// Cx as a peer of another make sees it: octets on a TCP connection. freeDiameter has the
// capabilities, the watchdog and what is not ours; the event loop has the rest.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "diameter/cx_codec.h"
#include "diameter/message.h"
#include "tests/unit/hosts/node_process.h"
#include "tests/unit/hosts/running_loop.h"

using namespace imslab;
using namespace imslab::host;
using diameter::Avp;
using nlohmann::json;

namespace {

constexpr std::uint32_t kCapabilities = 257, kWatchdog = 280, kUserAuthorization = 300;
constexpr std::uint32_t kOriginHost = 264, kOriginRealm = 296, kResultCode = 268;

// The HSS of these tests; who connects is "scscf.home.test".
class Hss {
public:
    Hss() : at(Peer(SOCK_STREAM, "127.0.77.41").local()) {
        process = std::make_unique<NodeProcess>(
            std::string(IMSLAB_BINARY_DIR) + "/cx_peer",
            json{{"node", "hss"},
                 {"kind", "answerer"},
                 {"addresses", {{"Cx", at.to_string()}}},
                 {"diameter", {{"identity", "hss.home.test"}, {"realm", "home.test"}}}});
        REQUIRE(process->await_ready());
    }

    const Address at;
    std::unique_ptr<NodeProcess> process;
};

diameter::Message base_request(std::uint32_t command) {
    diameter::Message message;
    message.command = command;
    message.request = true;
    message.proxiable = false;
    message.hop_by_hop = 7;
    message.end_to_end = 7;
    message.avps = {Avp::text(kOriginHost, 0, "scscf.home.test"),
                    Avp::text(kOriginRealm, 0, "home.test")};
    return message;
}

std::string capabilities_request() {
    auto message = base_request(kCapabilities);
    message.avps.push_back(Avp::text(257, 0, std::string("\0\1\x7f\0\x4d\x1f", 6)));
    message.avps.push_back(Avp::number(266, 0, 0));
    message.avps.push_back(Avp::text(269, 0, "test", false));
    message.avps.push_back(Avp::of(260,
                                   0,
                                   {Avp::number(266, 0, diameter::kVendor3gpp),
                                    Avp::number(258, 0, diameter::kApplicationCx)}));
    return diameter::encode(message);
}

std::string user_authorization_request(std::uint32_t hop_by_hop,
                                       const std::string& realm = "home.test") {
    cx::UserAuthorizationRequest uar;
    uar.private_identity = "alice@home.test";
    uar.public_identity = "sip:alice@home.test";
    uar.visited_network = "home.test";
    auto message = cx::to_message(
        cx::Request(uar),
        diameter::Envelope{"scscf.home.test;1;1", "scscf.home.test", "home.test", {}, realm});
    message.hop_by_hop = hop_by_hop;
    message.end_to_end = hop_by_hop;
    return diameter::encode(message);
}

// A Diameter peer made of a socket.
class WirePeer {
public:
    explicit WirePeer(const Hss& hss) : socket_(SOCK_STREAM, "127.0.77.31") {
        socket_.connect(hss.at);
        const int on = 1;
        ::setsockopt(socket_.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }

    void open() { REQUIRE(is_accepted()); }
    bool is_accepted() {
        if (!send(capabilities_request())) return false;
        const auto answer = receive();
        return answer && answer->command == kCapabilities && !answer->request &&
               answer->find(kResultCode)->as_number() == 2001;
    }
    bool send(std::string_view octets) { return socket_.send(octets); }
    // nullopt: the end, or nothing within five seconds.
    std::optional<diameter::Message> receive() {
        for (;;) {
            if (received_.size() >= 4) {
                const auto octet = [&](std::size_t i) {
                    return std::size_t{static_cast<std::uint8_t>(received_[i])};
                };
                const auto length = octet(1) << 16U | octet(2) << 8U | octet(3);
                if (received_.size() >= length) {
                    auto message = diameter::decode(received_.substr(0, length));
                    received_.erase(0, length);
                    REQUIRE(message);
                    return std::move(*message);
                }
            }
            const auto more = socket_.receive();
            if (more.empty()) return std::nullopt;
            received_ += more;
        }
    }

private:
    Peer socket_;
    std::string received_;
};

}  // namespace

TEST_CASE("a request that comes octet by octet is answered once it is whole") {
    Hss hss;
    WirePeer peer(hss);
    peer.open();
    for (const char octet : user_authorization_request(5)) peer.send({&octet, 1});

    const auto answer = peer.receive();
    REQUIRE(answer);
    CHECK(answer->command == kUserAuthorization);
    CHECK(!answer->request);
    CHECK(answer->hop_by_hop == 5);
    CHECK(hss.process->stop() == 0);
}

TEST_CASE("requests of one segment, and the watchdog among them, are all answered") {
    Hss hss;
    WirePeer peer(hss);
    peer.open();
    std::string octets;
    for (std::uint32_t i = 100; i < 200; ++i) octets += user_authorization_request(i);
    octets += diameter::encode(base_request(kWatchdog));
    for (std::uint32_t i = 200; i < 300; ++i) octets += user_authorization_request(i);
    peer.send(octets);

    std::uint32_t next = 100;
    bool watchdog = false;
    for (int i = 0; i < 201; ++i) {
        const auto answer = peer.receive();
        REQUIRE(answer);
        if (answer->command == kWatchdog) {
            watchdog = true;  // from freeDiameter, when it comes to it
        } else {
            CHECK(answer->hop_by_hop == next++);
        }
    }
    CHECK(watchdog);
    CHECK(hss.process->stop() == 0);
}

TEST_CASE("a peer that asks much before it reads gets all its answers, in order") {
    constexpr std::uint32_t kMany = 30'000;
    Hss hss;
    WirePeer peer(hss);
    peer.open();
    std::string octets;
    for (std::uint32_t i = 0; i < kMany; ++i) octets += user_authorization_request(i);
    REQUIRE(peer.send(octets));

    for (std::uint32_t i = 0; i < kMany; ++i) {
        const auto answer = peer.receive();
        REQUIRE(answer);
        if (answer->hop_by_hop != i) FAIL("answer " << answer->hop_by_hop << " in place of " << i);
    }
    CHECK(hss.process->stop() == 0);
}

TEST_CASE("RFC 6733 §6.1.4: a request for another realm is freeDiameter's to refuse") {
    Hss hss;
    WirePeer peer(hss);
    peer.open();
    peer.send(user_authorization_request(9, "elsewhere.test"));

    const auto answer = peer.receive();
    REQUIRE(answer);
    CHECK(answer->error);
    CHECK(answer->hop_by_hop == 9);
    CHECK(answer->find(kResultCode)->as_number() == 3002);
    CHECK(hss.process->stop() == 0);
}

TEST_CASE("Cx before the capabilities were exchanged is not answered as Cx") {
    Hss hss;
    WirePeer peer(hss);
    peer.send(user_authorization_request(1));
    CHECK(!peer.receive());
    CHECK(hss.process->stop() == 0);
    CHECK(hss.process->report()["answered"] == 0);
}

TEST_CASE("what is no Diameter ends its connection and no other") {
    Hss hss;
    {
        WirePeer peer(hss);
        peer.open();
        peer.send("REGISTER sip:home.test SIP/2.0\r\n\r\n");
        while (const auto message = peer.receive()) CHECK(message->application == 0);
    }
    CHECK(hss.process->await_log("what came is no Diameter message"));
    // Until freeDiameter has seen the old connection end it takes no second one from this peer:
    // like any peer we try again.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::optional<WirePeer> anew;
    do {
        anew.emplace(hss);
    } while (!anew->is_accepted() && std::chrono::steady_clock::now() < deadline);
    WirePeer& again = *anew;
    again.send(user_authorization_request(3));
    // RFC 3539 §3.4.1: after a failure freeDiameter's watchdog tries the connection first.
    auto answer = again.receive();
    while (answer && answer->request) answer = again.receive();
    REQUIRE(answer);
    CHECK(answer->hop_by_hop == 3);
    CHECK(hss.process->stop() == 0);
}
