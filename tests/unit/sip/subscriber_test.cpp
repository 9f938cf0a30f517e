// The subscriber's side of RFC 6665 §4.1, with a notifier that the test plays.
#include "sip/subscriber.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "core/deadline.h"
#include "sip/next_hop.h"
#include "tests/support/node_flow.h"

using namespace imslab;
using namespace imslab::test;
using namespace std::chrono_literals;
using sip::HeaderId;

namespace {

const Address kSubscriber = at("127.9.0.1:5060");
const Address kNotifier = at("127.9.0.2:5060");
constexpr const char* kGranted = "Contact: <sip:n@127.9.0.2>\nExpires: 600\n";

struct Watching final : Node, sip::ProxyUser {
    explicit Watching(Entropy& entropy)
        : proxy(outbox_, entropy, *this, proxy_config()),
          subscriber({proxy, entropy, [](const sip::Message& request) {
                          return sip::ways_to(sip::next_hop_uri(request), request, {}, kSubscriber);
                      }}) {}

    static sip::Proxy::Config proxy_config() {
        sip::Proxy::Config config;
        config.transactions.timers = [](const Flow&) { return sip::Timers::network(); };
        config.transactions.sent_by = [](const Flow&) { return std::string("127.9.0.1:5060"); };
        config.transactions.max_transactions = 1000;
        return config;
    }
    void on_request(sip::ServerId id, sip::Message request, const Flow&) override {
        if (!subscriber.on_notify(id, request)) proxy.respond(id, 481);
    }
    void on_ack(sip::Message, const Flow&) override {}
    Verdict on_response(sip::ServerId, std::size_t, sip::Message&) override {
        return Verdict::relay;
    }
    void on_final(sip::ServerId, sip::Message&) override {}
    void on_ended(sip::ServerId) override {}
    void on_malformed(const sip::ParseFailure&, const Flow&) override {}

    void deliver(Event event, Time now) override {
        const bool woken = std::holds_alternative<Woken>(event);
        proxy.deliver(event, now);
        if (woken) subscriber.on_time(now);
    }
    std::optional<Time> next_deadline() const override {
        return earlier(proxy.next_deadline(), subscriber.next_deadline());
    }
    nlohmann::ordered_json state() const override { return {}; }

    sip::Proxy proxy;
    sip::Subscriber subscriber;
};

struct SubscriberUnderTest {
    CountingEntropy entropy;
    Watching node{entropy};
    NodeFlow flow{node, kSubscriber};
    sip::Subscriber::Id id = 0;
    std::vector<std::string> told;
    unsigned number = 0;

    // The SUBSCRIBE that has left.
    SentMessage subscribes() {
        flow.deliver(Woken{});
        auto request = sip::Message::request(sip::Method::subscribe, "sip:n@127.9.0.2");
        request.append(HeaderId::from, "<sip:w@h>");
        request.append(HeaderId::to, "<sip:n@h>");
        request.append(HeaderId::contact, "<sip:127.9.0.1>");
        request.append(HeaderId::event, "presence");
        request.append(HeaderId::expires, "600");
        id = node.subscriber.subscribe(
            std::move(request), [this](sip::Subscriber::Id, const sip::Subscriber::News& news) {
                using State = sip::Subscriber::News::State;
                told.push_back(news.state == State::active    ? "active"
                               : news.state == State::pending ? "pending"
                                                              : "terminated: " + news.reason);
            });
        flow.deliver(Woken{});
        return flow.sent();
    }
    void leaves() {
        node.subscriber.unsubscribe(id);
        flow.deliver(Woken{});
    }
    void notifies(const SentMessage& subscribe, std::string_view state) {
        const auto& message = subscribe.message;
        ++number;
        flow.arrives(
            kNotifier,
            "NOTIFY sip:127.9.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.9.0.2;branch=z9hG4bKn" +
                std::to_string(number) + "\nMax-Forwards: 70\nFrom: <sip:n@h>;tag=remote\n" +
                "To: " + std::string(*message.get(HeaderId::from)) + "\nCall-ID: " +
                std::string(*message.get(HeaderId::call_id)) + "\nCSeq: " + std::to_string(number) +
                " NOTIFY\nEvent: presence\nSubscription-State: " + std::string(state) +
                "\nContact: <sip:n@127.9.0.2>\nContent-Length: 0\n\n");
        CHECK(flow.sent().message.status() == 200);
    }
    bool is_over() const { return node.subscriber.size() == 0; }
};

}  // namespace

