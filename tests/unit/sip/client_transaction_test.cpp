// Client transactions as call flows: RFC 3261 §17.1 with RFC 6026, network timers and those of a UE
// (TS 24.229 §7.7).
#include <catch2/catch_test_macros.hpp>

#include "tests/support/transaction_fixture.h"

using namespace imslab;
using test::answer;
using test::at;
using test::RequestText;
using test::sent;
using Texts = std::vector<std::string>;
using Times = std::vector<std::int64_t>;

namespace {

const Flow kToPeer = test::udp("127.1.1.2", "127.1.2.1");
const Flow kToUe = test::udp("127.1.1.1", "127.1.100.1");
const Flow kStream = test::tcp("127.1.1.2", "127.1.2.1", 7);

sip::Transactions::Config ims_timers() {
    sip::Transactions::Config config;
    config.timers = [](const Flow& flow) {
        return flow.local == kToUe.local ? sip::Timers::towards_ue() : sip::Timers::network();
    };
    return config;
}

struct Client : test::TransactionFixture {
    Client() : TransactionFixture(ims_timers()) {}

    sip::ClientId send(const std::string& method, const Flow& to) {
        const auto id = transactions.send_request(
            test::parsed(RequestText{.method = method, .more = "Route: <sip:next.example;lr>\r\n"}
                             .to_string()),
            to);
        request = sent(outbox).back().message;
        return id;
    }
    void answered(int status, const Flow& from = kToPeer) {
        arrive(answer(*request, status, "b1"), from);
    }

    std::optional<sip::Message> request;
};

}  // namespace

TEST_CASE("A request gets our Via with the cookie on top, and a branch of its own") {
    Client client;
    client.send("MESSAGE", kToPeer);
    const auto first = sip::top_via(*client.request);
    REQUIRE(first.has_value());
    CHECK(first->has_magic_cookie());
    CHECK(std::string(first->host) == "127.1.1.2");
    CHECK(client.request->values(sip::HeaderId::via).size() == 2);
    const std::string branch(first->branch());
    client.send("MESSAGE", kToPeer);
    CHECK(branch != sip::top_via(*client.request)->branch());
}

