// The stateful proxy as call flows: RFC 3261 §16 with RFC 6026. Alice's requests come in, bob's
// phones are branches.
#include "sip/proxy.h"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/proxy_fixture.h"

using namespace imslab;
using sip::HeaderId;
using sip::ProxyUser;
using test::at;
using test::RequestText;
using test::Sent;
using test::sent;
using Texts = std::vector<std::string>;

namespace {

const Flow kAlice = test::udp("127.1.3.1", "127.1.100.1");
const Flow kPhones[] = {test::udp("127.1.3.1", "127.1.100.2"),
                        test::udp("127.1.3.1", "127.1.100.3"),
                        test::udp("127.1.3.1", "127.1.100.4")};

struct ForkingProxy : test::ProxyFixture {
    std::vector<sip::Message> at_phone;  // the request as each phone got it

    explicit ForkingProxy(sip::Proxy::Config config = {}) : ProxyFixture(std::move(config)) {}

    // Alice's request, forwarded to so many phones at once.
    void call(std::size_t phones, RequestText text = {}) {
        arrive(text, kAlice);
        std::vector<sip::Branch> branches;
        for (std::size_t i = 0; i < phones; ++i) branches.push_back({*element.request, kPhones[i]});
        proxy.forward(element.id, std::move(branches));
        at_phone.clear();
        for (auto& one : sent(outbox)) {
            if (one.message.is_request()) at_phone.push_back(std::move(one.message));
        }
        REQUIRE(at_phone.size() == phones);
        (void)element.take();
    }
    // A branch added later.
    void forward_to(std::size_t phone) {
        proxy.forward(element.id, sip::Branch{*element.request, kPhones[phone]});
        for (auto& one : sent(outbox)) {
            if (one.message.is_request()) at_phone.push_back(std::move(one.message));
        }
    }
    void phone_answers(std::size_t phone, int status) {
        arrive(test::answer(at_phone[phone], status, "b" + std::to_string(phone)), kPhones[phone]);
    }
    // What has gone to alice since, and what to the phones.
    Texts to_alice() {
        Texts texts;
        for (auto& one : sent(outbox)) {
            if (one.flow.remote == kAlice.remote) texts.push_back(one.summary());
        }
        return texts;
    }
    Texts to_phones() {
        Texts texts;
        for (auto& one : sent(outbox)) {
            for (std::size_t i = 0; i < 3; ++i) {
                if (one.flow.remote == kPhones[i].remote)
                    texts.push_back(one.summary() + " " + std::to_string(i));
            }
        }
        return texts;
    }
};

}  // namespace

TEST_CASE(
    "Given a MESSAGE, when it is forwarded, then our Via is on top and Max-Forwards is one less") {
    ForkingProxy lab;
    lab.call(1, {.method = "MESSAGE"});
    const auto& request = lab.at_phone[0];
    CHECK(request.values(HeaderId::via).size() == 2);
    CHECK(sip::top_via(request)->host == "127.1.3.1");
    CHECK(request.get(HeaderId::max_forwards) == "69");

    lab.arrive(test::answer(request, 202, "b0"), kPhones[0]);
    const auto all = sent(lab.outbox);
    REQUIRE(all.size() == 1);
    CHECK(all[0].summary() == "202 MESSAGE");
    CHECK(all[0].flow.remote == kAlice.remote);
    CHECK(all[0].message.values(HeaderId::via).size() == 1);
    CHECK(lab.element.take() == Texts{"response 202 of 0", "final 202", "ended"});
}

TEST_CASE(
    "Without Max-Forwards 70 is added; at 0 the request is answered 483, an OPTIONS only when it "
    "is to go on") {
    ForkingProxy lab;
    SECTION("absent") {
        lab.call(1, {.method = "MESSAGE", .max_forwards = ""});
        CHECK(lab.at_phone[0].get(HeaderId::max_forwards) == "70");
    }
    SECTION("a MESSAGE at 0") {
        lab.arrive(RequestText{.method = "MESSAGE", .max_forwards = "0"}, kAlice);
        CHECK(lab.to_alice() == Texts{"483 MESSAGE"});
        CHECK(lab.element.take().empty());
    }
    SECTION("an OPTIONS at 0 may be ours") {
        lab.arrive(RequestText{.method = "OPTIONS", .max_forwards = "0"}, kAlice);
        CHECK(lab.element.take() == Texts{"request OPTIONS"});
        SECTION("and is answered") {
            lab.proxy.respond(lab.element.id, 200);
            CHECK(lab.to_alice() == Texts{"200 OPTIONS"});
        }
        SECTION("or not go on") {
            lab.forward_to(0);
            CHECK(lab.at_phone.empty());
        }
        CHECK(lab.element.take() == Texts{"ended"});
    }
}

