// Inside Transactions: the records of the four machines and what they share. Included by their
// files alone.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sip/headers.h"
#include "sip/overload.h"
#include "sip/timer_queue.h"
#include "sip/transaction.h"
#include "sip/transaction_states.h"
#include "sip/transaction_table.h"

namespace imslab::sip {

inline constexpr std::uint32_t kNoSlot = UINT32_MAX;

// After its final response a server transaction keeps its key and that response, nothing else; an
// accepted INVITE keeps its request for the forks that may still answer.
struct ServerTransaction {
    std::uint32_t generation = 1;
    bool used = false;
    bool invite = false;
    bool reliable = false;
    bool pending = false;  // it waits for us (sip/overload.h)
    InviteServerState invite_state = InviteServerState::proceeding;
    NonInviteServerState other_state = NonInviteServerState::trying;
    std::uint8_t timers = 0;  // index into the layer's values
    std::uint64_t hash = 0;
    std::string key;
    Flow flow;         // as the request came
    Address reply_to;  // §18.2.2
    std::unique_ptr<Message> request;
    std::string last_response;
    Duration interval{};  // of timer G
    Time since{};
    TimerQueue::Ticket retransmit = 0, expiry = 0;
};

struct ClientTransaction {
    std::uint32_t generation = 1;
    bool used = false;
    bool invite = false;
    bool reliable = false;
    bool silent = false;  // abandoned, or a CANCEL of ours: nobody is told
    bool cancel_wanted = false;
    bool cancel_sent = false;
    Method method = Method::other;
    InviteClientState invite_state = InviteClientState::calling;
    NonInviteClientState other_state = NonInviteClientState::trying;
    std::uint8_t timers = 0;
    std::string branch;
    std::string bytes;  // to be retransmitted: the request, or the ACK to a non-2xx
    std::unique_ptr<Message>
        request;  // INVITE, until its final response: ACK and CANCEL are made of it
    std::string cancel_reason;
    Flow flow;
    Duration interval{};  // of timer A or E
    Time since{};
    TimerQueue::Ticket retransmit = 0, expiry = 0;
    std::uint32_t previous = kNoSlot, next = kNoSlot;  // among those a transport error concerns
    bool listed = false;
};

struct Transactions::Impl {
    enum TimerKind : std::uint8_t {
        server_retransmit,
        server_expiry,
        client_retransmit,
        client_expiry
    };
    enum class Lost : std::uint8_t { timeout, transport };

    Impl(Outbox& outbox_,
         Entropy& entropy_,
         TransactionUser& user_,
         Config config_,
         const Time& now_);

    // transaction.cpp: what arrives, and to whom it belongs
    void on_message(Message message, const Flow& flow);
    void on_request(Message request, const Flow& flow);
    void on_ack(Message ack, const Flow& flow, std::uint32_t slot);
    void on_cancel(std::uint32_t slot, const Message& cancel);
    void on_response(Message response, const Flow& flow);
    void on_malformed(ParseFailure failure, const Flow& flow);
    void on_lost(const Flow& flow, bool connection_closed);
    void fire(const TimerQueue::Entry& entry);
    void expire();
    bool is_live(const TimerQueue::Entry& entry) const;
    std::optional<Time> next_deadline();

    // transaction_key.cpp: RFC 3261 §17.2.3
    void make_key(const Message& request, const Via& via, std::string_view method);
    void rekey(std::string_view method);
    const std::uint32_t* find_server(std::uint64_t hash) const;
    std::string tag_for(std::string_view key) const;
    std::string refusal_tag(const Via& via) const;

    // server_transaction.cpp
    std::uint32_t open_server(Message& request, const Via& via, const Flow& flow);
    void close_server(std::uint32_t slot);
    void no_longer_pending(ServerTransaction& transaction);
    bool respond(std::uint32_t slot, const Message& response);
    void transmit(const ServerTransaction& transaction, std::string bytes);
    void refuse(Message request, const Flow& flow);
    void respond_stateless(const Message& response, const Flow& came_on);

    // invite_server.cpp, non_invite_server.cpp
    bool invite_server_next(ServerTransaction& transaction, InviteServerEvent event);
    void invite_server_start(std::uint32_t slot);
    void invite_server_on_request(std::uint32_t slot);
    bool invite_server_on_ack(std::uint32_t slot);  // true: it is the user's
    bool invite_server_respond(std::uint32_t slot, const Message& response);
    void invite_server_on_retransmit(std::uint32_t slot);
    void invite_server_on_expiry(std::uint32_t slot);
    bool non_invite_server_next(ServerTransaction& transaction, NonInviteServerEvent event);
    void non_invite_server_start(std::uint32_t slot);
    void non_invite_server_on_request(std::uint32_t slot);
    bool non_invite_server_respond(std::uint32_t slot, const Message& response);
    void non_invite_server_on_expiry(std::uint32_t slot);

    // client_transaction.cpp
    std::string make_branch(ClientId id, std::string_view loop_mark);
    std::uint32_t find_client(std::string_view branch);  // kNoSlot: none
    void start_client(std::uint32_t slot, Message request, const Flow& to);
    void close_client(std::uint32_t slot);
    ClientId send_request(Message request, const Flow& to, std::string_view loop_mark);
    std::string via_value(const Flow& to, std::string_view branch) const;
    void give_up(std::uint32_t slot, Lost why);
    void list(std::uint32_t slot);
    void unlist(std::uint32_t slot);

    // invite_client.cpp, non_invite_client.cpp
    bool invite_client_next(ClientTransaction& transaction, InviteClientEvent event);
    void invite_client_on_response(std::uint32_t slot, Message response);
    void invite_client_on_retransmit(std::uint32_t slot);
    void invite_client_on_expiry(std::uint32_t slot);
    void acknowledge(ClientTransaction& transaction, const Message& response);
    bool non_invite_client_next(ClientTransaction& transaction, NonInviteClientEvent event);
    void non_invite_client_on_response(std::uint32_t slot, Message response);
    void non_invite_client_on_retransmit(std::uint32_t slot);
    void non_invite_client_on_expiry(std::uint32_t slot);
    void send_cancel(std::uint32_t invite);

    // Timers by value: an element has a handful, a transaction keeps the index.
    std::uint8_t timers_on(const Flow& flow);
    const Timers& timers_of(const ServerTransaction& transaction) const {
        return timers[transaction.timers];
    }
    const Timers& timers_of(const ClientTransaction& transaction) const {
        return timers[transaction.timers];
    }
    void arm(std::uint32_t slot, TimerKind kind, Duration after);

    Outbox& outbox;
    TransactionUser& user;
    Config config;
    Overload overload;
    const Time& now;
    std::uint64_t seed;
    std::uint64_t last_branch;
    std::vector<Timers> timers;
    TimerQueue queue;
    SlotTable<ServerTransaction> servers;
    SlotTable<ClientTransaction> clients;
    KeyTable keys;
    std::string key;           // the one being looked up; kept to save the allocation
    std::size_t key_base = 0;  // its part without the method
    std::uint64_t hash = 0;
    std::map<std::string, std::uint32_t, std::less<>> cancels;  // our CANCELs by branch
    std::set<std::pair<std::uint64_t, std::uint32_t>>
        by_connection;  // server transactions on streams
    std::uint32_t first_listed = kNoSlot;
};

}  // namespace imslab::sip
