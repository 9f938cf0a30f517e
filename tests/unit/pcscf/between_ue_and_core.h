// A P-CSCF with UEs on one side and a core on the other, both played by the test, message by
// message.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/node.h"
#include "pcscf/pcscf.h"
#include "sip/headers.h"
#include "sip/message.h"

namespace imslab::pcscf::test {

using sip::HeaderId;

inline const std::string kHome = "ims.mnc001.mcc001.3gppnetwork.org";
inline const std::string kAliceAddress = "127.1.100.1:5060";
inline const std::string kBobAddress = "127.1.100.2:5060";
inline const std::string kIcscfAddress = "127.1.2.1:5060";
inline const std::string kScscfAddress = "127.1.3.1:5060";
inline const std::string kOrigRoute = "sip:orig@scscf." + kHome + ";lr";

// The same octets in every run.
class FixedEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> octets) override {
        for (auto& octet : octets) octet = static_cast<std::uint8_t>(next_ += 37);
    }

private:
    std::uint32_t next_ = 0;
};

struct Sent {
    Flow flow;
    sip::Message message;

    bool has(HeaderId id) const { return message.has(id); }
    std::string header(HeaderId id) const { return std::string(message.get(id).value_or("")); }
    std::vector<std::string> all(HeaderId id) const {
        std::vector<std::string> values;
        for (const auto value : message.values(id)) values.emplace_back(value);
        return values;
    }
};

// One end of the line: who sends and from where.
struct End {
    std::string user;
    std::string address;
    std::string contact() const { return "sip:" + user + "@" + address; }
    std::string identity() const { return "sip:" + user + "@" + kHome; }
};
inline const End kAlice{"alice", kAliceAddress};
inline const End kBob{"bob", kBobAddress};

class BetweenUeAndCore {
public:
    explicit BetweenUeAndCore(Config config = usual_config()) : config_(config) {
        node_ = std::make_unique<Pcscf>(std::move(config), entropy_);
    }

    static Config usual_config() {
        Config config;
        config.gm = *Address::parse("127.1.1.1:5060");
        config.mw = *Address::parse("127.1.1.2:5060");
        config.hosts = {{kHome, *Address::parse(kIcscfAddress)},
                        {"scscf." + kHome, *Address::parse(kScscfAddress)},
                        {"pcscf." + kHome, config.mw}};
        return config;
    }

    // ---- what arrives
    void on_gm(const std::string& bytes, const std::string& from, std::uint64_t connection = 0) {
        arrive(bytes, config_.gm, from, connection);
    }
    void on_mw(const std::string& bytes, const std::string& from = kScscfAddress) {
        arrive(bytes, config_.mw, from, 0);
    }
    void deliver(Event event) {
        node_->deliver(std::move(event), now_);
        take();
    }
    void pass(Duration duration) {
        const Time end = now_ + duration;
        for (auto due = node_->next_deadline(); due && *due <= end; due = node_->next_deadline()) {
            now_ = std::max(now_, *due);
            deliver(Woken{});
        }
        now_ = end;
    }
    // The answer to a request that the P-CSCF has sent, from where it was sent to.
    void answer(const Sent& request, sip::Message response) {
        arrive(response.to_bytes(),
               request.flow.local,
               request.flow.remote.to_string(),
               request.flow.connection);
    }

    // ---- what leaves: the next message but 100 Trying
    Sent next() {
        while (!sent_.empty() && sent_.front().message.status() == 100) sent_.pop_front();
        REQUIRE_FALSE(sent_.empty());
        Sent first = std::move(sent_.front());
        sent_.pop_front();
        return first;
    }
    bool quiet() {
        while (!sent_.empty() && sent_.front().message.status() == 100) sent_.pop_front();
        return sent_.empty();
    }
    Sent expect_request(std::string_view method) {
        Sent request = next();
        CAPTURE(request.message.to_bytes());
        REQUIRE(request.message.is_request());
        REQUIRE(request.message.method_text() == method);
        return request;
    }
    Sent expect_response(int status) {
        Sent response = next();
        CAPTURE(response.message.to_bytes());
        REQUIRE(response.message.status() == status);
        return response;
    }

