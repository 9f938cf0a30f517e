// A branch with several addresses (RFC 3263 §4.3) as call flows: alice's requests come in, the
// I-CSCFs of her home network are tried one after the other.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <nlohmann/json.hpp>

#include "sip/headers.h"
#include "tests/support/proxy_fixture.h"

using namespace imslab;
using test::at;
using test::RequestText;
using test::Sent;
using test::sent;
using Texts = std::vector<std::string>;

namespace {

const Flow kAlice = test::udp("127.1.1.1", "127.1.100.1");
const Flow kEntries[] = {test::udp("127.1.1.2", "127.1.2.1"),
                         test::udp("127.1.1.2", "127.1.2.2"),
                         test::udp("127.1.1.2", "127.1.2.3")};

struct SeveralEntries : test::ProxyFixture {
    int requests = 0;

    // A request of alice's that may go to so many; where it went first.
    Sent comes(const std::string& method, std::size_t entries = 2) {
        return comes(method, std::vector<sip::Way>{kEntries, kEntries + entries});
    }
    Sent comes(const std::string& method, std::vector<sip::Way> entries) {
        RequestText text;
        text.method = method;
        text.branch += std::to_string(++requests);
        text.call_id += std::to_string(requests);
        arrive(text, kAlice);
        proxy.forward(element.id, sip::Branch::along(*element.request, std::move(entries)));
        return goes();
    }
    // The request that was sent on since; what ends an earlier try is none.
    Sent goes() {
        std::optional<Sent> found;
        for (auto& one : sent(outbox)) {
            const bool ends = one.summary() == "ACK" || one.summary() == "CANCEL";
            if (one.message.is_request() && !ends) found = std::move(one);
        }
        REQUIRE(found);
        return std::move(*found);
    }
    void answers(const Sent& request, int status) {
        arrive(test::answer(request.message, status, "i1"), request.flow);
    }
};

}  // namespace

