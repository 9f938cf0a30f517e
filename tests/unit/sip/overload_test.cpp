// The bound on pending work (RFC 3261 §21.5.4), as call flows: who is refused, who passes, when it
// ends, and what the log says.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/transaction_fixture.h"

using namespace imslab;
using test::RequestText;
using test::sent;
using Texts = std::vector<std::string>;

namespace {

const Flow kFromPeer = test::udp("127.1.1.2", "127.1.2.1");

struct Busy : test::TransactionFixture {
    explicit Busy(std::size_t max_pending) : TransactionFixture(config(max_pending)) {}

    static sip::Transactions::Config config(std::size_t max_pending) {
        sip::Transactions::Config config;
        config.max_pending = max_pending;
        return config;
    }
    RequestText from_peer(const std::string& method) {
        return RequestText{.method = method,
                           .sent_by = "127.1.2.1:5060",
                           .branch = "z9hG4bK-" + std::to_string(++branches)};
    }
    void arrive_new(const std::string& method, const std::string& to_tag = {}) {
        auto text = from_peer(method);
        text.to_tag = to_tag;
        arrive(text, kFromPeer);
    }
    bool respond(sip::ServerId id, int status) {
        const auto* request = transactions.request_of(id);
        return transactions.respond(id, test::answer(*request, status, "b1"));
    }
    Texts logged() {
        std::vector<Effect> effects;
        outbox.take(effects);
        Texts texts;
        for (const auto& effect : effects) {
            if (const auto* log = std::get_if<Log>(&effect)) texts.push_back(log->text);
        }
        return texts;
    }

    int branches = 0;
};

}  // namespace

TEST_CASE("Given as much pending as may be, then a new request is answered 503 without a trace") {
    Busy node(2);
    node.arrive_new("REGISTER");
    node.arrive_new("MESSAGE");
    CHECK(node.sent_now().empty());
    const auto third = node.from_peer("REGISTER");
    node.arrive(third, kFromPeer);
    const auto all = sent(node.outbox);
    REQUIRE(all.size() == 1);
    CHECK(all.front().summary() == "503 REGISTER");
    const int seconds =
        std::stoi(std::string(*all.front().message.get(sip::HeaderId::retry_after)));
    CHECK(seconds >= 2);
    CHECK(seconds <= 5);
    CHECK(node.transactions.size() == 2);
    CHECK(node.user.take() == Texts{"request REGISTER", "request MESSAGE"});
    CHECK(node.transactions.pending_work().pending == 2);
    CHECK(node.transactions.pending_work().refused == 1);

    // a repetition of what is pending is no new request
    auto first = third;
    first.branch = "z9hG4bK-1";
    node.arrive(first, kFromPeer);
    CHECK(node.sent_now().empty());

    // once one of them is answered, the next may come
    CHECK(node.respond(node.user.server, 200));
    (void)node.sent_now();
    node.arrive(third, kFromPeer);
    CHECK(node.user.take() == Texts{"request REGISTER"});
}

TEST_CASE("While new requests are refused, what belongs to work under way passes") {
    Busy node(1);
    node.arrive_new("INVITE");
    const auto invite = node.user.server;
    (void)node.user.take();
    node.arrive_new("INVITE");
    CHECK(node.sent_now() == Texts{"100 INVITE", "503 INVITE"});
    for (const auto* method : {"BYE", "UPDATE", "INVITE", "NOTIFY", "PRACK"}) {
        node.arrive_new(method, "b1");
        CHECK(node.user.take() == Texts{"request " + std::string(method)});
    }
    node.arrive_new("ACK", "b1");
    CHECK(node.user.take() == Texts{"ack"});
    (void)node.sent_now();
    // a REGISTER is in no dialog, whatever tag it carries
    node.arrive_new("REGISTER", "b1");
    CHECK(node.sent_now() == Texts{"503 REGISTER"});

    auto cancel = node.from_peer("CANCEL");
    cancel.branch = "z9hG4bK-1";
    node.arrive(cancel, kFromPeer);
    CHECK(node.sent_now() == Texts{"200 CANCEL"});
    CHECK(node.user.take() == Texts{"cancel"});
    CHECK(node.transactions.request_of(invite) != nullptr);
}

TEST_CASE("A call that rings waits for its callee and is not pending") {
    Busy node(1);
    node.arrive_new("INVITE");
    CHECK(node.transactions.pending_work().pending == 1);
    CHECK(node.respond(node.user.server, 180));
    CHECK(node.transactions.pending_work().pending == 0);
    CHECK(node.respond(node.user.server, 486));
    node.run_until(100'000);
    CHECK(node.transactions.size() == 0);
    CHECK(node.transactions.pending_work().pending == 0);
    node.arrive_new("INVITE");
    CHECK(node.user.take().back() == "request INVITE");
}

TEST_CASE("No bound: everything is taken") {
    Busy node(0);
    for (int i = 0; i < 100; ++i) node.arrive_new("REGISTER");
    CHECK(node.sent_now().empty());
    CHECK(node.transactions.pending_work().pending == 100);
}

TEST_CASE("The log says when overload begins, now and then how it goes on, and when it is over") {
    Busy node(1);
    node.arrive_new("REGISTER");
    for (int i = 0; i < 1000; ++i) node.arrive_new("REGISTER");
    const auto first = node.logged();
    REQUIRE(first.size() == 1);
    CHECK(first.front() ==
          "overload: 1 requests are pending (max_pending is 1); 1 new ones refused with 503 since "
          "the last such line");
    node.now = test::at(5'000);
    node.arrive_new("REGISTER");
    const auto second = node.logged();
    REQUIRE(second.size() == 1);
    CHECK(second.front().find("; 1000 new ones refused") != std::string::npos);

    CHECK(node.respond(node.user.server, 200));
    node.now = test::at(6'000);
    node.arrive_new("BYE", "b1");
    CHECK(node.logged().empty());  // too soon to say so
    node.now = test::at(8'000);
    node.arrive_new("BYE", "b1");
    CHECK(node.logged() == Texts{"overload is over: 0 more were refused, 1001 in all"});
    node.arrive_new("BYE", "b1");
    CHECK(node.logged().empty());
}
