// The stateful proxy of RFC 3261 §16: response contexts, forking, the best response, CANCEL, Timer
// C. A CSCF owns one, decides in its hooks where a request goes and what changes in it, and leaves
// the rest to it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sip/next_hop.h"
#include "sip/transaction.h"

namespace imslab::sip {

// One branch of a forwarded request: the message as it shall leave (Route, Record-Route,
// Request-URI done by the caller; Via and Max-Forwards are done here) and where to.
struct Branch {
    Message request;
    Flow to;
    // RFC 3263 §4.3: tried one after the other if the one before cannot be reached, stays silent or
    // answers 503. It remains one branch; the element is told of the last failure alone.
    std::vector<Way> others = {};

    // `ways`: one at least.
    static Branch along(Message request, std::vector<Way> ways);
};

// What the element that owns the proxy is asked and told.
class ProxyUser {
public:
    virtual ~ProxyUser() = default;
    // A new request that passed §16.3 (Max-Forwards, loop, Proxy-Require against `supported`). The
    // element calls forward(), respond() or keeps the id for later.
    virtual void on_request(ServerId id, Message request, const Flow& flow) = 0;
    // An ACK to a 2xx. The element calls forward_ack().
    virtual void on_ack(Message ack, const Flow& flow) = 0;
    // A response of one branch, our Via already removed; may be edited. Provisional ones (but 100)
    // and 2xx are relayed at once, others take part in choosing the best. A branch that timed out
    // or could not be sent answers 408 or 503 here (§16.8, §16.9), a 100 is not told.
    //   relay: go on.  absorb: drop it; after a final one the context waits for the element's
    //   forward() or respond().  elsewhere: a failure as 503 is one: the branch's next address is
    //   tried; without one it is relayed.
    enum class Verdict : std::uint8_t { relay, absorb, elsewhere };
    virtual Verdict on_response(ServerId id, std::size_t branch, Message& response) = 0;
    // The final answer chosen (§16.7 step 6), before it goes upstream; may be edited. After
    // on_response for each 2xx too, and for answers made here (408, 503, 487). Not called for what
    // the element sends by respond(). A 503 that is left as it is goes upstream as 500 (§16.7 step
    // 6).
    virtual void on_final(ServerId id, Message& response) = 0;
    // The context has ended; nothing more will be told of this id.
    virtual void on_ended(ServerId id) = 0;
    virtual void on_malformed(const ParseFailure& failure, const Flow& flow) = 0;
};

class Proxy final : private TransactionUser {
public:
    struct Config {
        Transactions::Config transactions;
        std::vector<std::string> supported;  // option tags for Proxy-Require (§16.3 step 5)
        // Where a request may be tried elsewhere: how long one address may stay silent. An INVITE
        // is answered 100 at once; all else waits for its answer, and who gives it may be waiting
        // for somebody, too.
        Duration patience = std::chrono::seconds(12);
        Duration invite_patience = std::chrono::seconds(4);
        // An address that failed is tried last for so long, or as its Retry-After says.
        Duration avoidance = std::chrono::seconds(30);
    };

    Proxy(Outbox& outbox, Entropy& entropy, ProxyUser& user, Config config);
    ~Proxy() override;

    void deliver(const Event& event, Time now) = delete;
    // Hands in every event of the node, first thing. False: the event is not (only) the proxy's:
    // Answered, Asked.
    bool deliver(Event& event, Time now);
    std::optional<Time> next_deadline() const;

    // Forwards on all branches in parallel (§16.6). Call again to add branches to a context (serial
    // forking). Does nothing once the request has been cancelled or answered.
    void forward(ServerId id, std::vector<Branch> branches);
    void forward(ServerId id, Branch branch);
    // Answers ourselves; cancels branches that are still open.
    void respond(ServerId id, Message response);
    void respond(ServerId id, int status, std::string_view reason = {});  // response_to + a To tag
    void forward_ack(Message ack, const Flow& to);
    // A request of our own (a UAC beside the proxy: NOTIFY, BYE on release). Its responses go to
    // `on_response`. Of several ways (one at least) the next is tried as those of a Branch are.
    ClientId send_request(
        Message request,
        std::vector<Way> ways,
        std::function<void(const Message* final_response)> on_final);  // nullptr: timed out, failed
    ClientId send_request(Message request,
                          const Flow& to,
                          std::function<void(const Message* final_response)> on_final);
    // The same for who wants every response but 100: of an INVITE also each 2xx, repeated ones too,
    // until forget_request().
    ClientId send_invite(Message request,
                         std::vector<Way> ways,
                         std::function<void(const Message* response)> on_response);
    void cancel_request(ClientId id);
    void forget_request(ClientId id);
    // CANCELs every open branch of an INVITE, e.g. when the element releases a session.
    void cancel_branches(ServerId id, std::string_view reason = {});
    // The same, and nothing is waited for any more: only a late 2xx still counts.
    void abandon_branches(ServerId id, std::string_view reason = {});
    // Has anything, a 100 too, come from the branch added last?
    bool has_heard(ServerId id) const;
    // Is this response of the proxy's own making, as a 408 or 503 for a branch that said nothing?
    // It bears the tag that the proxy answers with.
    bool made_here(ServerId id, const Message& response) const;

    const Message* request_of(ServerId id) const;  // as it came in, until the context ends
    const Flow* flow_of(ServerId id) const;
    Transactions& transactions();
    Time now() const;
    nlohmann::ordered_json state() const;
    PendingWork pending_work() const;

private:
    void on_request(ServerId id, Message request, const Flow& flow) override;
    void on_ack(Message ack, const Flow& flow) override;
    void on_cancel(ServerId invite, const Message& cancel) override;
    void on_response(ClientId id, Message response) override;
    void on_timeout(ClientId id) override;
    void on_transport_error(ClientId id) override;
    void on_stray_response(Message response, const Flow& flow) override;
    void on_server_ended(ServerId id) override;
    void on_malformed(const ParseFailure& failure, const Flow& flow) override;

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace imslab::sip