TEST_CASE("an address that cannot be reached is left for the next, and avoided for a while") {
    SeveralEntries proxy;
    const auto first = proxy.comes("REGISTER");
    CHECK(first.flow.remote == kEntries[0].remote);
    proxy.deliver(SendFailed{first.flow, "connection refused"});
    const auto second = proxy.goes();
    CHECK(second.flow.remote == kEntries[1].remote);
    CHECK(second.message.method() == sip::Method::register_);
    CHECK(sip::top_via(second.message)->branch() != sip::top_via(first.message)->branch());
    CHECK(second.message.get(sip::HeaderId::max_forwards) == "69");
    proxy.answers(second, 200);
    CHECK(proxy.sent_now() == Texts{"200 REGISTER"});
    CHECK(proxy.element.take() ==
          Texts{"request REGISTER", "response 200 of 0", "final 200", "ended"});

    CHECK(proxy.proxy.state()["avoided"].dump() == R"(["127.1.2.1:5060"])");
    CHECK(proxy.comes("REGISTER").flow.remote == kEntries[1].remote);
    proxy.run_until(31'000);
    CHECK(proxy.comes("REGISTER").flow.remote == kEntries[0].remote);
}

TEST_CASE("who says 503 is left for the next; the last 503 counts") {
    const std::string method = GENERATE("INVITE", "MESSAGE");
    SeveralEntries proxy;
    proxy.answers(proxy.comes(method, 3), 503);
    const auto second = proxy.goes();
    CHECK(second.flow.remote == kEntries[1].remote);
    proxy.answers(second, 503);
    const auto third = proxy.goes();
    CHECK(third.flow.remote == kEntries[2].remote);
    proxy.element.take();
    proxy.answers(third, 503);
    CHECK(proxy.element.take() == Texts{"response 503 of 0", "final 503", "ended"});
    auto answered = proxy.sent_now();
    if (method == "INVITE") CHECK(answered.front() == "ACK");
    CHECK(answered.back() == "500 " + method);  // RFC 3261 §16.7 step 6
}

TEST_CASE("who says when he is there again is avoided until then") {
    SeveralEntries proxy;
    const auto first = proxy.comes("REGISTER");
    auto busy = test::answer(first.message, 503, "i1");
    busy.append(sip::HeaderId::retry_after, "3 (busy);duration=60");
    proxy.arrive(busy, first.flow);
    proxy.answers(proxy.goes(), 200);
    proxy.sent_now();
    proxy.run_until(2'900);
    CHECK(proxy.comes("REGISTER").flow.remote == kEntries[1].remote);
    proxy.run_until(3'000);
    CHECK(proxy.comes("REGISTER").flow.remote == kEntries[0].remote);
}

TEST_CASE("the element may take any failure for one that is tried elsewhere") {
    SeveralEntries proxy;
    proxy.element.when_response = [](std::size_t, const sip::Message& response) {
        return response.status() == 480 ? sip::ProxyUser::Verdict::elsewhere
                                        : sip::ProxyUser::Verdict::relay;
    };
    proxy.answers(proxy.comes("REGISTER"), 480);
    const auto second = proxy.goes();
    CHECK(second.flow.remote == kEntries[1].remote);
    CHECK(proxy.proxy.state().contains("avoided") == false);  // it serves others all the same
    proxy.answers(second, 480);
    CHECK(proxy.sent_now() == Texts{"480 REGISTER"});
    CHECK(
        proxy.element.take() ==
        Texts{"request REGISTER", "response 480 of 0", "response 480 of 0", "final 480", "ended"});
}

TEST_CASE("any other answer is the answer") {
    const int status = GENERATE(200, 302, 404, 480, 500, 504, 600);
    SeveralEntries proxy;
    proxy.answers(proxy.comes("REGISTER"), status);
    CHECK(proxy.sent_now() == Texts{std::to_string(status) + " REGISTER"});
}

TEST_CASE("silence: a REGISTER waits for who may be waiting himself, an INVITE for a 100 alone") {
    SeveralEntries proxy;
    const auto [method, patience] =
        GENERATE(table<std::string, int>({{"REGISTER", 12'000}, {"INVITE", 4'000}}));
    const auto first = proxy.comes(method);
    proxy.run_until(patience - 1);
    for (const auto& one : sent(proxy.outbox)) CHECK(one.flow.remote != kEntries[1].remote);
    proxy.run_until(patience);
    const auto second = proxy.goes();
    CHECK(second.flow.remote == kEntries[1].remote);
    // What comes late from the first is nobody's.
    proxy.answers(first, 200);
    CHECK(proxy.sent_now().empty());
    proxy.answers(second, 200);
    CHECK(proxy.sent_now() == Texts{"200 " + method});
    proxy.run_until(200'000);
    CHECK(proxy.proxy.next_deadline() == std::nullopt);
}

TEST_CASE("an INVITE that is worked on stays where it is") {
    SeveralEntries proxy;
    const auto first = proxy.comes("INVITE");
    proxy.answers(first, 100);
    proxy.run_until(30'000);
    CHECK(proxy.sent_now().empty());
    proxy.answers(first, 180);
    CHECK(proxy.sent_now() == Texts{"180 INVITE"});
    proxy.answers(first, 503);
    CHECK(proxy.sent_now() == Texts{"ACK", "500 INVITE"});
}

TEST_CASE("who says 100 to anything else is waited for, and is not to blame for the silence") {
    SeveralEntries proxy;
    const auto first = proxy.comes("MESSAGE");
    proxy.run_until(3'500);
    proxy.answers(first, 100);
    for (const auto& one : sent(proxy.outbox)) CHECK(one.flow.remote != kEntries[1].remote);
    proxy.run_until(32'000);
    for (const auto& one : sent(proxy.outbox)) CHECK(one.flow.remote != kEntries[1].remote);
    CHECK(proxy.comes("MESSAGE").flow.remote == kEntries[0].remote);
}

TEST_CASE("each way has its Route, also when it is come back to") {
    SeveralEntries proxy;
    const std::string serving = "<sip:s1.example;lr;orig>", entry = "<sip:home.example;lr;orig>";
    const auto begin = [&] {
        RequestText text;
        text.method = "MESSAGE";
        text.branch += std::to_string(++proxy.requests);
        proxy.arrive(text, kAlice);
        auto request = *proxy.element.request;
        request.prepend(sip::HeaderId::route, serving);
        proxy.proxy.forward(
            proxy.element.id,
            sip::Branch::along(std::move(request), {kEntries[0], {kEntries[1], entry}}));
        return proxy.goes();
    };
    const auto goes = [](const Sent& sent, const Flow& to, const std::string& route) {
        CHECK(sent.flow.remote == to.remote);
        CHECK(sent.message.values(sip::HeaderId::route) == std::vector<std::string_view>{route});
    };
    const auto first = begin();
    goes(first, kEntries[0], serving);
    proxy.deliver(SendFailed{first.flow, "connection refused"});
    const auto second = proxy.goes();
    goes(second, kEntries[1], entry);
    proxy.answers(second, 200);

    const auto third = begin();
    goes(third, kEntries[1], entry);
    proxy.answers(third, 503);
    goes(proxy.goes(), kEntries[0], serving);
}

TEST_CASE("an INVITE given up for silence is cancelled, should it have been heard after all") {
    SeveralEntries proxy;
    const auto first = proxy.comes("INVITE");
    proxy.run_until(4'000);
    proxy.goes();
    proxy.arrive(test::answer(first.message, 180, "i1"), first.flow);
    CHECK(proxy.sent_now() == Texts{"CANCEL"});
}

TEST_CASE("all addresses fail: one failure is told; then the order is the given one again") {
    SeveralEntries proxy;
    proxy.deliver(SendFailed{proxy.comes("REGISTER").flow, "no route"});
    proxy.element.take();
    proxy.deliver(SendFailed{proxy.goes().flow, "no route"});
    CHECK(proxy.element.take() == Texts{"response 503 of 0", "final 503", "ended"});
    const auto next = proxy.comes("REGISTER");
    CHECK(next.flow.remote == kEntries[0].remote);
    proxy.answers(next, 200);
    CHECK(proxy.comes("REGISTER").flow.remote == kEntries[0].remote);
}

TEST_CASE("addresses that failed once are not remembered for ever, however many there are") {
    SeveralEntries proxy;
    for (std::uint16_t port = 6000; port < 6020; ++port) {
        Flow gone = kEntries[0];
        gone.remote.port = port;
        proxy.deliver(SendFailed{proxy.comes("REGISTER", {gone, kEntries[1]}).flow, "no route"});
        proxy.answers(proxy.goes(), 200);
        CHECK(proxy.proxy.state()["failed_addresses"] == 1);
        proxy.run_until((port - 5999) * 31'000);
    }
}

TEST_CASE("a cancelled INVITE is tried nowhere else") {
    SeveralEntries proxy;
    const auto first = proxy.comes("INVITE");
    proxy.answers(first, 100);
    RequestText cancel;
    cancel.method = "CANCEL";
    cancel.branch += "1";
    cancel.call_id += "1";
    proxy.arrive(cancel, kAlice);
    CHECK(proxy.sent_now() == Texts{"200 CANCEL", "CANCEL"});
    proxy.answers(first, 503);
    CHECK(proxy.sent_now() == Texts{"ACK", "500 INVITE"});
}

namespace {

// A request of the element's own to the first so many of kEntries; what comes back, as it is told.
struct OwnRequests : SeveralEntries {
    Texts told;
    sip::ClientId id = 0;

    Sent asks(const std::string& method, std::size_t entries = 2) {
        RequestText text;
        text.method = method;
        text.call_id += std::to_string(++requests);
        auto request = *sip::parse(text.to_string());
        request.remove(sip::HeaderId::via);
        const std::vector<sip::Way> ways{kEntries, kEntries + entries};
        const auto tell = [this](const sip::Message* response) {
            told.push_back(response == nullptr ? "nothing" : std::to_string(response->status()));
        };
        id = method == "INVITE" ? proxy.send_invite(std::move(request), ways, tell)
                                : proxy.send_request(std::move(request), ways, tell);
        return goes();
    }
};

}  // namespace

TEST_CASE("a request of our own is tried elsewhere as well, and the answer that counts is told") {
    const std::string method = GENERATE("SUBSCRIBE", "INVITE");
    OwnRequests proxy;
    const auto first = proxy.asks(method, 3);
    CHECK(first.flow.remote == kEntries[0].remote);
    SECTION("not reachable, then unavailable, then there") {
        proxy.deliver(SendFailed{first.flow, "connection refused"});
        const auto second = proxy.goes();
        CHECK(second.flow.remote == kEntries[1].remote);
        proxy.answers(second, 503);
        const auto third = proxy.goes();
        CHECK(third.flow.remote == kEntries[2].remote);
        CHECK(proxy.told.empty());
        proxy.answers(third, 200);
        CHECK(proxy.told == Texts{"200"});
        CHECK(proxy.asks(method).flow.remote == kEntries[0].remote);  // both fail: the given order
    }
    SECTION("nobody is there") {
        proxy.deliver(SendFailed{first.flow, "no route"});
        proxy.deliver(SendFailed{proxy.goes().flow, "no route"});
        proxy.answers(proxy.goes(), 503);
        CHECK(proxy.told == Texts{"503"});
    }
    SECTION("any other answer is the answer") {
        proxy.answers(first, 480);
        CHECK(proxy.told == Texts{"480"});
    }
}

TEST_CASE("silence: a request of our own waits as others do; who asked no longer, asks nobody") {
    OwnRequests proxy;
    const auto [method, patience] =
        GENERATE(table<std::string, int>({{"SUBSCRIBE", 12'000}, {"INVITE", 4'000}}));
    const auto first = proxy.asks(method);
    proxy.run_until(patience - 1);
    for (const auto& one : sent(proxy.outbox)) CHECK(one.flow.remote != kEntries[1].remote);
    SECTION("the next one answers") {
        proxy.run_until(patience);
        const auto second = proxy.goes();
        CHECK(second.flow.remote == kEntries[1].remote);
        proxy.answers(first, 200);  // late: nobody's
        CHECK(proxy.told.empty());
        proxy.answers(second, 200);
        CHECK(proxy.told == Texts{"200"});
    }
    SECTION("forgotten") {
        proxy.proxy.forget_request(proxy.id);
        proxy.run_until(300'000);
        for (const auto& one : sent(proxy.outbox)) CHECK(one.flow.remote != kEntries[1].remote);
        CHECK(proxy.told.empty());
        CHECK(proxy.proxy.next_deadline() == std::nullopt);
    }
}

TEST_CASE("an INVITE of our own is cancelled where it is, and goes nowhere else") {
    OwnRequests proxy;
    proxy.deliver(SendFailed{proxy.asks("INVITE", 3).flow, "connection refused"});
    const auto second = proxy.goes();
    proxy.answers(second, 180);
    CHECK(proxy.told == Texts{"180"});
    proxy.proxy.cancel_request(proxy.id);
    const auto cancels = sent(proxy.outbox);
    REQUIRE(cancels.size() == 1);
    CHECK(cancels[0].summary() == "CANCEL");
    CHECK(cancels[0].flow.remote == kEntries[1].remote);
    proxy.answers(second, 503);
    CHECK(proxy.told == Texts{"180", "503"});
    CHECK(proxy.sent_now() == Texts{"ACK"});
}
