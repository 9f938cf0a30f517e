// The four transactions of RFC 3261 §17, as amended by RFC 6026 (Accepted state, timers L and M),
// and the part of the transport layer that looks into messages (RFC 3261 §18: Via received and
// rport, matching responses to the top Via).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/node.h"
#include "sip/message.h"
#include "sip/overload.h"

namespace imslab::sip {

// Timer values of one direction. Between network nodes RFC 3261's; towards and at a UE those of
// TS 24.229 §7.7.
struct Timers {
    Duration t1 = std::chrono::milliseconds(500);
    Duration t2 = std::chrono::seconds(4);
    Duration t4 = std::chrono::seconds(5);
    Duration timer_c = std::chrono::minutes(3) + std::chrono::seconds(1);  // proxies, §16.6 step 11

    bool operator==(const Timers&) const = default;

    static Timers network() { return {}; }
    static Timers towards_ue() {
        Timers timers;
        timers.t1 = std::chrono::seconds(2);
        timers.t2 = std::chrono::seconds(16);
        timers.t4 = std::chrono::seconds(17);
        return timers;
    }
};

using ServerId = std::uint64_t;  // a server transaction; never reused
using ClientId = std::uint64_t;  // a client transaction; never reused

// The transaction user: what the layer above is told. It may call back into Transactions at once.
class TransactionUser {
public:
    virtual ~TransactionUser() = default;
    // A new request, neither ACK nor CANCEL; Via already carries received and rport. Answer it with
    // respond().
    virtual void on_request(ServerId id, Message request, const Flow& flow) = 0;
    // An ACK to a 2xx (or one that matches nothing): a proxy routes it, a UA takes it.
    virtual void on_ack(Message ack, const Flow& flow) = 0;
    // A CANCEL for this INVITE came while it had no final answer; the 200 to the CANCEL has been
    // sent (§9.2).
    virtual void on_cancel(ServerId invite, const Message& cancel) = 0;
    // Each response that passes up: provisional, final, and repeated 2xx to INVITE (RFC 6026).
    virtual void on_response(ClientId id, Message response) = 0;
    // Timer B or F, or a CANCEL without effect (§9.1): treat as 408 (§8.1.3.1, §16.8).
    virtual void on_timeout(ClientId id) = 0;
    // The request could not be sent: treat as 503.
    virtual void on_transport_error(ClientId id) = 0;
    // A response that matches no transaction: it must not be forwarded (RFC 6026 §8.2, §8.9).
    virtual void on_stray_response(Message response, const Flow& flow) = 0;
    // The server transaction is gone: its timer H, I, J or L fired. (A transport error ends none,
    // RFC 6026 §8.8.)
    virtual void on_server_ended(ServerId id) = 0;
    // What could not be parsed; the layer has answered it already, or dropped it.
    virtual void on_malformed(const ParseFailure& failure, const Flow& flow) = 0;
};

class Transactions {
public:
    struct Config {
        Limits limits;
        // Which timers hold on a flow, told by its local and remote address.
        std::function<Timers(const Flow&)> timers = [](const Flow&) { return Timers::network(); };
        // The sent-by of our Via on a flow: "pcscf.example:5060"; by default the flow's local
        // address.
        std::function<std::string(const Flow&)> sent_by;
        // Bounds: more transactions than this are answered 503 with Retry-After.
        std::size_t max_transactions = 1'000'000;
        // With so many requests pending, new ones outside dialogs are answered 503 with
        // Retry-After: one that is taken waits in the order of 2 s.
        std::size_t max_pending = kMaxPending;
    };
    static constexpr std::size_t kMaxPending = 4'000;

    Transactions(Outbox& outbox, Entropy& entropy, TransactionUser& user, Config config);
    ~Transactions();

    // ---- events
    void on_arrived(Arrived arrived, Time now);
    void on_unframeable(Unframeable unframeable, Time now);
    void on_send_failed(const SendFailed& failed, Time now);
    void on_connection_closed(const ConnectionClosed& closed, Time now);
    void on_time(Time now);
    // An event that is not a transport's: what the user does upon it happens at `now`.
    void advance(Time now);
    std::optional<Time> next_deadline() const;

    // ---- requests out. Puts our Via with a new branch on top, sends, keeps the client transaction
    // (not for ACK). `loop_mark` goes into the branch, for a proxy that detects loops (RFC 5393
    // §4.2.1).
    ClientId send_request(Message request, const Flow& to, std::string_view loop_mark = {});
    // An ACK to a 2xx, or any request without a transaction: Via with a fresh branch, sent once.
    void send_stateless(Message request, const Flow& to);
    // CANCEL for an INVITE client transaction (§9.1): at once if a provisional response has come,
    // else as soon as one does. `reason` becomes a Reason header field if not empty. Its own
    // responses are absorbed.
    void cancel(ClientId invite, std::string_view reason = {});
    // Forgets an INVITE client transaction's user side: nothing more is told of it.
    void abandon(ClientId id);

    // ---- responses out, for a request given by on_request. Sent along the Via and the flow it
    // came on. Non-2xx finals are retransmitted by the transaction; 2xx to INVITE are the TU's (a
    // proxy passes them on). Returns false if the transaction has had its final answer.
    bool respond(ServerId id, Message response);
    // Sends a response by its top Via alone; over a stream on the connection that the request came
    // on.
    void respond_stateless(Message response, const Flow& came_on);
    // Until the final response has been sent; after a 2xx to INVITE until the transaction ends.
    const Message* request_of(ServerId id) const;
    const Flow* flow_of(ServerId id) const;
    // A To tag for our own responses to this request: the same for an INVITE and its CANCEL (RFC
    // 3261 §9.2).
    std::string tag_of(ServerId id) const;

    std::size_t size() const;              // transactions alive
    PendingWork pending_work() const;      // requests that wait for an answer
    Time now() const { return now_; }      // the time of the event being handled
    nlohmann::ordered_json state() const;  // for `imslab state`

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    Time now_{};
};

}  // namespace imslab::sip