TEST_CASE("Proxy-Require with what we do not support is answered 420 and Unsupported") {
    sip::Proxy::Config config;
    config.supported = {"sec-agree"};
    ForkingProxy lab(std::move(config));
    lab.arrive(
        RequestText{.method = "MESSAGE", .more = "Proxy-Require: Sec-Agree, nonsense, more\r\n"},
        kAlice);
    const auto all = sent(lab.outbox);
    REQUIRE(all.size() == 1);
    CHECK(all[0].message.status() == 420);
    CHECK(all[0].message.get(HeaderId::unsupported) == "nonsense, more");
    CHECK(lab.element.take().empty());
    lab.arrive(
        RequestText{
            .method = "MESSAGE", .branch = "z9hG4bK-2", .more = "Proxy-Require: sec-agree\r\n"},
        kAlice);
    CHECK(lab.element.take() == Texts{"request MESSAGE"});
}

TEST_CASE("An unknown URI scheme is answered 416") {
    ForkingProxy lab;
    lab.arrive(RequestText{.method = "MESSAGE", .uri = "nobodyKnowsThisScheme:totallyopaque"},
               kAlice);
    CHECK(lab.to_alice() == Texts{"416 MESSAGE"});
}

TEST_CASE(
    "RFC 5393: a request that comes back unchanged has looped, one that was retargeted spirals") {
    ForkingProxy lab;
    lab.call(1, {.method = "MESSAGE"});
    auto back = lab.at_phone[0];
    back.prepend(HeaderId::via, "SIP/2.0/UDP 127.1.100.2:5060;branch=z9hG4bK-bob-1");
    SECTION("loop") {
        lab.arrive(back, kPhones[0]);
        CHECK(lab.sent_now() == Texts{"482 MESSAGE"});
        CHECK(lab.element.take().empty());
    }
    SECTION("spiral") {
        back.set_uri("sip:carol@home.example");
        lab.arrive(back, kPhones[0]);
        CHECK(lab.element.take() == Texts{"request MESSAGE"});
    }
}

