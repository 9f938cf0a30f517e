// Inside Proxy: the response contexts and who waits for what. Included by its files alone.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "sip/acceptance.h"
#include "sip/proxy.h"
#include "sip/response_context.h"
#include "sip/timer_queue.h"

namespace imslab::sip {

// Of a request that comes without.
inline constexpr std::string_view kMaxForwards = "70";

struct Proxy::Impl {
    Impl(Proxy& proxy, Outbox& outbox, Entropy& entropy, ProxyUser& user_, Config config_);

    // request_validation.cpp: RFC 3261 §16.3
    bool refuse_invalid(ServerId id, const Message& request, const std::string& loop_mark);
    std::string loop_mark_of(const Message& request, const Flow& flow) const;

    // proxy.cpp
    void forward_branch(ServerId id, ResponseContext& context, Branch branch);
    void answer(ServerId id, Message response);
    Message response_of_ours(ServerId id, int status, std::string_view reason);
    void cancel_open(ResponseContext& context, std::string_view reason);
    void finish(ServerId id);
    void end(ServerId id);

    // response_processing.cpp: RFC 3261 §16.7 to §16.10
    void on_own_response(ClientId client, const Message& response);
    void on_provisional(ServerId id, std::size_t index, Message response);
    void on_branch_final(ServerId id, std::size_t index, Message response);
    void on_branch_lost(ClientId client, int status);
    void relay_2xx(ServerId id, Message response);
    void decide(ServerId id);
    void restart_timer_c(ClientId client, ProxiedBranch& branch, const Flow* to);
    void stop_timer_c(ProxiedBranch& branch);
    void expire_timer_c();

    // failover.cpp: RFC 3263 §4.3
    ProxiedBranch begin(Branch& branch, bool invite, std::string_view loop_mark);
    void reachable_first(Branch& branch) const;
    void avoid(const ProxiedBranch& branch, const Message* unavailable);
    bool try_elsewhere(ServerId id, std::size_t index);
    bool try_own_elsewhere(ClientId client);
    bool send_to_next(ProxiedBranch& branch, bool invite, std::string_view loop_mark);
    void await_a_word(ProxiedBranch& branch, bool invite);
    void stop_waiting(ProxiedBranch& branch);
    void on_heard(ProxiedBranch& branch, const Message& response);
    void give_up_the_silent();
    void give_up(ProxiedBranch& branch, bool invite);
    std::function<void(const Message*)> take(ClientId client);
    bool is_avoided(const Address& address) const;

    ResponseContext* find(ServerId id) {
        const auto found = contexts.find(id);
        return found == contexts.end() ? nullptr : &found->second;
    }

    struct TimerC {
        ClientId client;
        Duration duration;
    };

    Outbox& outbox;
    ProxyUser& user;
    std::vector<std::string> supported;  // what `capabilities` has views of
    Capabilities capabilities;
    std::function<Timers(const Flow&)> timers;
    Transactions transactions;
    std::uint64_t seed;
    // Looked up, never walked but to be shown.
    std::unordered_map<ServerId, ResponseContext> contexts;
    std::unordered_map<ClientId, std::pair<ServerId, std::size_t>> branches;
    struct OwnRequest {
        std::function<void(const Message*)> told;
        bool every = false;  // response, not only the final one
        bool invite = false;
        ClientId first = 0;  // as the element knows it, wherever it is tried now
        ProxiedBranch branch = {};
    };
    std::unordered_map<ClientId, OwnRequest> requests;
    std::unordered_map<ClientId, ClientId> moved;  // from the first to the present transaction
    ClientId present(ClientId first) const;
    std::unordered_map<TimerQueue::Ticket, TimerC> timers_c;
    TimerQueue queue;
    const Duration patience, invite_patience, avoidance;
    std::set<std::pair<Time, ClientId>> silences;  // by when a branch is tried elsewhere
    std::map<Address, Time> avoided;               // until when
};

}  // namespace imslab::sip
