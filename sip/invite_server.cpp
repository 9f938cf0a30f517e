// The INVITE server transaction (RFC 3261 §17.2.1 as amended by RFC 6026 §8.5 to §8.7): timers G,
// H, I and L.
#include <algorithm>

#include "sip/transaction_layer.h"

namespace imslab::sip {

namespace {

InviteServerEvent event_of(int status) {
    if (status < 200) return InviteServerEvent::respond_1xx;
    return status < 300 ? InviteServerEvent::respond_2xx : InviteServerEvent::respond_300_699;
}

}  // namespace

bool Transactions::Impl::invite_server_next(ServerTransaction& transaction,
                                            InviteServerEvent event) {
    const auto next = kInviteServer.next(transaction.invite_state, event);
    if (next) transaction.invite_state = *next;
    return next.has_value();
}

// A 100 at once rather than after 200 ms: the user may ask others before it answers.
void Transactions::Impl::invite_server_start(std::uint32_t slot) {
    invite_server_respond(slot, Message::response_to(*servers[slot].request, 100));
}

void Transactions::Impl::invite_server_on_request(std::uint32_t slot) {
    auto& transaction = servers[slot];
    if (!invite_server_next(transaction, InviteServerEvent::invite)) return;
    const bool answered_again = transaction.invite_state == InviteServerState::proceeding ||
                                transaction.invite_state == InviteServerState::completed;
    if (answered_again) transmit(transaction, transaction.last_response);
}

bool Transactions::Impl::invite_server_on_ack(std::uint32_t slot) {
    auto& transaction = servers[slot];
    const bool first = transaction.invite_state == InviteServerState::completed;
    if (!invite_server_next(transaction, InviteServerEvent::ack)) return false;
    if (transaction.invite_state == InviteServerState::accepted) return true;
    if (first) {
        transaction.retransmit = 0;
        transaction.last_response = {};
        arm(slot,
            server_expiry,
            transaction.reliable ? Duration::zero() : timers_of(transaction).t4);
    }
    return false;
}

bool Transactions::Impl::invite_server_respond(std::uint32_t slot, const Message& response) {
    auto& transaction = servers[slot];
    const auto event = event_of(response.status());
    const bool first_final = transaction.invite_state == InviteServerState::proceeding;
    if (!invite_server_next(transaction, event)) return false;
    const Timers& values = timers_of(transaction);
    std::string bytes = response.to_bytes();
    switch (event) {
        case InviteServerEvent::respond_1xx:
            transaction.last_response = bytes;
            break;
        case InviteServerEvent::respond_2xx:
            transaction.last_response = {};
            if (first_final) arm(slot, server_expiry, 64 * values.t1);  // timer L
            break;
        default:
            transaction.request.reset();
            if (!transaction.reliable) {
                transaction.last_response = bytes;
                transaction.interval = values.t1;
                arm(slot, server_retransmit, transaction.interval);  // timer G
            } else {
                transaction.last_response = bytes;
            }
            arm(slot, server_expiry, 64 * values.t1);  // timer H
    }
    transmit(transaction, std::move(bytes));
    return true;
}

void Transactions::Impl::invite_server_on_retransmit(std::uint32_t slot) {
    auto& transaction = servers[slot];
    if (!invite_server_next(transaction, InviteServerEvent::timer_g)) return;
    transmit(transaction, transaction.last_response);
    transaction.interval = std::min(2 * transaction.interval, timers_of(transaction).t2);
    arm(slot, server_retransmit, transaction.interval);
}

void Transactions::Impl::invite_server_on_expiry(std::uint32_t slot) {
    auto& transaction = servers[slot];
    const auto event =
        transaction.invite_state == InviteServerState::completed   ? InviteServerEvent::timer_h
        : transaction.invite_state == InviteServerState::confirmed ? InviteServerEvent::timer_i
                                                                   : InviteServerEvent::timer_l;
    if (invite_server_next(transaction, event)) close_server(slot);
}

}  // namespace imslab::sip
