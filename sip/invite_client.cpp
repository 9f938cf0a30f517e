// The INVITE client transaction (RFC 3261 §17.1.1 as amended by RFC 6026 §8.4): timers A, B, D and
// M, the ACK to a failure, and its CANCEL (RFC 3261 §9.1).
#include <string>

#include "sip/transaction_layer.h"

namespace imslab::sip {

namespace {

InviteClientEvent event_of(int status) {
    if (status < 200) return InviteClientEvent::response_1xx;
    return status < 300 ? InviteClientEvent::response_2xx : InviteClientEvent::response_300_699;
}

// §9.1, §17.1.1.3: what ACK and CANCEL share with the INVITE they belong to.
Message made_of(const Message& invite, Method method, std::string_view to) {
    Message request = Message::request(method, invite.uri());
    request.append(HeaderId::via, invite.first_value(HeaderId::via).value_or(""));
    request.append(HeaderId::max_forwards, "70");
    for (const auto route : invite.values(HeaderId::route)) request.append(HeaderId::route, route);
    request.append(HeaderId::from, invite.get(HeaderId::from).value_or(""));
    request.append(HeaderId::to, to);
    request.append(HeaderId::call_id, call_id(invite));
    const auto sequence = cseq(invite);
    request.append(
        HeaderId::cseq,
        std::to_string(sequence ? sequence->number : 0) + " " + std::string(to_string(method)));
    return request;
}

}  // namespace

bool Transactions::Impl::invite_client_next(ClientTransaction& transaction,
                                            InviteClientEvent event) {
    const auto next = kInviteClient.next(transaction.invite_state, event);
    if (next) transaction.invite_state = *next;
    return next.has_value();
}

void Transactions::Impl::invite_client_on_response(std::uint32_t slot, Message response) {
    auto& transaction = clients[slot];
    const auto before = transaction.invite_state;
    const auto event = event_of(response.status());
    if (!invite_client_next(transaction, event)) return;
    const bool first = transaction.invite_state != before;
    const ClientId id = clients.id_of(slot);
    if (before == InviteClientState::calling) {
        unlist(slot);
        transaction.retransmit = transaction.expiry = 0;
        transaction.bytes = {};
    }
    const Timers& values = timers_of(transaction);
    switch (event) {
        case InviteClientEvent::response_1xx:
            if (transaction.cancel_wanted && !transaction.cancel_sent) send_cancel(slot);
            break;
        case InviteClientEvent::response_2xx:
            transaction.request.reset();
            if (first) arm(slot, client_expiry, 64 * values.t1);  // timer M
            break;
        default:
            if (!first) {
                outbox.emit(Send{transaction.flow, transaction.bytes});
                return;
            }
            acknowledge(transaction, response);
            arm(slot,
                client_expiry,
                transaction.reliable ? Duration::zero() : 64 * values.t1);  // timer D
    }
    if (!transaction.silent) user.on_response(id, std::move(response));
}

// §17.1.1.3: the ACK to a failure is this transaction's, on the same branch.
void Transactions::Impl::acknowledge(ClientTransaction& transaction, const Message& response) {
    const Message ack =
        made_of(*transaction.request, Method::ack, response.get(HeaderId::to).value_or(""));
    transaction.bytes = ack.to_bytes();
    transaction.request.reset();
    outbox.emit(Send{transaction.flow, transaction.bytes});
}

void Transactions::Impl::invite_client_on_retransmit(std::uint32_t slot) {
    auto& transaction = clients[slot];
    if (!invite_client_next(transaction, InviteClientEvent::timer_a)) return;
    outbox.emit(Send{transaction.flow, transaction.bytes});
    transaction.interval *= 2;
    arm(slot, client_retransmit, transaction.interval);
}

void Transactions::Impl::invite_client_on_expiry(std::uint32_t slot) {
    auto& transaction = clients[slot];
    switch (transaction.invite_state) {
        case InviteClientState::calling:
            if (invite_client_next(transaction, InviteClientEvent::timer_b))
                give_up(slot, Lost::timeout);
            break;
        case InviteClientState::proceeding:
            if (invite_client_next(transaction, InviteClientEvent::cancel_unanswered)) {
                give_up(slot, Lost::timeout);
            }
            break;
        case InviteClientState::completed:
            if (invite_client_next(transaction, InviteClientEvent::timer_d)) close_client(slot);
            break;
        default:
            if (invite_client_next(transaction, InviteClientEvent::timer_m)) close_client(slot);
    }
}

// §9.1: not before a provisional response has come, and not after a final one.
void Transactions::cancel(ClientId invite, std::string_view reason) {
    auto* transaction = impl_->clients.find(invite);
    if (transaction == nullptr || !transaction->invite || transaction->cancel_wanted) return;
    transaction->cancel_wanted = true;
    transaction->cancel_reason = reason;
    if (transaction->invite_state == InviteClientState::proceeding) {
        impl_->send_cancel(impl_->clients.index_of(invite));
    }
}

void Transactions::Impl::send_cancel(std::uint32_t invite) {
    auto& cancelled = clients[invite];
    cancelled.cancel_sent = true;
    arm(invite, client_expiry, 64 * timers_of(cancelled).t1);
    Message cancel = made_of(
        *cancelled.request, Method::cancel, cancelled.request->get(HeaderId::to).value_or(""));
    if (!cancelled.cancel_reason.empty()) cancel.append(HeaderId::reason, cancelled.cancel_reason);
    const std::uint32_t slot = clients.acquire();
    clients[slot].silent = true;
    clients[slot].branch = cancelled.branch;
    cancels.emplace(cancelled.branch, slot);
    start_client(slot, std::move(cancel), cancelled.flow);
}

}  // namespace imslab::sip