    std::function<void(const Flow&)> on_close;

    Pcscf& node() { return *node_; }
    const Config& config() const { return config_; }
    const std::vector<Log>& logs() const { return logs_; }
    bool logged(std::string_view text) const {
        for (const auto& line : logs_) {
            if (line.text.find(text) != std::string::npos) return true;
        }
        return false;
    }

private:
    void arrive(const std::string& bytes,
                const Address& local,
                const std::string& from,
                std::uint64_t connection) {
        const Transport transport = connection == 0 ? Transport::udp : Transport::tcp;
        deliver(Arrived{Flow{transport, local, *Address::parse(from), connection}, bytes});
    }
    void take() {
        node_->take_effects(effects_);
        for (auto& effect : effects_) {
            if (auto* send = std::get_if<Send>(&effect)) {
                auto message = sip::parse(send->bytes);
                CAPTURE(send->bytes);
                REQUIRE(message);  // whatever leaves is well formed
                sent_.push_back({send->flow, std::move(*message)});
            } else if (const auto* closes = std::get_if<Close>(&effect)) {
                if (on_close) on_close(closes->flow);
            } else if (auto* line = std::get_if<Log>(&effect)) {
                logs_.push_back(std::move(*line));
            }
        }
    }

    Config config_;
    FixedEntropy entropy_;
    std::unique_ptr<Pcscf> node_;
    Time now_{std::chrono::hours(1)};
    std::vector<Effect> effects_;
    std::deque<Sent> sent_;
    std::vector<Log> logs_;
};

// Lines of a message without a body.
inline std::string text(std::initializer_list<std::string> lines) {
    std::string bytes;
    for (const auto& line : lines) {
        if (!line.empty()) bytes += line + "\r\n";
    }
    return bytes + "Content-Length: 0\r\n\r\n";
}

struct RegisterOptions {
    std::string call_id = "reg-alice";
    unsigned cseq = 1;
    unsigned expires = 600;
    std::string contact = "";
    std::string extra = "";
    std::string transport = "UDP";
};

inline std::string register_request(const End& ue, const RegisterOptions& options = {}) {
    const std::string contact =
        options.contact.empty() ? "<" + ue.contact() + ">" : options.contact;
    return text({"REGISTER sip:" + kHome + " SIP/2.0",
                 "Via: SIP/2.0/" + options.transport + " " + ue.address + ";branch=z9hG4bK-" +
                     ue.user + options.call_id + std::to_string(options.cseq),
                 "Max-Forwards: 70",
                 "From: <" + ue.identity() + ">;tag=r" + ue.user,
                 "To: <" + ue.identity() + ">",
                 "Call-ID: " + options.call_id,
                 "CSeq: " + std::to_string(options.cseq) + " REGISTER",
                 "Contact: " + contact,
                 "Expires: " + std::to_string(options.expires),
                 options.extra});
}

inline sip::Message response_to(const Sent& request, int status, std::string_view to_tag = "core") {
    auto response = sip::Message::response_to(request.message, status);
    if (status > 100 && !sip::to_tag(response)) sip::set_to_tag(response, to_tag);
    for (const auto value : request.message.values(HeaderId::record_route)) {
        response.append(HeaderId::record_route, value);
    }
    return response;
}

