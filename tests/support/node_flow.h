// A node under test, told as a call flow: what arrives, what it sends, what it asks on Cx and what
// it is answered. Whatever a test does not look at stays in the queue, and `quiet()` finds it.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdio>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/node.h"
#include "diameter/cx.h"
#include "sip/headers.h"
#include "sip/message.h"

namespace imslab::test {

// The same numbers in each run.
class CountingEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> octets) override {
        for (auto& octet : octets) {
            state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
            octet = static_cast<std::uint8_t>(state_ >> 56);
        }
    }

private:
    std::uint64_t state_ = 42;
};

inline Address at(std::string_view text) { return *Address::parse(text, 5060); }

// "\n" becomes CRLF; a blank line ends the header.
inline std::string wire(std::string_view text) {
    std::string bytes;
    for (const char c : text) {
        if (c == '\n') bytes += '\r';
        bytes += c;
    }
    return bytes;
}

struct SentMessage {
    Flow flow;
    sip::Message message;
};

class NodeFlow {
public:
    NodeFlow(Node& node, Address address) : node_(node), address_(address) {}

    void arrives(const Address& from, std::string_view text) {
        deliver(Arrived{Flow{Transport::udp, address_, from, 0}, wire(text)});
    }
    void arrives(const Address& from, const sip::Message& message) {
        deliver(Arrived{Flow{Transport::udp, address_, from, 0}, message.to_bytes()});
    }
    // A response to a request that the node has sent.
    void answers(const SentMessage& request,
                 int status,
                 std::string_view extra = {},
                 std::string_view tag = "remote") {
        auto response = sip::Message::response_to(request.message, status);
        if (status > 100 && !sip::to_tag(response)) sip::set_to_tag(response, tag);
        std::string bytes = response.to_bytes();
        if (!extra.empty()) {
            const auto end_of_start_line = bytes.find("\r\n") + 2;
            bytes.insert(end_of_start_line, wire(extra));
        }
        deliver(Arrived{Flow{Transport::udp, address_, request.flow.remote, 0}, bytes});
    }

    // The next message sent, 100 Trying aside.
    SentMessage sent() {
        drop_trying();
        REQUIRE_FALSE(sent_.empty());
        auto first = std::move(sent_.front());
        sent_.pop_front();
        return first;
    }
    // The next question on Cx.
    template <class Question>
    Question asked() {
        REQUIRE_FALSE(asked_.empty());
        auto [id, request] = std::move(asked_.front());
        asked_.pop_front();
        open_ = id;
        auto* question = std::get_if<Question>(&request);
        REQUIRE(question != nullptr);
        return std::move(*question);
    }
    // The answer to the question asked last.
    void answered(cx::Answer answer) { deliver(Answered{open_, std::any(std::move(answer))}); }
    void unanswered(AskFailed::Why why = AskFailed::Why::timed_out) {
        deliver(Answered{open_, std::any(AskFailed{why, "no answer within 10 s"})});
    }
    AskId open() const { return open_; }
    void answered(AskId id, cx::Answer answer) {
        deliver(Answered{id, std::any(std::move(answer))});
    }

    // The HSS asks.
    template <class Reply_>
    Reply_ hss_asks(cx::Request request) {
        deliver(Asked{++asked_us_, "hss", std::any(std::move(request))});
        REQUIRE_FALSE(replies_.empty());
        auto answer = std::any_cast<cx::Answer>(replies_.front().answer);
        replies_.pop_front();
        REQUIRE(std::holds_alternative<Reply_>(answer));
        return std::get<Reply_>(answer);
    }

    void passes(Duration duration) {
        const Time until = now_ + duration;
        for (;;) {
            const auto deadline = node_.next_deadline();
            if (!deadline || *deadline > until) break;
            if (*deadline > now_) now_ = *deadline;
            deliver(Woken{});
        }
        now_ = until;
    }

    bool quiet() {
        drop_trying();
        for (const auto& message : sent_)
            std::fprintf(stderr, "unexpected: %s\n", message.message.to_bytes().c_str());
        return sent_.empty() && asked_.empty() && replies_.empty();
    }
    // Retransmissions and the like that a test does not care about.
    void forget_sent() { sent_.clear(); }
    std::size_t sent_waiting() {
        drop_trying();
        return sent_.size();
    }
    Time now() const { return now_; }
    const std::vector<Log>& logs() const { return logs_; }

    void deliver(Event event) {
        node_.deliver(std::move(event), now_);
        node_.take_effects(effects_);
        for (auto& effect : effects_) take(std::move(effect));
    }

private:
    void take(Effect effect) {
        if (auto* send = std::get_if<Send>(&effect)) {
            auto parsed = sip::parse(std::move(send->bytes));
            REQUIRE(parsed);
            sent_.push_back({send->flow, *std::move(parsed)});
        } else if (auto* ask = std::get_if<Ask>(&effect)) {
            asked_.emplace_back(ask->id, std::any_cast<cx::Request>(ask->request));
        } else if (auto* reply = std::get_if<Reply>(&effect)) {
            replies_.push_back(std::move(*reply));
        } else if (auto* log = std::get_if<Log>(&effect)) {
            logs_.push_back(std::move(*log));
        }
    }
    void drop_trying() {
        while (!sent_.empty() && sent_.front().message.status() == 100) sent_.pop_front();
    }

    Node& node_;
    Address address_;
    Time now_ = Time{} + std::chrono::hours(1);
    std::vector<Effect> effects_;
    std::deque<SentMessage> sent_;
    std::deque<std::pair<AskId, cx::Request>> asked_;
    std::deque<Reply> replies_;
    std::vector<Log> logs_;
    AskId open_ = 0;
    AskId asked_us_ = 0;
};

}  // namespace imslab::test