TEST_CASE(
    "An answered call through the proxy: 100 from us, 180 and 200 relayed, the ACK is the "
    "element's") {
    ForkingProxy lab;
    lab.arrive(RequestText{}, kAlice);
    CHECK(lab.sent_now() == Texts{"100 INVITE"});
    lab.forward_to(0);
    (void)lab.element.take();
    lab.phone_answers(0, 100);
    CHECK(lab.to_alice().empty());
    lab.phone_answers(0, 180);
    CHECK(lab.to_alice() == Texts{"180 INVITE"});
    lab.phone_answers(0, 200);
    CHECK(lab.to_alice() == Texts{"200 INVITE"});
    CHECK(lab.element.take() == Texts{"response 180 of 0", "response 200 of 0", "final 200"});
    lab.arrive(RequestText{.method = "ACK", .branch = "z9hG4bK-alice-2", .to_tag = "b0"}, kAlice);
    CHECK(lab.element.take() == Texts{"ack"});
    lab.proxy.forward_ack(*lab.element.ack, kPhones[0]);
    auto all = sent(lab.outbox);
    REQUIRE(all.size() == 1);
    CHECK(all[0].summary() == "ACK");
    CHECK(all[0].message.get(HeaderId::max_forwards) == "69");
    CHECK(all[0].message.values(HeaderId::via).size() == 2);
    lab.phone_answers(0, 200);  // it had not seen the ACK yet
    CHECK(lab.to_alice() == Texts{"200 INVITE"});
    (void)lab.element.take();
    lab.run_until(40'000);
    CHECK(lab.element.take() == Texts{"ended"});
    CHECK(lab.proxy.transactions().size() == 0);
}

TEST_CASE(
    "Given three phones, when one answers, then the others are cancelled and their 487s stay "
    "here") {
    ForkingProxy lab;
    lab.call(3);
    for (std::size_t i = 0; i < 3; ++i) lab.phone_answers(i, 180);
    CHECK(lab.to_alice() == Texts{"180 INVITE", "180 INVITE", "180 INVITE"});
    lab.phone_answers(1, 200);
    CHECK(lab.sent_now() == Texts{"200 INVITE", "CANCEL", "CANCEL"});
    lab.phone_answers(0, 487);
    lab.phone_answers(2, 487);
    CHECK(lab.sent_now() == Texts{"ACK", "ACK"});
    (void)lab.element.take();
    lab.run_until(64'000);
    CHECK(lab.element.take() == Texts{"ended"});
}

TEST_CASE("Given two phones that answer at once, then each 200 goes upstream") {
    ForkingProxy lab;
    lab.call(2);
    lab.phone_answers(0, 180);
    lab.phone_answers(1, 180);
    lab.phone_answers(0, 200);
    (void)sent(lab.outbox);
    lab.phone_answers(1, 200);
    CHECK(lab.to_alice() == Texts{"200 INVITE"});
}

TEST_CASE("The best response: which of two failures goes upstream") {
    struct Case {
        int first, second, best;
    };
    for (const auto& [first, second, best] : {Case{404, 486, 404},
                                              Case{486, 401, 401},
                                              Case{486, 484, 484},
                                              Case{500, 404, 404},
                                              Case{302, 404, 302},
                                              Case{404, 603, 603},
                                              Case{503, 404, 404},
                                              Case{503, 501, 501},
                                              Case{503, 503, 500},
                                              Case{408, 486, 486}}) {
        CAPTURE(first, second);
        ForkingProxy lab;
        lab.call(2);
        lab.phone_answers(0, first);
        CHECK(lab.to_alice().empty());
        lab.phone_answers(1, second);
        CHECK(lab.to_alice() == Texts{std::to_string(best) + " INVITE"});
        CHECK(lab.element.take().back() == "ended");
    }
}

TEST_CASE("A challenge carries those of the other branches along") {
    ForkingProxy lab;
    lab.call(3);
    const auto challenge = [&](std::size_t phone, int status, HeaderId id, const char* realm) {
        auto response = test::answer(lab.at_phone[phone], status, "b");
        response.append(id, std::string("Digest realm=\"") + realm + "\", nonce=\"n\"");
        lab.arrive(response, kPhones[phone]);
    };
    challenge(0, 407, HeaderId::proxy_authenticate, "one");
    challenge(1, 401, HeaderId::www_authenticate, "two");
    challenge(2, 407, HeaderId::proxy_authenticate, "three");
    auto all = sent(lab.outbox);
    const auto& chosen = all.back().message;
    CHECK(chosen.status() == 407);
    std::size_t proxies = 0, servers = 0;
    for (const auto& field : chosen.fields()) {
        proxies += field.id == HeaderId::proxy_authenticate;
        servers += field.id == HeaderId::www_authenticate;
    }
    CHECK(proxies == 2);
    CHECK(servers == 1);
}

TEST_CASE(
    "Given a 6xx of one phone, then the others are cancelled and it goes upstream when they are "
    "done") {
    ForkingProxy lab;
    lab.call(2);
    lab.phone_answers(0, 180);
    lab.phone_answers(1, 180);
    (void)sent(lab.outbox);
    lab.phone_answers(0, 603);
    CHECK(lab.to_phones() == Texts{"ACK 0", "CANCEL 1"});
    lab.phone_answers(1, 487);
    CHECK(lab.to_alice() == Texts{"603 INVITE"});
}

TEST_CASE(
    "Given a 6xx of one phone, when another had answered 200 before its CANCEL, then the 200 "
    "wins") {
    ForkingProxy lab;
    lab.call(2);
    lab.phone_answers(1, 180);
    lab.phone_answers(0, 603);
    (void)sent(lab.outbox);
    lab.phone_answers(1, 200);
    CHECK(lab.to_alice() == Texts{"200 INVITE"});
}

TEST_CASE("A lone 503 becomes 500 without Retry-After, unless the element says otherwise") {
    ForkingProxy lab;
    std::string expected = "500 MESSAGE";
    SECTION("as it comes") {}
    SECTION("changed by the element") {
        lab.element.when_final = [](sip::Message& response) { response.set_status(480); };
        expected = "480 MESSAGE";
    }
    lab.call(1, {.method = "MESSAGE"});
    auto response = test::answer(lab.at_phone[0], 503, "b0");
    response.append(HeaderId::retry_after, "120");
    lab.arrive(response, kPhones[0]);
    CHECK(lab.element.take() == Texts{"response 503 of 0", "final 503", "ended"});
    const auto all = sent(lab.outbox);
    REQUIRE(all.size() == 1);
    CHECK(all[0].summary() == expected);
    if (expected.starts_with("500")) CHECK_FALSE(all[0].message.has(HeaderId::retry_after));
}

TEST_CASE("Silence counts as 408, a transport error as 503") {
    ForkingProxy lab;
    SECTION("MESSAGE, silence") {
        lab.call(1, {.method = "MESSAGE"});
        lab.run_until(32'000);
        CHECK(lab.to_alice() == Texts{"100 MESSAGE", "408 MESSAGE"});  // RFC 4320 §4.1
        CHECK(lab.element.take() == Texts{"response 408 of 0", "final 408", "ended"});
    }
    SECTION("INVITE, silence") {
        lab.call(1);
        lab.run_until(32'000);
        CHECK(lab.to_alice() == Texts{"408 INVITE"});
    }
    SECTION("transport error") {
        lab.call(1);
        lab.deliver(SendFailed{kPhones[0], "port unreachable"});
        CHECK(lab.to_alice() == Texts{"500 INVITE"});
        CHECK(lab.element.take() == Texts{"response 503 of 0", "final 503", "ended"});
    }
    SECTION("transport error of one branch of two") {
        lab.call(2);
        lab.deliver(SendFailed{kPhones[0], "port unreachable"});
        CHECK(lab.to_alice().empty());
        lab.phone_answers(1, 486);
        CHECK(lab.to_alice() == Texts{"486 INVITE"});
    }
}

TEST_CASE(
    "Given a ringing call, when alice cancels, then 200, CANCEL to the phones, and their 487 "
    "answers the INVITE") {
    ForkingProxy lab;
    lab.call(2);
    lab.phone_answers(0, 180);
    (void)sent(lab.outbox);
    lab.arrive(RequestText{.method = "CANCEL", .more = "Reason: SIP;cause=480\r\n"}, kAlice);
    auto all = sent(lab.outbox);
    CHECK(test::summaries(all) ==
          Texts{"200 CANCEL", "CANCEL"});  // phone 1 has not answered at all yet
    CHECK(all[1].message.get(HeaderId::reason) == "SIP;cause=480");
    lab.phone_answers(1, 180);
    CHECK(lab.to_phones() == Texts{"CANCEL 1"});
    lab.phone_answers(0, 487);
    lab.phone_answers(1, 487);
    CHECK(lab.to_alice() == Texts{"487 INVITE"});
    CHECK(lab.element.take().back() == "ended");
}

TEST_CASE("The race: alice cancels while a 200 is under way, then the 200 goes upstream") {
    ForkingProxy lab;
    lab.call(1);
    lab.phone_answers(0, 180);
    (void)sent(lab.outbox);
    lab.arrive(RequestText{.method = "CANCEL"}, kAlice);
    CHECK(lab.sent_now() == Texts{"200 CANCEL", "CANCEL"});
    lab.phone_answers(0, 200);
    CHECK(lab.to_alice() == Texts{"200 INVITE"});
    lab.arrive(RequestText{.method = "ACK", .branch = "z9hG4bK-alice-2", .to_tag = "b0"}, kAlice);
    CHECK(lab.element.take().back() == "ack");
}

TEST_CASE(
    "Given an element that still thinks, when alice cancels, then 487 at once and a later forward "
    "does nothing") {
    ForkingProxy lab;
    lab.arrive(RequestText{}, kAlice);
    (void)sent(lab.outbox);
    lab.arrive(RequestText{.method = "CANCEL"}, kAlice);
    CHECK(lab.sent_now() == Texts{"200 CANCEL", "487 INVITE"});
    CHECK(lab.element.take() == Texts{"request INVITE", "final 487", "ended"});
    lab.forward_to(0);
    CHECK(lab.at_phone.empty());
}

TEST_CASE(
    "Given an element that absorbs failures, when alice cancels, then the INVITE is answered 487 "
    "all the same") {
    ForkingProxy lab;
    lab.element.when_response = [](std::size_t, sip::Message& response) {
        return response.status() < 300 ? ProxyUser::Verdict::relay : ProxyUser::Verdict::absorb;
    };
    lab.call(2);
    lab.phone_answers(0, 486);
    lab.phone_answers(1, 180);
    (void)sent(lab.outbox);
    SECTION("one rings") {
        lab.arrive(RequestText{.method = "CANCEL"}, kAlice);
        CHECK(lab.sent_now() == Texts{"200 CANCEL", "CANCEL"});
        lab.phone_answers(1, 487);
        CHECK(lab.to_alice() == Texts{"487 INVITE"});
    }
    SECTION("none rings any more") {
        lab.phone_answers(1, 486);
        CHECK(lab.to_alice().empty());
        lab.arrive(RequestText{.method = "CANCEL"}, kAlice);
        CHECK(lab.sent_now() == Texts{"200 CANCEL", "487 INVITE"});
    }
    CHECK(lab.element.take().back() == "ended");
}

TEST_CASE("A phone that loses the other Vias has answered nothing of use: 502") {
    ForkingProxy lab;
    lab.call(1, {.method = "MESSAGE"});
    auto response = test::answer(lab.at_phone[0], 200, "b0");
    const std::string ours(*response.first_value(HeaderId::via));
    response.set(HeaderId::via, ours);
    lab.arrive(response, kPhones[0]);
    CHECK(lab.to_alice() == Texts{"502 MESSAGE"});
}

TEST_CASE("A phone that ignores the CANCEL is given up after 64*T1: 487") {
    ForkingProxy lab;
    lab.call(1);
    lab.phone_answers(0, 180);
    lab.arrive(RequestText{.method = "CANCEL"}, kAlice);
    (void)sent(lab.outbox);
    lab.run_until(31'999);
    CHECK(lab.to_alice().empty());
    lab.run_until(32'000);
    CHECK(lab.to_alice() == Texts{"487 INVITE"});
}

TEST_CASE(
    "Timer C cancels a call that rings for three minutes; each provisional response starts it "
    "anew") {
    ForkingProxy lab;
    lab.call(1);
    lab.phone_answers(0, 180);
    (void)sent(lab.outbox);
    SECTION("it fires at 181 s") {
        lab.run_until(180'999);
        CHECK(lab.sent_now().empty());
        lab.run_until(181'000);
        CHECK(lab.sent_now() == Texts{"CANCEL"});
        lab.phone_answers(0, 487);
        CHECK(lab.to_alice() == Texts{"487 INVITE"});
    }
    SECTION("a 180 at 100 s") {
        lab.run_until(100'000);
        lab.phone_answers(0, 180);
        (void)sent(lab.outbox);
        lab.run_until(280'999);
        CHECK(lab.sent_now().empty());
        lab.run_until(281'000);
        CHECK(lab.sent_now() == Texts{"CANCEL"});
    }
    SECTION("answered, it is off") {
        lab.phone_answers(0, 200);
        (void)sent(lab.outbox);
        lab.run_until(400'000);
        CHECK(lab.sent_now().empty());
    }
}

TEST_CASE("Serial forking: the element absorbs a failure and tries the next phone") {
    ForkingProxy lab;
    lab.call(1);
    SECTION("within the hook") {
        lab.element.when_response = [&](std::size_t branch, sip::Message& response) {
            if (branch != 0 || response.status() < 300) return ProxyUser::Verdict::relay;
            lab.proxy.forward(lab.element.id, sip::Branch{*lab.element.request, kPhones[1]});
            return ProxyUser::Verdict::absorb;
        };
        lab.phone_answers(0, 486);
        CHECK(lab.to_phones() == Texts{"ACK 0", "INVITE 1"});
    }
    SECTION("later: the context waits") {
        lab.element.when_response = [&](std::size_t branch, sip::Message&) {
            return branch == 0 ? ProxyUser::Verdict::absorb : ProxyUser::Verdict::relay;
        };
        lab.phone_answers(0, 486);
        CHECK(lab.to_phones() == Texts{"ACK 0"});
        lab.forward_to(1);
        lab.phone_answers(1, 404);
        CHECK(lab.to_alice() == Texts{"404 INVITE"});
        CHECK(lab.element.take().back() == "ended");
    }
}

TEST_CASE(
    "The element answers while a branch is open: it is cancelled, and what comes of it stays "
    "here") {
    ForkingProxy lab;
    lab.call(1);
    lab.phone_answers(0, 180);
    (void)sent(lab.outbox);
    (void)lab.element.take();
    lab.proxy.respond(lab.element.id, 480);
    CHECK(lab.sent_now() == Texts{"480 INVITE", "CANCEL"});
    lab.phone_answers(0, 487);
    CHECK(lab.to_phones() == Texts{"ACK 0"});
    CHECK(lab.element.take() == Texts{"ended"});
}

TEST_CASE(
    "RFC 6026: a 2xx after our failure went out is discarded, and so is a response to nobody's "
    "request") {
    ForkingProxy lab;
    lab.call(1);
    lab.phone_answers(0, 180);
    lab.proxy.respond(lab.element.id, 480);
    (void)sent(lab.outbox);
    lab.phone_answers(0, 200);
    CHECK(lab.to_alice().empty());
    auto stray = test::answer(lab.at_phone[0], 200, "b7");
    stray.replace_first_value(HeaderId::via, "SIP/2.0/UDP 127.1.3.1:5060;branch=z9hG4bK-nobody");
    lab.arrive(stray, kPhones[0]);
    CHECK(lab.sent_now().empty());
}

TEST_CASE(
    "A request of our own: its final response is told once, silence as none, and no context is "
    "made") {
    ForkingProxy lab;
    int calls = 0, status = -1;
    auto notify = test::parsed(
        RequestText{.method = "NOTIFY", .more = "Event: reg\r\nSubscription-State: active\r\n"}
            .to_string());
    notify.remove(HeaderId::via);
    notify.remove(HeaderId::max_forwards);
    lab.proxy.send_request(std::move(notify), kPhones[0], [&](const sip::Message* final_response) {
        ++calls;
        status = final_response == nullptr ? 0 : final_response->status();
    });
    auto all = sent(lab.outbox);
    REQUIRE(all.size() == 1);
    CHECK(all[0].message.get(HeaderId::max_forwards) == "70");
    SECTION("answered") {
        lab.arrive(test::answer(all[0].message, 200, "b0"), kPhones[0]);
        lab.arrive(test::answer(all[0].message, 200, "b0"), kPhones[0]);
        CHECK(status == 200);
    }
    SECTION("timed out") {
        lab.run_until(32'000);
        CHECK(status == 0);
    }
    SECTION("unreachable") {
        lab.deliver(SendFailed{kPhones[0], "port unreachable"});
        CHECK(status == 0);
    }
    CHECK(calls == 1);
    CHECK(lab.element.take().empty());
}

TEST_CASE("A repeated request changes nothing, also after its answer") {
    ForkingProxy lab;
    lab.call(1, {.method = "MESSAGE"});
    lab.arrive(RequestText{.method = "MESSAGE"}, kAlice);
    CHECK(lab.sent_now().empty());
    lab.phone_answers(0, 200);
    (void)sent(lab.outbox);
    lab.arrive(RequestText{.method = "MESSAGE"}, kAlice);
    CHECK(lab.sent_now() == Texts{"200 MESSAGE"});
    lab.run_until(32'000);
    CHECK(lab.proxy.transactions().size() == 0);
    CHECK_FALSE(lab.proxy.next_deadline().has_value());
}

TEST_CASE("The state shows the contexts with their branches") {
    ForkingProxy lab;
    lab.call(2);
    lab.phone_answers(0, 486);
    const auto state = lab.proxy.state();
    CHECK(state["response_contexts"] == 1);
    CHECK(state["contexts"][0]["method"] == "INVITE");
    CHECK(state["contexts"][0]["branches"] == 2);
    CHECK(state["contexts"][0]["open_branches"] == 1);
    CHECK(state["client_transactions"] == 2);
}

TEST_CASE("Answered and Asked are not the proxy's, but tell it the time") {
    ForkingProxy lab;
    lab.now = at(1000);
    Event answered = Answered{1, {}};
    CHECK_FALSE(lab.proxy.deliver(answered, lab.now));
    lab.call(1, {.method = "MESSAGE"});
    CHECK(lab.proxy.next_deadline() == at(1500));
}
