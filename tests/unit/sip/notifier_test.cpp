// The notifier of RFC 6665 §4.2, with an event package that counts.
#include "sip/notifier.h"

#include <nlohmann/json.hpp>

#include "sip/next_hop.h"
#include "tests/support/node_flow.h"

using namespace imslab;
using namespace imslab::test;
using namespace std::chrono_literals;
using sip::HeaderId;

namespace {

const Address kNotifier = at("127.9.0.1:5060");
const Address kWatcher = at("127.9.0.2:5060");

struct Counting final : Node, sip::ProxyUser, sip::EventPackage {
    explicit Counting(Entropy& entropy_given, sip::Notifier::Settings settings)
        : entropy(entropy_given),
          proxy(outbox_, entropy_given, *this, proxy_config()),
          notifier(std::move(settings),
                   *this,
                   {proxy,
                    entropy,
                    [](std::string_view uri) { return sip::flow_to(uri, {}, kNotifier); },
                    [this](std::string_view, std::string text) { logged = text; }}) {}

    static sip::Proxy::Config proxy_config() {
        sip::Proxy::Config config;
        config.transactions.timers = [](const Flow&) { return sip::Timers::network(); };
        config.transactions.sent_by = [](const Flow&) { return std::string("127.9.0.1:5060"); };
        config.transactions.max_transactions = 1000;
        return config;
    }
    void on_request(sip::ServerId id, sip::Message request, const Flow&) override {
        const auto to = sip::to_tag(request);
        if (!to || to->empty()) {
            last = notifier.subscribe(id, request, "sip:counter@h", "sip:w@h", how);
        } else if (!notifier.on_subscribe_inside(id, request)) {
            proxy.respond(id, 481);
        }
    }
    void on_ack(sip::Message, const Flow&) override {}
    Verdict on_response(sip::ServerId, std::size_t, sip::Message&) override {
        return Verdict::relay;
    }
    void on_final(sip::ServerId, sip::Message&) override {}
    void on_ended(sip::ServerId) override {}
    void on_malformed(const sip::ParseFailure&, const Flow&) override {}

    sip::EventDocument whole_state(sip::Subscription& subscription) override {
        if (subscription.state == sip::SubscriptionState::pending) return {};
        return {"text/plain", "count " + std::to_string(count)};
    }
    void on_subscription_ended(const sip::Subscription& subscription) override { ended = subscription.last; }

    void deliver(Event event, Time now) override {
        const bool woken = std::holds_alternative<Woken>(event);
        proxy.deliver(event, now);
        if (woken) notifier.on_time(now);
    }
    std::optional<Time> next_deadline() const override {
        const auto a = proxy.next_deadline(), b = notifier.next_deadline();
        return !a || (b && *b < *a) ? b : a;
    }
    nlohmann::ordered_json state() const override { return notifier.state(); }

    Entropy& entropy;
    sip::Proxy proxy;
    sip::Notifier notifier;
    sip::SubscriptionEvent how = sip::SubscriptionEvent::accepted;
    sip::Subscription* last = nullptr;
    sip::SubscriptionEvent ended = sip::SubscriptionEvent::accepted;
    std::string logged;
    int count = 0;
};

struct NotifierUnderTest {
    CountingEntropy entropy;
    Counting node;
    NodeFlow flow{node, kNotifier};
    unsigned cseq = 0;
    std::string to_tag;

