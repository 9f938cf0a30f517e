// Transactions with a user that writes down what it is told.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sip/transaction.h"
#include "tests/support/sip_fixture.h"

namespace imslab::test {

struct RecordingUser final : sip::TransactionUser {
    std::vector<std::string> told;
    sip::ServerId server = 0;  // the latest
    std::optional<sip::Message> request, response, ack;
    std::string malformed;

    void on_request(sip::ServerId id, sip::Message message, const Flow&) override {
        server = id;
        told.push_back("request " + std::string(message.method_text()));
        request = std::move(message);
    }
    void on_ack(sip::Message message, const Flow&) override {
        told.push_back("ack");
        ack = std::move(message);
    }
    void on_cancel(sip::ServerId, const sip::Message&) override { told.push_back("cancel"); }
    void on_response(sip::ClientId, sip::Message message) override {
        told.push_back("response " + std::to_string(message.status()));
        response = std::move(message);
    }
    void on_timeout(sip::ClientId) override { told.push_back("timeout"); }
    void on_transport_error(sip::ClientId) override { told.push_back("transport error"); }
    void on_stray_response(sip::Message message, const Flow&) override {
        told.push_back("stray " + std::to_string(message.status()));
    }
    void on_server_ended(sip::ServerId) override { told.push_back("ended"); }
    void on_malformed(const sip::ParseFailure& failure, const Flow&) override {
        told.push_back("malformed");
        malformed = failure.error.reason;
    }

    std::vector<std::string> take() { return std::exchange(told, {}); }
};

struct TransactionFixture {
    Outbox outbox;
    FixedEntropy entropy;
    RecordingUser user;
    sip::Transactions transactions;
    Time now = at(0);

    explicit TransactionFixture(sip::Transactions::Config config = {})
        : transactions(outbox, entropy, user, std::move(config)) {}

    void arrive(const std::string& bytes, const Flow& from) {
        transactions.on_arrived(Arrived{from, bytes}, now);
    }
    void arrive(const RequestText& text, const Flow& from) { arrive(text.to_string(), from); }
    void arrive(const sip::Message& message, const Flow& from) { arrive(message.to_bytes(), from); }

    // Lets time pass, waking the layer exactly when it wants to be.
    void run_until(std::int64_t until) {
        while (const auto deadline = transactions.next_deadline()) {
            if (*deadline > at(until)) break;
            now = std::max(now, *deadline);
            transactions.on_time(now);
        }
        now = at(until);
    }
    // The instants, in milliseconds, at which something is sent until then.
    std::vector<std::int64_t> send_times(std::int64_t until) {
        std::vector<std::int64_t> times;
        (void)sent(outbox);
        while (const auto deadline = transactions.next_deadline()) {
            if (*deadline > at(until)) break;
            now = std::max(now, *deadline);
            transactions.on_time(now);
            for (std::size_t n = sent(outbox).size(); n > 0; --n)
                times.push_back(milliseconds(now));
        }
        now = at(until);
        return times;
    }
    std::vector<std::string> sent_now() { return summaries(sent(outbox)); }
};

}  // namespace imslab::test