// The S-CSCF's 200 to a REGISTER.
inline sip::Message registered(const Sent& request, const End& ue, unsigned expires = 600) {
    auto response = response_to(request, 200);
    for (const auto value : request.message.values(HeaderId::contact)) {
        const auto contact = sip::NameAddr::parse(value);
        if (expires > 0 && contact && !contact->is_star) {
            response.append(
                HeaderId::contact,
                "<" + std::string(contact->uri) + ">;expires=" + std::to_string(expires));
        }
    }
    for (const auto value : request.message.values(HeaderId::path))
        response.append(HeaderId::path, value);
    response.append(HeaderId::service_route, "<" + kOrigRoute + ">");
    response.append(
        HeaderId::p_associated_uri,
        "<" + ue.identity() + ">, <tel:+1555000" + std::to_string(ue.user.size()) + ">");
    response.append(HeaderId::p_charging_vector,
                    request.header(HeaderId::p_charging_vector) + ";term-ioi=home");
    response.append(HeaderId::p_charging_function_addresses, "ccf=127.1.9.1");
    return response;
}

inline void register_ue(BetweenUeAndCore& lab,
                        const End& ue,
                        RegisterOptions options = {},
                        std::uint64_t connection = 0) {
    options.call_id = "reg-" + ue.user;
    if (connection != 0) options.transport = "TCP";
    lab.on_gm(register_request(ue, options), ue.address, connection);
    const Sent request = lab.expect_request("REGISTER");
    lab.answer(request, registered(request, ue, options.expires));
    lab.expect_response(200);
}

struct RequestOptions {
    std::string call_id = "call-1";
    unsigned cseq = 1;
    std::string to = "sip:bob@" + kHome;
    std::string to_tag = "";
    std::string uri = "";
    std::string route = "<sip:127.1.1.1:5060;lr>, <" + kOrigRoute + ">";
    std::string extra = "";
    std::string transport = "UDP";
    std::string tag = "caller";
};

// A request of a UE.
inline std::string request_of(const End& ue,
                              const std::string& method,
                              const RequestOptions& options = {}) {
    static unsigned branch = 0;
    return text(
        {method + " " + (options.uri.empty() ? options.to : options.uri) + " SIP/2.0",
         "Via: SIP/2.0/" + options.transport + " " + ue.address + ";branch=z9hG4bKue" +
             std::to_string(++branch),
         "Max-Forwards: 70",
         options.route.empty() ? "" : "Route: " + options.route,
         "From: <" + ue.identity() + ">;tag=" + options.tag,
         "To: <" + options.to + ">" + (options.to_tag.empty() ? "" : ";tag=" + options.to_tag),
         "Call-ID: " + options.call_id,
         "CSeq: " + std::to_string(options.cseq) + " " + method,
         "Contact: <" + ue.contact() + ">",
         options.extra});
}

// A request of the core to a UE at its contact, from somebody far away.
inline std::string request_to(const End& ue,
                              const std::string& method,
                              const RequestOptions& options = {}) {
    static unsigned branch = 0;
    return text(
        {method + " " + (options.uri.empty() ? ue.contact() : options.uri) + " SIP/2.0",
         "Via: SIP/2.0/UDP " + kScscfAddress + ";branch=z9hG4bKcore" + std::to_string(++branch),
         "Via: SIP/2.0/UDP 127.1.200.1:5060;branch=z9hG4bKfar" + std::to_string(branch),
         "Max-Forwards: 66",
         "Route: <sip:term@pcscf." + kHome + ";lr>",
         method == "INVITE" || method == "SUBSCRIBE"
             ? "Record-Route: <sip:mt@scscf." + kHome + ";lr>, <sip:mo@scscf.far.example;lr>"
             : "",
         "From: <sip:zoe@far.example>;tag=" + options.tag,
         "To: <" + ue.identity() + ">" + (options.to_tag.empty() ? "" : ";tag=" + options.to_tag),
         "Call-ID: " + options.call_id,
         "CSeq: " + std::to_string(options.cseq) + " " + method,
         "Contact: <sip:zoe@127.1.200.1:5060>",
         options.extra});
}

inline std::string charging_parameter(const Sent& sent, std::string_view name) {
    const auto charging = sip::ChargingVector::parse(sent.header(HeaderId::p_charging_vector));
    if (!charging) return "";
    if (name == "icid") return charging->icid;
    return name == "orig-ioi" ? charging->orig_ioi : charging->term_ioi;
}

}  // namespace imslab::pcscf::test