    explicit NotifierUnderTest(std::size_t most = 100, Duration interval = {})
        : node(entropy, settings(most, interval)) {}
    static sip::Notifier::Settings settings(std::size_t most, Duration interval) {
        sip::Notifier::Settings settings;
        settings.package = "counter";
        settings.contact = "<sip:127.9.0.1>";
        settings.max_expires = 3600;
        settings.max_subscriptions = most;
        settings.min_interval = interval;
        return settings;
    }
    void subscribes(unsigned expires,
                    std::string_view event = "counter",
                    std::string_view call_id = "c1",
                    unsigned number = 0) {
        if (number == 0) number = ++cseq;
        static unsigned branch = 0;
        flow.arrives(kWatcher,
                     "SUBSCRIBE sip:counter@h SIP/2.0\nVia: SIP/2.0/UDP 127.9.0.2;branch=z9hG4bK" +
                         std::to_string(++branch) +
                         "\nMax-Forwards: 70\nFrom: <sip:w@h>;tag=w\nTo: <sip:counter@h>" +
                         to_tag + "\nCall-ID: " + std::string(call_id) +
                         "\nCSeq: " + std::to_string(number) + " SUBSCRIBE\nEvent: " +
                         std::string(event) + "\nExpires: " + std::to_string(expires) +
                         "\nContact: <sip:w@127.9.0.2>\nContent-Length: 0\n\n");
    }
    // Subscribed, and the first NOTIFY answered.
    void is_subscribed(std::string_view event = "counter") {
        subscribes(600, event);
        const auto ok = flow.sent();
        REQUIRE(ok.message.status() == 200);
        to_tag = ";tag=" + std::string(*sip::to_tag(ok.message));
        flow.answers(flow.sent(), 200);
    }
};

}  // namespace

TEST_CASE("A subscription is confirmed, told, refreshed with a new target, and expires") {
    NotifierUnderTest test;
    test.subscribes(7200, "counter;id=7");
    const auto ok = test.flow.sent();
    CHECK(ok.message.status() == 200);
    CHECK(ok.message.get(HeaderId::expires) == "3600");  // shortened
    const auto first = test.flow.sent();
    CHECK(first.message.method() == sip::Method::notify);
    CHECK(first.message.get(HeaderId::event) == "counter;id=7");
    CHECK(first.message.get(HeaderId::subscription_state) == "active;expires=3600");
    CHECK(first.message.body() == "count 0");
    test.flow.answers(first, 200);
    test.to_tag = ";tag=" + std::string(*sip::to_tag(ok.message));
    test.flow.passes(1000s);
    test.subscribes(600, "counter;id=7");
    CHECK(test.flow.sent().message.get(HeaderId::expires) == "600");
    test.flow.answers(test.flow.sent(), 200);
    test.flow.passes(601s);
    const auto last = test.flow.sent();
    CHECK(last.message.get(HeaderId::subscription_state) == "terminated;reason=timeout");
    CHECK(test.node.ended == sip::SubscriptionEvent::expired);
    CHECK(test.node.notifier.empty());
}

TEST_CASE("One NOTIFY at a time: what happens meanwhile is told once") {
    NotifierUnderTest test;
    test.is_subscribed();
    const auto id = test.node.notifier.watchers_of("sip:counter@h").at(0);
    test.node.count = 1;
    test.node.notifier.tell(id);
    test.flow.deliver(Woken{});
    const auto one = test.flow.sent();
    for (test.node.count = 2; test.node.count < 5; ++test.node.count) test.node.notifier.tell(id);
    test.flow.deliver(Woken{});
    CHECK(test.flow.quiet());
    test.flow.answers(one, 200);
    CHECK(test.flow.sent().message.body() == "count 5");
    CHECK(test.flow.quiet());
}

TEST_CASE("A failed NOTIFY ends the subscription, or is repeated when its receiver wants it") {
    NotifierUnderTest test;
    test.is_subscribed();
    const auto id = test.node.notifier.watchers_of("sip:counter@h").at(0);
    test.node.notifier.tell(id, sip::EventDocument{"text/plain", "a part"});
    test.flow.deliver(Woken{});
    const auto told = test.flow.sent();
    CHECK(told.message.body() == "a part");
    SECTION("481") {
        test.flow.answers(told, 481);
        CHECK(test.node.notifier.empty());
        CHECK(test.node.logged == "the subscriber is gone");
    }
    SECTION("silence") {
        test.flow.passes(33s);
        test.flow.forget_sent();
        CHECK(test.node.notifier.empty());
        CHECK(test.node.ended == sip::SubscriptionEvent::subscriber_gone);
    }
    SECTION("503 with Retry-After") {
        test.flow.answers(told, 503, "Retry-After: 5\n");
        CHECK(test.flow.quiet());
        test.flow.passes(6s);
        CHECK(test.flow.sent().message.body() == "count 0");  // whole again
    }
    SECTION("500 keeps it, the next one is whole") {
        test.flow.answers(told, 500);
        test.node.notifier.tell(id, sip::EventDocument{"text/plain", "a part"});
        test.flow.deliver(Woken{});
        CHECK(test.flow.sent().message.body() == "count 0");
    }
}

