// Server transactions as call flows: RFC 3261 §17.2, §18.2 and §9.2 with RFC 6026 and RFC 3581.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/transaction_fixture.h"

using namespace imslab;
using test::at;
using test::RequestText;
using test::sent;
using Texts = std::vector<std::string>;
using Times = std::vector<std::int64_t>;

namespace {

const Flow kFromAlice = test::udp("127.1.1.1", "127.1.100.1");
const Flow kFromPeer = test::udp("127.1.1.2", "127.1.2.1");
const Flow kStream = test::tcp("127.1.1.1", "127.1.100.1:40001", 7);

struct Server : test::TransactionFixture {
    explicit Server(std::size_t max_transactions = 1000)
        : TransactionFixture(config(max_transactions)) {}

    static sip::Transactions::Config config(std::size_t max_transactions) {
        sip::Transactions::Config config;
        config.max_transactions = max_transactions;
        config.timers = [](const Flow& flow) {
            return flow.local == kFromAlice.local ? sip::Timers::towards_ue()
                                                  : sip::Timers::network();
        };
        return config;
    }
    bool respond(int status, const std::string& to_tag = "b1") {
        const auto* request = transactions.request_of(user.server);
        return transactions.respond(
            user.server, test::answer(request ? *request : *user.request, status, to_tag));
    }
};

RequestText from_peer(const std::string& method) {
    return RequestText{.method = method, .sent_by = "127.1.2.1:5060", .branch = "z9hG4bK-peer-1"};
}

}  // namespace

TEST_CASE(
    "Given an INVITE, then 100 goes out at once, and a repetition brings the latest provisional "
    "response") {
    Server server;
    server.arrive(from_peer("INVITE"), kFromPeer);
    CHECK(server.user.take() == Texts{"request INVITE"});
    CHECK(server.sent_now() == Texts{"100 INVITE"});
    server.arrive(from_peer("INVITE"), kFromPeer);
    CHECK(server.sent_now() == Texts{"100 INVITE"});
    CHECK(server.respond(180));
    CHECK(server.sent_now() == Texts{"180 INVITE"});
    server.arrive(from_peer("INVITE"), kFromPeer);
    CHECK(server.sent_now() == Texts{"180 INVITE"});
    CHECK(server.user.take().empty());
}

