// The non-INVITE client transaction (RFC 3261 §17.1.2): timers E, F and K.
#include <algorithm>

#include "sip/transaction_layer.h"

namespace imslab::sip {

bool Transactions::Impl::non_invite_client_next(ClientTransaction& transaction,
                                                NonInviteClientEvent event) {
    const auto next = kNonInviteClient.next(transaction.other_state, event);
    if (next) transaction.other_state = *next;
    return next.has_value();
}

void Transactions::Impl::non_invite_client_on_response(std::uint32_t slot, Message response) {
    auto& transaction = clients[slot];
    const bool final = response.status() >= 200;
    const auto event =
        final ? NonInviteClientEvent::response_200_699 : NonInviteClientEvent::response_1xx;
    if (!non_invite_client_next(transaction, event)) return;
    const ClientId id = clients.id_of(slot);
    const bool silent = transaction.silent;
    if (final) {
        unlist(slot);
        transaction.retransmit = 0;
        transaction.bytes = {};
        arm(slot,
            client_expiry,
            transaction.reliable ? Duration::zero() : timers_of(transaction).t4);  // timer K
    }
    if (!silent) user.on_response(id, std::move(response));
}

// §17.1.2.2: doubled up to T2; T2 at once when a provisional response has come.
void Transactions::Impl::non_invite_client_on_retransmit(std::uint32_t slot) {
    auto& transaction = clients[slot];
    if (!non_invite_client_next(transaction, NonInviteClientEvent::timer_e)) return;
    outbox.emit(Send{transaction.flow, transaction.bytes});
    const Duration t2 = timers_of(transaction).t2;
    transaction.interval = transaction.other_state == NonInviteClientState::trying
                               ? std::min(2 * transaction.interval, t2)
                               : t2;
    arm(slot, client_retransmit, transaction.interval);
}

void Transactions::Impl::non_invite_client_on_expiry(std::uint32_t slot) {
    auto& transaction = clients[slot];
    if (transaction.other_state == NonInviteClientState::completed) {
        if (non_invite_client_next(transaction, NonInviteClientEvent::timer_k)) close_client(slot);
    } else if (non_invite_client_next(transaction, NonInviteClientEvent::timer_f)) {
        give_up(slot, Lost::timeout);
    }
}

}  // namespace imslab::sip