TEST_CASE("What a SUBSCRIBE can do wrong") {
    NotifierUnderTest test(1);
    SECTION("too brief") {
        test.subscribes(5);
        const auto refused = test.flow.sent();
        CHECK(refused.message.status() == 423);
        CHECK(refused.message.get(HeaderId::min_expires) == "60");
        return;
    }
    SECTION("a dialog of nobody") {
        test.to_tag = ";tag=nobody";
        test.subscribes(600);
        CHECK(test.flow.sent().message.status() == 481);
        return;
    }
    test.is_subscribed();
    SECTION("another package in the dialog") {
        test.subscribes(600, "other");
        const auto refused = test.flow.sent();
        CHECK(refused.message.status() == 489);
        CHECK(refused.message.get(HeaderId::allow_events) == "counter");
    }
    SECTION("an old CSeq") {
        test.subscribes(600);
        test.flow.sent();
        test.flow.answers(test.flow.sent(), 200);
        test.subscribes(600, "counter", "c1", 1);
        CHECK(test.flow.sent().message.status() == 500);
    }
    SECTION("one too many") {
        test.to_tag.clear();
        test.subscribes(600, "counter", "c2");
        const auto refused = test.flow.sent();
        CHECK(refused.message.status() == 503);
        CHECK(refused.message.has(HeaderId::retry_after));
    }
    CHECK(test.node.notifier.size() == 1);
}

TEST_CASE("A fetch gets the state and leaves nothing behind") {
    NotifierUnderTest test;
    test.subscribes(0);
    CHECK(test.flow.sent().message.get(HeaderId::expires) == "0");
    const auto only = test.flow.sent();
    CHECK(only.message.get(HeaderId::subscription_state) == "terminated;reason=timeout");
    CHECK(only.message.body() == "count 0");
    CHECK(test.node.notifier.empty());
    CHECK(test.node.last == nullptr);
}

TEST_CASE("A rate is kept: by the notifier's setting, or max-rate of Event") {
    const bool set = GENERATE(true, false);
    NotifierUnderTest test(100, set ? Duration(10s) : Duration{});
    test.is_subscribed(set ? "counter" : "counter;max-rate=0.1");
    const auto id = test.node.notifier.watchers_of("sip:counter@h").at(0);
    test.node.count = 1;
    test.node.notifier.tell(id);
    test.node.count = 2;
    test.node.notifier.tell(id);
    test.flow.passes(9s);
    CHECK(test.flow.quiet());
    test.flow.passes(1200ms);
    CHECK(test.flow.sent().message.body() == "count 2");
    CHECK(test.flow.quiet());
}

TEST_CASE("Consent comes later, or never") {
    NotifierUnderTest test;
    test.node.how = sip::SubscriptionEvent::awaits_consent;
    test.subscribes(600);
    CHECK(test.flow.sent().message.status() == 200);
    const auto pending = test.flow.sent();
    CHECK(pending.message.get(HeaderId::subscription_state) == "pending;expires=600");
    CHECK(pending.message.body().empty());
    test.flow.answers(pending, 200);
    const auto id = test.node.notifier.watchers_of("sip:counter@h").at(0);
    SECTION("given") {
        test.node.notifier.consent(id);
        test.flow.deliver(Woken{});
        const auto active = test.flow.sent();
        CHECK(active.message.get(HeaderId::subscription_state) == "active;expires=600");
        CHECK(active.message.body() == "count 0");
    }
    SECTION("refused") {
        test.node.notifier.end(id, "rejected");
        test.flow.deliver(Woken{});
        CHECK(test.flow.sent().message.get(HeaderId::subscription_state) ==
              "terminated;reason=rejected");
        CHECK(test.node.notifier.empty());
    }
}

TEST_CASE("The transitions of a subscription") {
    const auto text = sip::kSubscriptionTransitions.to_text();
    CHECK(text.find("none --awaits_consent--> pending\npending --consented--> active") !=
          std::string::npos);
    CHECK(text.find("terminated --") == std::string::npos);
}
