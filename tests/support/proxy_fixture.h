// A proxy whose element forwards where the test says, and writes down what it is told.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sip/proxy.h"
#include "tests/support/sip_fixture.h"

namespace imslab::test {

struct RecordingElement final : sip::ProxyUser {
    std::vector<std::string> told;
    sip::ServerId id = 0;  // the latest request's
    std::optional<sip::Message> request, ack;
    // What it does; by default it keeps the id for later, relays all and edits nothing.
    std::function<void(sip::ServerId, const sip::Message&)> when_request;
    std::function<Verdict(std::size_t branch, sip::Message&)> when_response;
    std::function<void(sip::Message&)> when_final;

    void on_request(sip::ServerId server, sip::Message message, const Flow&) override {
        id = server;
        told.push_back("request " + std::string(message.method_text()));
        request = std::move(message);
        if (when_request) when_request(server, *request);
    }
    void on_ack(sip::Message message, const Flow&) override {
        told.push_back("ack");
        ack = std::move(message);
    }
    Verdict on_response(sip::ServerId, std::size_t branch, sip::Message& response) override {
        told.push_back("response " + std::to_string(response.status()) + " of " +
                       std::to_string(branch));
        return when_response ? when_response(branch, response) : Verdict::relay;
    }
    void on_final(sip::ServerId, sip::Message& response) override {
        told.push_back("final " + std::to_string(response.status()));
        if (when_final) when_final(response);
    }
    void on_ended(sip::ServerId) override { told.push_back("ended"); }
    void on_malformed(const sip::ParseFailure&, const Flow&) override {
        told.push_back("malformed");
    }

    std::vector<std::string> take() { return std::exchange(told, {}); }
};

struct ProxyFixture {
    Outbox outbox;
    FixedEntropy entropy;
    RecordingElement element;
    sip::Proxy proxy;
    Time now = at(0);

    explicit ProxyFixture(sip::Proxy::Config config = {})
        : proxy(outbox, entropy, element, std::move(config)) {}

    void deliver(Event event) { proxy.deliver(event, now); }
    void arrive(const RequestText& text, const Flow& from) {
        deliver(Arrived{from, text.to_string()});
    }
    void arrive(const sip::Message& message, const Flow& from) {
        deliver(Arrived{from, message.to_bytes()});
    }

    void run_until(std::int64_t until) {
        while (const auto deadline = proxy.next_deadline()) {
            if (*deadline > at(until)) break;
            now = std::max(now, *deadline);
            deliver(Woken{});
        }
        now = at(until);
    }
    std::vector<std::string> sent_now() { return summaries(sent(outbox)); }
};

}  // namespace imslab::test