TEST_CASE("RFC 6665 §4.1: subscribed, told, renewed, and ended with a last NOTIFY") {
    SubscriberUnderTest test;
    const auto first = test.subscribes();
    test.flow.answers(first, 200, kGranted);
    test.notifies(first, "active;expires=600");
    test.flow.passes(570s);
    const auto renewed = test.flow.sent();
    CHECK(renewed.message.get(HeaderId::expires) == "600");
    test.flow.answers(renewed, 200, kGranted);
    test.leaves();
    const auto last = test.flow.sent();
    CHECK(last.message.get(HeaderId::expires) == "0");
    test.flow.answers(last, 200, "Contact: <sip:n@127.9.0.2>\nExpires: 0\n");
    test.notifies(first, "terminated;reason=timeout");
    CHECK(test.is_over());
    CHECK(test.told == std::vector<std::string>{"active"});  // who has left hears nothing more
    CHECK(test.flow.quiet());
}

TEST_CASE("Who leaves before the first answer ends what that answer begins") {
    SubscriberUnderTest test;
    const auto first = test.subscribes();
    test.leaves();
    CHECK(test.flow.quiet());
    SECTION("granted") {
        test.flow.answers(first, 200, kGranted);
        const auto last = test.flow.sent();
        CHECK(last.message.method() == sip::Method::subscribe);
        CHECK(last.message.get(HeaderId::expires) == "0");
        CHECK(last.message.get(HeaderId::to) == "<sip:n@h>;tag=remote");
        test.flow.answers(last, 200, "Contact: <sip:n@127.9.0.2>\nExpires: 0\n");
        CHECK(test.flow.quiet());  // once
        test.notifies(first, "terminated;reason=timeout");
    }
    SECTION("refused") {
        test.flow.answers(first, 403);
        CHECK(test.flow.quiet());
    }
    CHECK(test.is_over());
    CHECK(test.told.empty());
}

TEST_CASE("Who has left does not wait for more than Timer N, whatever else is notified") {
    SubscriberUnderTest test;
    const auto first = test.subscribes();
    test.flow.answers(first, 200, kGranted);
    test.leaves();
    const auto last = test.flow.sent();
    CHECK(last.message.get(HeaderId::expires) == "0");
    test.flow.answers(last, 200, "Contact: <sip:n@127.9.0.2>\nExpires: 0\n");
    test.notifies(first, "active;expires=600");  // it was under way
    test.flow.passes(33s);
    CHECK(test.is_over());
    CHECK(test.told.empty());
}

TEST_CASE("RFC 6665 §4.1.2.2: a refresh that fails ends it, or leaves it as it was") {
    SubscriberUnderTest test;
    const auto first = test.subscribes();
    test.flow.answers(first, 200, kGranted);
    test.flow.passes(570s);
    const auto renewed = test.flow.sent();
    const auto [status, is_over] =
        GENERATE(table<int, bool>({{481, true}, {404, true}, {503, false}, {488, false}}));
    test.flow.answers(renewed, status);
    CHECK(test.is_over() == is_over);
    test.flow.passes(31s);
    CHECK(test.is_over());
}

TEST_CASE("Something new is said inside the dialog, once there is one, in order") {
    SubscriberUnderTest test;
    const auto first = test.subscribes();
    test.node.subscriber.change(test.id, "text/a", "one");
    test.node.subscriber.change(test.id, "text/a", "two");
    test.flow.deliver(Woken{});
    CHECK(test.flow.quiet());
    test.flow.answers(first, 200, kGranted);
    const auto one = test.flow.sent();
    CHECK(one.message.body() == "one");
    CHECK(one.message.get(HeaderId::content_type) == "text/a");
    CHECK(one.message.get(HeaderId::cseq) == "2 SUBSCRIBE");
    CHECK(one.message.get(HeaderId::expires) == "600");
    test.flow.answers(one, 200, kGranted);
    const auto two = test.flow.sent();
    CHECK(two.message.body() == "two");
    test.flow.answers(two, 200, kGranted);
    CHECK(test.flow.quiet());
    test.flow.passes(570s);
    CHECK(test.flow.sent().message.body().empty());  // what was said is said
}
