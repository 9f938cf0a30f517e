// For tests that talk to a part of a node in SIP: fixed randomness, a clock that is a number,
// messages by the word, and what was sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/node.h"
#include "sip/headers.h"
#include "sip/message.h"

namespace imslab::test {

// Always the same octets, and never twice.
class FixedEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> octets) override {
        for (auto& octet : octets) {
            state_ = state_ * 6364136223846793005U + 1442695040888963407U;
            octet = static_cast<std::uint8_t>(state_ >> 56);
        }
    }

private:
    std::uint64_t state_ = 1;
};

inline Time at(std::int64_t milliseconds) { return Time(std::chrono::milliseconds(milliseconds)); }
inline std::int64_t milliseconds(Time time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

inline Flow flow(Transport transport,
                 std::string_view local,
                 std::string_view remote,
                 std::uint64_t connection = 0) {
    return Flow{transport,
                Address::parse(local, 5060).value(),
                Address::parse(remote, 5060).value(),
                connection};
}
inline Flow udp(std::string_view local, std::string_view remote) {
    return flow(Transport::udp, local, remote);
}
inline Flow tcp(std::string_view local, std::string_view remote, std::uint64_t connection) {
    return flow(Transport::tcp, local, remote, connection);
}

// The parts of a request that tests vary; the rest is alice's.
struct RequestText {
    std::string method = "INVITE";
    std::string uri = "sip:bob@home.example";
    std::string transport = "UDP";
    std::string sent_by = "127.1.100.1:5060";
    std::string branch = "z9hG4bK-alice-1";
    std::string via_params = {};
    std::string from_tag = "a1";
    std::string to_tag = {};
    std::string call_id = "call-1";
    std::uint32_t cseq = 1;
    std::string max_forwards = "70";
    std::string more = {};  // whole header fields, each with its CRLF
    std::string body = {};

    std::string to_string() const {
        std::string text = method + " " + uri + " SIP/2.0\r\n";
        text += "Via: SIP/2.0/" + transport + " " + sent_by;
        if (!branch.empty()) text += ";branch=" + branch;
        text += via_params + "\r\n";
        if (!max_forwards.empty()) text += "Max-Forwards: " + max_forwards + "\r\n";
        text += "From: <sip:alice@home.example>;tag=" + from_tag + "\r\n";
        text += "To: <sip:bob@home.example>" + (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\n";
        text += "Call-ID: " + call_id + "\r\n";
        text += "CSeq: " + std::to_string(cseq) + " " + method + "\r\n";
        if (method == "INVITE") text += "Contact: <sip:alice@127.1.100.1:5060>\r\n";
        text += more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        return text;
    }
};

inline sip::Message parsed(std::string bytes) {
    auto message = sip::parse(bytes);
    if (!message) throw std::runtime_error(message.error().error.reason + "\n" + bytes);
    return std::move(*message);
}

// An answer of the next hop to a request that was sent to it.
inline sip::Message answer(const sip::Message& request,
                           int status,
                           std::string_view to_tag = {},
                           std::string_view reason = {}) {
    auto response = sip::Message::response_to(request, status, reason);
    if (!to_tag.empty() && !sip::to_tag(response)) sip::set_to_tag(response, to_tag);
    return response;
}

struct Sent {
    Flow flow;
    sip::Message message;

    std::string summary() const {
        return message.is_request()
                   ? std::string(message.method_text())
                   : std::to_string(message.status()) + " " + std::string(message.method_text());
    }
};

// What has been sent since it was asked last.
inline std::vector<Sent> sent(Outbox& outbox) {
    std::vector<Effect> effects;
    outbox.take(effects);
    std::vector<Sent> all;
    for (auto& effect : effects) {
        if (auto* send = std::get_if<Send>(&effect))
            all.push_back({send->flow, parsed(std::move(send->bytes))});
    }
    return all;
}

inline std::vector<std::string> summaries(const std::vector<Sent>& all) {
    std::vector<std::string> texts;
    for (const auto& one : all) texts.push_back(one.summary());
    return texts;
}

}  // namespace imslab::test