TEST_CASE("Timer G doubles up to T2, Timer H ends it after 64*T1 without an ACK") {
    Server server;
    SECTION("between network nodes") {
        server.arrive(from_peer("INVITE"), kFromPeer);
        CHECK(server.respond(486));
        CHECK(server.send_times(40'000) ==
              Times{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500});
    }
    SECTION("towards a UE") {
        server.arrive(RequestText{}, kFromAlice);
        CHECK(server.respond(486));
        CHECK(server.send_times(130'000) ==
              Times{2000, 6000, 14000, 30000, 46000, 62000, 78000, 94000, 110000, 126000});
    }
    CHECK(server.user.take() == Texts{"request INVITE", "ended"});
    CHECK(server.transactions.size() == 0);
}

TEST_CASE(
    "Given a 486, when its ACK comes, then nothing is repeated and Timer I absorbs more ACKs for "
    "T4") {
    Server server;
    server.arrive(from_peer("INVITE"), kFromPeer);
    CHECK(server.respond(486));
    CHECK_FALSE(server.respond(200));
    CHECK_FALSE(server.respond(486));
    (void)sent(server.outbox);
    auto ack = from_peer("ACK");
    ack.to_tag = "b1";
    server.now = at(200);
    server.arrive(ack, kFromPeer);
    server.arrive(ack, kFromPeer);
    server.arrive(from_peer("INVITE"), kFromPeer);
    CHECK(server.send_times(5'199).empty());
    CHECK(server.user.take() == Texts{"request INVITE"});
    CHECK(server.transactions.size() == 1);
    server.run_until(5'200);
    CHECK(server.user.take() == Texts{"ended"});
    CHECK(server.transactions.size() == 0);
}

TEST_CASE(
    "Timer I lasts 17 s at a UE and no time on a stream; Timer G does not run on a stream, Timer H "
    "does") {
    Server server;
    SECTION("UE") {
        server.arrive(RequestText{}, kFromAlice);
        CHECK(server.respond(486));
        server.arrive(RequestText{.method = "ACK", .to_tag = "b1"}, kFromAlice);
        server.run_until(16'999);
        CHECK(server.transactions.size() == 1);
        server.run_until(17'000);
        CHECK(server.transactions.size() == 0);
    }
    SECTION("stream") {
        server.arrive(RequestText{.transport = "TCP"}, kStream);
        CHECK(server.respond(486));
        CHECK(server.send_times(100'000).empty());
        server.arrive(RequestText{.method = "ACK", .transport = "TCP", .to_tag = "b1"}, kStream);
        CHECK(server.transactions.size() == 0);
    }
    SECTION("stream without an ACK") {
        server.arrive(RequestText{.transport = "TCP"}, kStream);
        CHECK(server.respond(486));
        CHECK(server.send_times(128'000).empty());
        CHECK(server.transactions.size() == 0);
    }
}

TEST_CASE(
    "RFC 6026: after a 2xx the INVITE is absorbed, more 2xx pass, ACKs go up, Timer L ends it") {
    Server server;
    server.arrive(from_peer("INVITE"), kFromPeer);
    CHECK(server.respond(200));
    (void)sent(server.outbox);
    server.arrive(from_peer("INVITE"), kFromPeer);
    CHECK(server.sent_now().empty());
    CHECK(server.respond(200, "b2"));
    CHECK(server.sent_now() == Texts{"200 INVITE"});
    CHECK_FALSE(server.respond(486));
    CHECK_FALSE(server.respond(180));
    server.arrive(from_peer("ACK"), kFromPeer);
    CHECK(server.user.take() == Texts{"request INVITE", "ack"});
    CHECK(server.send_times(31'999).empty());
    CHECK(server.transactions.size() == 1);
    server.run_until(32'000);
    CHECK(server.user.take() == Texts{"ended"});
    CHECK(server.transactions.size() == 0);
}

TEST_CASE("Timer L runs on a stream too") {
    Server server;
    server.arrive(RequestText{.transport = "TCP"}, kStream);
    CHECK(server.respond(200));
    server.run_until(127'999);
    CHECK(server.transactions.size() == 1);
    server.run_until(128'000);
    CHECK(server.transactions.size() == 0);
}

TEST_CASE(
    "Given a MESSAGE, then repetitions are silent in trying and bring the final response in "
    "completed") {
    Server server;
    server.arrive(from_peer("MESSAGE"), kFromPeer);
    server.arrive(from_peer("MESSAGE"), kFromPeer);
    CHECK(server.sent_now().empty());
    CHECK(server.user.take() == Texts{"request MESSAGE"});
    CHECK(server.respond(202));
    CHECK_FALSE(server.respond(200));
    CHECK(server.transactions.request_of(server.user.server) == nullptr);
    (void)sent(server.outbox);
    server.arrive(from_peer("MESSAGE"), kFromPeer);
    CHECK(server.sent_now() == Texts{"202 MESSAGE"});
    SECTION("Timer J keeps it for 64*T1") {
        server.run_until(31'999);
        CHECK(server.transactions.size() == 1);
        server.run_until(32'000);
        CHECK(server.transactions.size() == 0);
        CHECK(server.user.take() == Texts{"ended"});
        server.arrive(from_peer("MESSAGE"), kFromPeer);
        CHECK(server.user.take() == Texts{"request MESSAGE"});
    }
}

TEST_CASE("RFC 4320 §4.1: what is not answered in time for T2 is answered 100") {
    Server server;
    SECTION("between network nodes, after 3.5 s") {
        server.arrive(from_peer("MESSAGE"), kFromPeer);
        server.run_until(3'499);
        server.arrive(from_peer("MESSAGE"), kFromPeer);
        CHECK(server.sent_now().empty());
        server.run_until(3'500);
    }
    SECTION("towards a UE, after 14 s") {
        server.arrive(RequestText{.method = "MESSAGE"}, kFromAlice);
        server.run_until(13'999);
        CHECK(server.sent_now().empty());
        server.run_until(14'000);
        CHECK(server.sent_now() == Texts{"100 MESSAGE"});
        server.arrive(RequestText{.method = "MESSAGE"}, kFromAlice);
    }
    CHECK(server.sent_now() == Texts{"100 MESSAGE"});
    CHECK(server.respond(200));
    CHECK(server.sent_now() == Texts{"200 MESSAGE"});
    server.run_until(200'000);
    CHECK(server.sent_now().empty());
    CHECK(server.transactions.size() == 0);
    CHECK(server.user.take() == Texts{"request MESSAGE", "ended"});
}

TEST_CASE("Timer J is 128 s at a UE and zero on a stream") {
    Server server;
    SECTION("UE") {
        server.arrive(RequestText{.method = "REGISTER"}, kFromAlice);
        CHECK(server.respond(200));
        server.run_until(127'999);
        CHECK(server.transactions.size() == 1);
        server.run_until(128'000);
    }
    SECTION("stream") {
        server.arrive(RequestText{.method = "REGISTER", .transport = "TCP"}, kStream);
        CHECK(server.respond(200));
        CHECK(server.transactions.next_deadline() == server.now);
        server.run_until(0);
    }
    CHECK(server.transactions.size() == 0);
}

TEST_CASE("The key is branch, sent-by and method") {
    Server server;
    server.arrive(from_peer("MESSAGE"), kFromPeer);
    (void)server.user.take();
    auto other = from_peer("MESSAGE");
    SECTION("another branch") { other.branch = "z9hG4bK-peer-2"; }
    SECTION("another sent-by") { other.sent_by = "127.1.2.1:5061"; }
    SECTION("another method") { other.method = "OPTIONS"; }
    server.arrive(other, kFromPeer);
    CHECK(server.user.take().size() == 1);
    CHECK(server.transactions.size() == 2);
}

TEST_CASE(
    "RFC 2543: without the cookie a request is known by its Request-URI, tags, Call-ID, CSeq and "
    "top Via") {
    Server server;
    auto invite = from_peer("INVITE");
    SECTION("a branch of another kind") { invite.branch = "old-branch"; }
    SECTION("no branch at all") { invite.branch = ""; }
    server.arrive(invite, kFromPeer);
    server.arrive(invite, kFromPeer);
    CHECK(server.user.take() == Texts{"request INVITE"});
    CHECK(server.sent_now() == Texts{"100 INVITE", "100 INVITE"});
    auto next = invite;
    next.cseq = 2;
    server.arrive(next, kFromPeer);
    CHECK(server.user.take() == Texts{"request INVITE"});
    CHECK(server.respond(486));
    auto ack = next;
    ack.method = "ACK";
    ack.to_tag = "b1";
    server.arrive(ack, kFromPeer);
    CHECK(server.user.take().empty());
    auto cancel = invite;
    cancel.method = "CANCEL";
    server.arrive(cancel, kFromPeer);
    CHECK(server.user.take() == Texts{"cancel"});
}

TEST_CASE("RFC 3261 §18.2, RFC 3581: where the answer goes") {
    Server server;
    auto request = RequestText{.method = "MESSAGE"};
    const Flow from = test::udp("127.1.1.2", "127.1.100.1:40000");
    SECTION("to the sent-by's port, though the request came from another") {
        server.arrive(request, from);
        CHECK(server.respond(200));
        const auto all = sent(server.outbox);
        CHECK(all.back().flow.remote.to_string() == "127.1.100.1:5060");
        CHECK_FALSE(sip::top_via(all.back().message)->params.has("received"));
    }
    SECTION("to where it came from, if rport asks for it") {
        request.via_params = ";rport";
        server.arrive(request, from);
        CHECK(server.respond(200));
        const auto all = sent(server.outbox);
        CHECK(all.back().flow.remote.to_string() == "127.1.100.1:40000");
        CHECK(sip::top_via(all.back().message)->params.get("rport") == "40000");
        CHECK(sip::top_via(all.back().message)->params.get("received") == "127.1.100.1");
    }
    SECTION("to the source address, if the sent-by is a name") {
        request.sent_by = "phone.example:5070";
        server.arrive(request, from);
        CHECK(server.respond(200));
        const auto all = sent(server.outbox);
        CHECK(all.back().flow.remote.to_string() == "127.1.100.1:5070");
        CHECK(sip::top_via(all.back().message)->params.get("received") == "127.1.100.1");
    }
    SECTION("to the source address, if the sent-by is another's, whatever received claims") {
        request.sent_by = "127.9.9.9";
        request.via_params = ";received=127.8.8.8";
        server.arrive(request, from);
        CHECK(server.respond(200));
        const auto all = sent(server.outbox);
        CHECK(all.back().flow.remote.to_string() == "127.1.100.1:5060");
        CHECK(sip::top_via(all.back().message)->params.get("received") == "127.1.100.1");
    }
}

TEST_CASE(
    "Over a stream the answer takes the connection of the request, and once that broke one to the "
    "sent-by") {
    Server server;
    server.arrive(RequestText{.method = "MESSAGE", .transport = "TCP"}, kStream);
    SECTION("it stands") {
        CHECK(server.respond(200));
        CHECK(sent(server.outbox).back().flow == kStream);
    }
    SECTION("it broke") {
        server.transactions.on_connection_closed(ConnectionClosed{kStream, "reset"}, server.now);
        CHECK(server.respond(200));
        const auto all = sent(server.outbox);
        CHECK(all.back().flow.connection == 0);
        CHECK(all.back().flow.remote.to_string() == "127.1.100.1:5060");
    }
}

TEST_CASE("Given a pending INVITE, when CANCEL comes, then 200 to it, and the user answers 487") {
    Server server;
    server.arrive(from_peer("INVITE"), kFromPeer);
    (void)sent(server.outbox);
    server.arrive(from_peer("CANCEL"), kFromPeer);
    CHECK(server.user.take() == Texts{"request INVITE", "cancel"});
    auto all = sent(server.outbox);
    REQUIRE(all.size() == 1);
    CHECK(all.front().summary() == "200 CANCEL");
    CHECK(sip::to_tag(all.front().message) == server.transactions.tag_of(server.user.server));
    server.arrive(from_peer("CANCEL"), kFromPeer);
    CHECK(server.sent_now() == Texts{"200 CANCEL"});
    CHECK(server.user.take().empty());
    CHECK(server.respond(487));
    CHECK(server.sent_now() == Texts{"487 INVITE"});
}

TEST_CASE("A CANCEL after the final response changes nothing; one for nothing is answered 481") {
    Server server;
    server.arrive(from_peer("INVITE"), kFromPeer);
    CHECK(server.respond(200));
    (void)sent(server.outbox);
    (void)server.user.take();
    server.arrive(from_peer("CANCEL"), kFromPeer);
    CHECK(server.sent_now() == Texts{"200 CANCEL"});
    auto stray = from_peer("CANCEL");
    stray.branch = "z9hG4bK-peer-9";
    server.arrive(stray, kFromPeer);
    CHECK(server.sent_now() == Texts{"481 CANCEL"});
    CHECK(server.user.take().empty());
}

TEST_CASE("An ACK that matches nothing is the user's") {
    Server server;
    server.arrive(from_peer("ACK"), kFromPeer);
    CHECK(server.user.take() == Texts{"ack"});
    CHECK(server.sent_now().empty());
}

TEST_CASE(
    "When all transactions are taken, then 503 with Retry-After, no state, and its ACK ends here") {
    Server server(1);
    server.arrive(from_peer("MESSAGE"), kFromPeer);
    auto invite = from_peer("INVITE");
    invite.branch = "z9hG4bK-peer-2";
    server.arrive(invite, kFromPeer);
    const auto all = sent(server.outbox);
    REQUIRE(all.size() == 1);
    CHECK(all.front().summary() == "503 INVITE");
    CHECK(all.front().message.has(sip::HeaderId::retry_after));
    CHECK(server.transactions.size() == 1);
    auto ack = invite;
    ack.method = "ACK";
    ack.to_tag = std::string(*sip::to_tag(all.front().message));
    server.arrive(ack, kFromPeer);
    CHECK(server.user.take() == Texts{"request MESSAGE"});
}

TEST_CASE("What cannot be parsed is answered with the reason, or dropped, and told") {
    Server server;
    SECTION("a request whose CSeq names another method") {
        auto text = from_peer("MESSAGE").to_string();
        text.replace(text.find("1 MESSAGE"), 9, "1 OPTIONS");
        server.arrive(text, kFromPeer);
        const auto all = sent(server.outbox);
        REQUIRE(all.size() == 1);
        CHECK(all.front().message.status() == 400);
        CHECK(all.front().message.reason() == server.user.malformed);
        CHECK(all.front().flow.remote == kFromPeer.remote);
    }
    SECTION("garbage") {
        server.arrive(std::string("no such thing\r\n\r\n"), kFromPeer);
        CHECK(server.sent_now().empty());
    }
    SECTION("an ACK with a broken CSeq") {
        auto text = from_peer("ACK").to_string();
        text.replace(text.find("1 ACK"), 5, "x ACK");
        server.arrive(text, kFromPeer);
        CHECK(server.sent_now().empty());
    }
    SECTION("a response with a broken CSeq") {
        auto text =
            test::answer(test::parsed(from_peer("MESSAGE").to_string()), 200, "b1").to_bytes();
        text.replace(text.find("1 MESSAGE"), 1, "x");
        server.arrive(text, kFromPeer);
        CHECK(server.sent_now().empty());
    }
    CHECK(server.user.take() == Texts{"malformed"});
    CHECK(server.transactions.size() == 0);
}

TEST_CASE("A stream that cannot be framed any more is answered on its connection") {
    Server server;
    auto text = RequestText{.method = "MESSAGE", .transport = "TCP"}.to_string();
    text.erase(text.find("Content-Length"));
    text += "\r\n";
    server.transactions.on_unframeable(Unframeable{kStream, text, "no Content-Length on a stream"},
                                       server.now);
    const auto all = sent(server.outbox);
    REQUIRE(all.size() == 1);
    CHECK(all.front().message.status() == 400);
    CHECK(all.front().message.reason() == "no Content-Length on a stream");
    CHECK(all.front().flow == kStream);
}

TEST_CASE("Ids are not given twice") {
    Server server;
    server.arrive(from_peer("MESSAGE"), kFromPeer);
    const auto first = server.user.server;
    CHECK(server.respond(200));
    server.run_until(40'000);
    server.arrive(from_peer("MESSAGE"), kFromPeer);
    CHECK(server.user.server != first);
    CHECK_FALSE(server.transactions.respond(first, test::answer(*server.user.request, 200, "b1")));
    CHECK(server.transactions.flow_of(first) == nullptr);
    CHECK(server.transactions.flow_of(server.user.server) != nullptr);
}

TEST_CASE("The state shows kind, method, state, branch and age") {
    Server server;
    server.arrive(from_peer("INVITE"), kFromPeer);
    server.now = at(1500);
    server.transactions.on_time(server.now);
    const auto state = server.transactions.state();
    CHECK(state["server_transactions"] == 1);
    const auto& shown = state["transactions"].at(0);
    CHECK(shown["kind"] == "INVITE server");
    CHECK(shown["method"] == "INVITE");
    CHECK(shown["state"] == "proceeding");
    CHECK(shown["branch"] == "z9hG4bK-peer-1");
    CHECK(shown["age_ms"] == 1500);
}

TEST_CASE("A hundred thousand transactions come and go, and the table forgets none") {
    Server server(1'000'000);
    for (int i = 0; i < 100'000; ++i) {
        auto request = from_peer("MESSAGE");
        request.branch = "z9hG4bK-" + std::to_string(i);
        server.now = at(i);
        server.transactions.on_time(server.now);
        server.arrive(request, kFromPeer);
        server.respond(200);
        if (i % 1000 == 999) {
            request.branch = "z9hG4bK-" + std::to_string(i - 900);
            (void)server.user.take();
            server.arrive(request, kFromPeer);
            CHECK(server.user.take().empty());
            (void)sent(server.outbox);
        }
    }
    CHECK(server.transactions.size() == 32'000);
    server.run_until(200'000);
    CHECK(server.transactions.size() == 0);
}
