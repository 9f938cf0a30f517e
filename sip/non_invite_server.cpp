// The non-INVITE server transaction (RFC 3261 §17.2.2): timer J, and the 100 of RFC 4320 §4.1.
// After its final response it keeps key and response.
#include "sip/transaction_layer.h"

namespace imslab::sip {

namespace {

// RFC 4320 §4.1: when a client's timer E has been reset to T2.
Duration until_trying(const Timers& timers) {
    Duration passed{}, interval = timers.t1;
    for (; interval < timers.t2; interval *= 2) passed += interval;
    return passed;
}

}  // namespace

void Transactions::Impl::non_invite_server_start(std::uint32_t slot) {
    arm(slot, server_expiry, until_trying(timers_of(servers[slot])));
}

bool Transactions::Impl::non_invite_server_next(ServerTransaction& transaction,
                                                NonInviteServerEvent event) {
    const auto next = kNonInviteServer.next(transaction.other_state, event);
    if (next) transaction.other_state = *next;
    return next.has_value();
}

void Transactions::Impl::non_invite_server_on_request(std::uint32_t slot) {
    auto& transaction = servers[slot];
    if (!non_invite_server_next(transaction, NonInviteServerEvent::request)) return;
    if (transaction.other_state != NonInviteServerState::trying) {
        transmit(transaction, transaction.last_response);
    }
}

bool Transactions::Impl::non_invite_server_respond(std::uint32_t slot, const Message& response) {
    auto& transaction = servers[slot];
    const bool final = response.status() >= 200;
    const auto event =
        final ? NonInviteServerEvent::respond_200_699 : NonInviteServerEvent::respond_1xx;
    if (!non_invite_server_next(transaction, event)) return false;
    std::string bytes = response.to_bytes();
    if (final) {
        transaction.request.reset();
        arm(slot,
            server_expiry,
            transaction.reliable ? Duration::zero() : 64 * timers_of(transaction).t1);
    }
    if (!final || !transaction.reliable) transaction.last_response = bytes;
    transmit(transaction, std::move(bytes));
    return true;
}

// RFC 4320 §4.1: who waits for us learns that it is not us who are silent.
void Transactions::Impl::non_invite_server_on_expiry(std::uint32_t slot) {
    auto& transaction = servers[slot];
    if (transaction.other_state == NonInviteServerState::trying) {
        non_invite_server_respond(slot, Message::response_to(*transaction.request, 100));
        return;
    }
    if (non_invite_server_next(servers[slot], NonInviteServerEvent::timer_j)) close_server(slot);
}

}  // namespace imslab::sip
