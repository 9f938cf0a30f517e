// A UE for the simulator: registers with IMS AKA and keeps registered, calls, answers, sends and
// takes messages. It does what TS 24.229 §5.1 has a UE do as far as the core must be exercised;
// scenarios on real sockets use SIPp.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/node.h"
#include "sip/dialog.h"
#include "sip/milenage.h"
#include "sip/transaction.h"

namespace imslab::sim {

// What a test has a phone do: delivered to it as the request of an Asked.
struct Register {
    std::uint32_t expires_seconds = 600'000;  // 0: deregister
};
struct Call {
    std::string to;  // a SIP URI
    Duration duration = std::chrono::seconds(10);
};
struct SendMessage {
    std::string to, text;
};

class Phone final : public Node, private sip::TransactionUser {
public:
    struct Config {
        Address address;
        Address p_cscf;
        std::string private_identity, public_identity;  // "…@home", "sip:alice@home"
        std::string home;                               // the registrar's domain
        aka::Key128 key{}, opc{};
        bool reregister = true;                // TS 24.229 §5.1.1.4: by itself, before expiry
        std::uint32_t reregister_seconds = 0;  // another period than the clause's; 0: the clause's
        Duration retry{std::chrono::seconds(30)};  // after a failed registration
        sip::Timers timers = sip::Timers::towards_ue();
    };

    Phone(Config config, Entropy& entropy);
    ~Phone() override;

    void deliver(Event event, Time now) override;
    std::optional<Time> next_deadline() const override;
    nlohmann::ordered_json state() const override;

    // What it believes and has seen, for the test's comparison with what the core believes.
    struct Seen {
        bool registered = false;
        std::uint64_t registrations = 0;  // 200 to REGISTER with an expiry
        std::uint64_t failed_registrations = 0;
        std::uint64_t calls_answered = 0;  // as caller: a 2xx came
        std::uint64_t calls_failed = 0;
        std::uint64_t calls_ended = 0;         // as caller: 2xx to our BYE, or a BYE came
        std::uint64_t calls_taken = 0;         // as callee: ACK came
        std::uint64_t messages_delivered = 0;  // 2xx to our MESSAGE
        std::uint64_t messages_failed = 0;
        std::vector<std::string> messages;  // texts that came
        int last_status = 0;                // final answer to the last REGISTER, INVITE or MESSAGE
    };
    const Seen& seen() const { return seen_; }

private:
    enum class Purpose : std::uint8_t { registration, invite, bye, message };
    struct Session {
        sip::Dialog dialog;
        sip::ClientId invite;  // the caller's, for the 200s that come again; 0: callee
        std::optional<Time> hang_up_at;
        // The callee repeats its 200 until the ACK comes (RFC 3261 §13.3.1.4).
        std::string ok_bytes;
        Flow ok_flow;
        std::optional<Time> repeat_at;
        Duration repeat_after{};
        Time give_up_at{};
        // The caller repeats its ACK for each 200.
        std::string ack_bytes;
    };
    struct Open {
        Purpose purpose;
        sip::Message request;
        Duration duration{};
    };

    void on_request(sip::ServerId id, sip::Message request, const Flow& flow) override;
    void on_ack(sip::Message ack, const Flow& flow) override;
    void on_cancel(sip::ServerId invite, const sip::Message& cancel) override;
    void on_response(sip::ClientId id, sip::Message response) override;
    void on_timeout(sip::ClientId id) override;
    void on_transport_error(sip::ClientId id) override;
    void on_stray_response(sip::Message, const Flow&) override {}
    void on_server_ended(sip::ServerId) override {}
    void on_malformed(const sip::ParseFailure&, const Flow&) override {}

    void start(const std::any& command);
    void send_register(std::uint32_t expires, const std::string& authorization);
    void on_register_answer(const sip::Message& request, const sip::Message& response);
    void answer_challenge(const sip::Message& request, const sip::Message& response);
    void on_invite_answer(sip::ClientId id, const Open& open, const sip::Message& response);
    void on_invite(sip::ServerId id, const sip::Message& request, const Flow& flow);
    void on_bye(sip::ServerId id, const sip::Message& request);
    void hang_up(const sip::DialogId& id);
    bool forget(const sip::DialogId& id);
    void on_failed(sip::ClientId id, int status);
    void on_time(Time now);
    sip::Message outgoing(sip::Method method, const std::string& to);
    sip::ClientId send(sip::Message request, Purpose purpose, Duration duration = {});
    Flow flow() const;

    Config config_;
    Entropy& entropy_;
    std::unique_ptr<aka::Milenage> milenage_;
    sip::Transactions transactions_;
    Seen seen_;
    aka::Sqn highest_sqn_ = 0;
    std::string register_call_id_, register_tag_;
    std::uint32_t register_cseq_ = 0;
    std::uint32_t wanted_expires_ = 0;
    unsigned challenges_ = 0;  // answered since the last final answer
    std::vector<std::string> service_route_;
    std::optional<Time> reregister_at_;
    std::map<sip::ClientId, Open> open_;
    std::map<sip::DialogId, Session> sessions_;
    Time now_{};
};

}  // namespace imslab::sim