TEST_CASE("Timer A doubles without a bound, Timer B gives up after 64*T1") {
    Client client;
    SECTION("between network nodes") {
        client.send("INVITE", kToPeer);
        CHECK(client.send_times(40'000) == Times{500, 1500, 3500, 7500, 15500, 31500});
    }
    SECTION("towards a UE") {
        client.send("INVITE", kToUe);
        CHECK(client.send_times(130'000) == Times{2000, 6000, 14000, 30000, 62000, 126000});
    }
    CHECK(client.user.take() == Texts{"timeout"});
    CHECK(client.transactions.size() == 0);
}

TEST_CASE("Timer B fires at 32 s and not before") {
    Client client;
    client.send("INVITE", kToPeer);
    client.run_until(31'999);
    CHECK(client.user.take().empty());
    client.run_until(32'000);
    CHECK(client.user.take() == Texts{"timeout"});
}

TEST_CASE("Timer E doubles up to T2, Timer F gives up after 64*T1") {
    Client client;
    SECTION("between network nodes") {
        client.send("REGISTER", kToPeer);
        CHECK(client.send_times(40'000) ==
              Times{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500});
    }
    SECTION("towards a UE") {
        client.send("MESSAGE", kToUe);
        CHECK(client.send_times(130'000) ==
              Times{2000, 6000, 14000, 30000, 46000, 62000, 78000, 94000, 110000, 126000});
    }
    CHECK(client.user.take() == Texts{"timeout"});
    CHECK(client.transactions.size() == 0);
}

TEST_CASE("Given a provisional response, when Timer E fires again, then it lasts T2") {
    Client client;
    client.send("MESSAGE", kToPeer);
    client.run_until(700);
    client.answered(100);
    CHECK(client.send_times(14'000) == Times{1500, 5500, 9500, 13500});
}

TEST_CASE("A final response to a non-INVITE is told once; Timer K absorbs repetitions for T4") {
    Client client;
    client.send("MESSAGE", kToPeer);
    client.now = at(100);
    client.answered(200);
    client.answered(200);
    CHECK(client.user.take() == Texts{"response 200"});
    client.run_until(5'099);
    CHECK(client.transactions.size() == 1);
    client.run_until(5'100);
    CHECK(client.transactions.size() == 0);
    client.answered(200);
    CHECK(client.user.take() == Texts{"stray 200"});
    CHECK(client.sent_now().empty());
}

TEST_CASE(
    "Timer K towards a UE lasts 17 s; over a stream nothing is repeated and nothing lingers") {
    Client client;
    SECTION("UE") {
        client.send("MESSAGE", kToUe);
        client.answered(200, kToUe);
        client.run_until(16'999);
        CHECK(client.transactions.size() == 1);
        client.run_until(17'000);
        CHECK(client.transactions.size() == 0);
    }
    SECTION("stream") {
        client.send("MESSAGE", kStream);
        CHECK(client.send_times(31'999).empty());
        client.answered(200, kStream);
        CHECK(client.transactions.size() == 0);
        CHECK(client.user.take() == Texts{"response 200"});
    }
}

TEST_CASE("Given a ringing INVITE, then it is neither repeated nor given up") {
    Client client;
    client.send("INVITE", kToPeer);
    client.answered(180);
    CHECK(client.send_times(600'000).empty());
    CHECK(client.user.take() == Texts{"response 180"});
    CHECK(client.transactions.size() == 1);
}

TEST_CASE(
    "Given an INVITE, when 486 comes, then the transaction sends ACK on the same branch, and again "
    "each time") {
    Client client;
    client.send("INVITE", kToPeer);
    client.answered(486);
    auto acks = sent(client.outbox);
    REQUIRE(acks.size() == 1);
    const auto& ack = acks.front().message;
    CHECK(ack.method() == sip::Method::ack);
    CHECK(ack.uri() == client.request->uri());
    CHECK(ack.values(sip::HeaderId::via).size() == 1);
    CHECK(sip::top_via(ack)->branch() == sip::top_via(*client.request)->branch());
    CHECK(sip::to_tag(ack) == "b1");
    CHECK(sip::from_tag(ack) == "a1");
    CHECK(sip::call_id(ack) == "call-1");
    CHECK(sip::cseq(ack)->number == 1);
    CHECK(sip::cseq(ack)->method == "ACK");
    CHECK(ack.get(sip::HeaderId::route) == client.request->get(sip::HeaderId::route));
    CHECK(ack.get(sip::HeaderId::max_forwards) == "70");

    client.now = at(500);
    client.answered(486);
    CHECK(client.sent_now() == Texts{"ACK"});
    CHECK(client.user.take() == Texts{"response 486"});

    SECTION("Timer D holds it for 64*T1 of silence") {
        client.run_until(31'999);
        CHECK(client.transactions.size() == 1);
        client.run_until(32'000);
        CHECK(client.transactions.size() == 0);
    }
    SECTION("a 2xx after it is refused by the table") {
        client.answered(200);
        CHECK(client.user.take().empty());
    }
}

TEST_CASE("Timer D is zero on a stream and 128 s at a UE") {
    Client client;
    SECTION("stream") {
        client.send("INVITE", kStream);
        client.answered(486, kStream);
        CHECK(client.sent_now() == Texts{"ACK"});
        CHECK(client.transactions.size() == 0);
    }
    SECTION("UE") {
        client.send("INVITE", kToUe);
        client.answered(486, kToUe);
        client.run_until(127'999);
        CHECK(client.transactions.size() == 1);
        client.run_until(128'000);
        CHECK(client.transactions.size() == 0);
    }
}

TEST_CASE("RFC 6026: each 2xx passes up until Timer M fires, and no ACK is made here") {
    Client client;
    client.send("INVITE", kToPeer);
    client.answered(200);
    client.now = at(500);
    client.answered(200);
    CHECK(client.user.take() == Texts{"response 200", "response 200"});
    CHECK(client.sent_now().empty());
    client.run_until(31'999);
    client.answered(200);
    CHECK(client.user.take() == Texts{"response 200"});
    client.run_until(32'000);
    CHECK(client.transactions.size() == 0);
    client.answered(200);
    CHECK(client.user.take() == Texts{"stray 200"});
}

TEST_CASE("Timer M runs on a stream too") {
    Client client;
    client.send("INVITE", kStream);
    client.answered(200, kStream);
    client.run_until(31'999);
    CHECK(client.transactions.size() == 1);
    client.run_until(32'000);
    CHECK(client.transactions.size() == 0);
}

TEST_CASE("A response matches by branch and method, not by anything else") {
    Client client;
    client.send("MESSAGE", kToPeer);
    auto other = answer(*client.request, 200, "b1");
    SECTION("another branch") {
        auto via = std::string(*other.first_value(sip::HeaderId::via));
        via.back() = via.back() == '0' ? '1' : '0';
        other.replace_first_value(sip::HeaderId::via, via);
    }
    SECTION("another method") { other.set(sip::HeaderId::cseq, "1 OPTIONS"); }
    client.arrive(other, kToPeer);
    CHECK(client.user.take() == Texts{"stray 200"});
}

TEST_CASE(
    "Given an INVITE without an answer, when it is cancelled, then CANCEL waits for a provisional "
    "response") {
    Client client;
    const auto id = client.send("INVITE", kToPeer);
    client.transactions.cancel(id, "SIP;cause=487");
    CHECK(client.sent_now().empty());
    client.answered(100);
    auto all = sent(client.outbox);
    REQUIRE(all.size() == 1);
    const auto cancel = all.front().message;
    CHECK(cancel.method() == sip::Method::cancel);
    CHECK(cancel.uri() == client.request->uri());
    CHECK(cancel.values(sip::HeaderId::via).size() == 1);
    CHECK(sip::top_via(cancel)->branch() == sip::top_via(*client.request)->branch());
    CHECK(sip::cseq(cancel)->number == 1);
    CHECK(sip::cseq(cancel)->method == "CANCEL");
    CHECK(cancel.get(sip::HeaderId::to) == client.request->get(sip::HeaderId::to));
    CHECK(cancel.get(sip::HeaderId::reason) == "SIP;cause=487");
    CHECK(cancel.get(sip::HeaderId::route) == client.request->get(sip::HeaderId::route));
    (void)client.user.take();

    SECTION("its own response is absorbed, the 487 passes up") {
        client.arrive(answer(cancel, 200, "b1"), kToPeer);
        client.answered(487);
        CHECK(client.user.take() == Texts{"response 487"});
        CHECK(client.sent_now() == Texts{"ACK"});
        CHECK(client.send_times(200'000).empty());
        CHECK(client.transactions.size() == 0);
    }
    SECTION("the race: a 200 to the INVITE crosses it") {
        client.answered(200);
        client.arrive(answer(cancel, 200, "b1"), kToPeer);
        CHECK(client.user.take() == Texts{"response 200"});
    }
    SECTION("cancelling twice sends one") {
        client.transactions.cancel(id);
        CHECK(client.sent_now().empty());
    }
    SECTION("unanswered, it is repeated; 64*T1 later the INVITE counts as timed out") {
        CHECK(client.send_times(40'000).size() == 10);
        CHECK(client.user.take() == Texts{"timeout"});
        CHECK(client.transactions.size() == 0);
    }
}

TEST_CASE("An INVITE with its final response cannot be cancelled") {
    Client client;
    const auto id = client.send("INVITE", kToPeer);
    client.answered(180);
    client.answered(200);
    client.transactions.cancel(id);
    CHECK(client.sent_now().empty());
}

TEST_CASE("A transport error is told once, at once") {
    Client client;
    SECTION("INVITE") { client.send("INVITE", kToPeer); }
    SECTION("MESSAGE") { client.send("MESSAGE", kToPeer); }
    client.transactions.on_send_failed(
        SendFailed{test::udp("127.1.1.2", "127.1.9.9"), "port unreachable"}, client.now);
    CHECK(client.user.take().empty());
    client.transactions.on_send_failed(SendFailed{kToPeer, "port unreachable"}, client.now);
    CHECK(client.user.take() == Texts{"transport error"});
    CHECK(client.transactions.size() == 0);
    CHECK(client.send_times(40'000).empty());
}

TEST_CASE("Given requests on a connection, when it breaks, then those without an answer fail") {
    Client client;
    client.send("INVITE", kStream);
    client.answered(180, kStream);
    client.send("MESSAGE", kStream);
    client.send("MESSAGE", test::tcp("127.1.1.2", "127.1.2.1", 8));
    (void)client.user.take();
    client.transactions.on_connection_closed(ConnectionClosed{kStream, "reset by peer"},
                                             client.now);
    CHECK(client.user.take() == Texts{"transport error"});
    CHECK(client.transactions.size() == 2);
}

TEST_CASE("Of an abandoned INVITE nothing more is told, its failure is still acknowledged") {
    Client client;
    const auto id = client.send("INVITE", kToPeer);
    client.answered(180);
    (void)client.user.take();
    client.transactions.abandon(id);
    client.answered(486);
    CHECK(client.user.take().empty());
    CHECK(client.sent_now() == Texts{"ACK"});
}

TEST_CASE("A request without a transaction is sent once") {
    Client client;
    client.transactions.send_stateless(
        test::parsed(RequestText{.method = "ACK", .to_tag = "b1"}.to_string()), kToPeer);
    CHECK(client.sent_now() == Texts{"ACK"});
    CHECK_FALSE(client.transactions.next_deadline().has_value());
}
