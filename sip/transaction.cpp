// The transaction layer: what arrives finds its transaction (RFC 3261 §17.1.3, §17.2.3, §18.1.2,
// §18.2.1) or its user, what cannot be read is answered or dropped, and timers fire.
#include "sip/transaction.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/invariant.h"
#include "sip/transaction_layer.h"
#include "sip/via.h"

namespace imslab::sip {

Transactions::Impl::Impl(
    Outbox& outbox_, Entropy& entropy_, TransactionUser& user_, Config config_, const Time& now_)
    : outbox(outbox_),
      user(user_),
      config(std::move(config_)),
      overload(config.max_pending),
      now(now_),
      seed(entropy_.next()),
      last_branch(entropy_.next()) {}

Transactions::Transactions(Outbox& outbox, Entropy& entropy, TransactionUser& user, Config config)
    : impl_(std::make_unique<Impl>(outbox, entropy, user, std::move(config), now_)) {}

Transactions::~Transactions() = default;

// ---- events

void Transactions::advance(Time now) { now_ = std::max(now_, now); }

void Transactions::on_arrived(Arrived arrived, Time now) {
    advance(now);
    auto message = parse(std::move(arrived.bytes), impl_->config.limits);
    if (message) {
        impl_->on_message(std::move(*message), arrived.flow);
    } else {
        impl_->on_malformed(std::move(message.error()), arrived.flow);
    }
    impl_->expire();
}

// The stream's host closes it; a request is told why.
void Transactions::on_unframeable(Unframeable unframeable, Time now) {
    advance(now);
    auto message = parse(std::move(unframeable.bytes), impl_->config.limits);
    ParseFailure failure;
    if (message) {
        failure.error.status = message->is_request() ? 400 : 0;
        failure.answerable = std::move(*message);
    } else {
        failure = std::move(message.error());
    }
    failure.error.reason = std::move(unframeable.reason);
    impl_->on_malformed(std::move(failure), unframeable.flow);
    impl_->expire();
}

void Transactions::on_send_failed(const SendFailed& failed, Time now) {
    advance(now);
    impl_->on_lost(failed.flow, false);
    impl_->expire();
}

void Transactions::on_connection_closed(const ConnectionClosed& closed, Time now) {
    advance(now);
    impl_->on_lost(closed.flow, true);
    impl_->expire();
}

void Transactions::on_time(Time now) {
    advance(now);
    impl_->expire();
}

std::optional<Time> Transactions::next_deadline() const { return impl_->next_deadline(); }

// ---- for the user

ClientId Transactions::send_request(Message request, const Flow& to, std::string_view loop_mark) {
    return impl_->send_request(std::move(request), to, loop_mark);
}

bool Transactions::respond(ServerId id, Message response) {
    if (impl_->servers.find(id) == nullptr) return false;
    return impl_->respond(SlotTable<ServerTransaction>::index_of(id), std::move(response));
}

void Transactions::respond_stateless(Message response, const Flow& came_on) {
    impl_->respond_stateless(response, came_on);
}

const Message* Transactions::request_of(ServerId id) const {
    const auto* transaction = impl_->servers.find(id);
    return transaction == nullptr ? nullptr : transaction->request.get();
}

const Flow* Transactions::flow_of(ServerId id) const {
    const auto* transaction = impl_->servers.find(id);
    return transaction == nullptr ? nullptr : &transaction->flow;
}

std::size_t Transactions::size() const { return impl_->servers.size() + impl_->clients.size(); }

PendingWork Transactions::pending_work() const { return impl_->overload.pending_work(); }

// ---- what arrives

void Transactions::Impl::on_message(Message message, const Flow& flow) {
    if (message.is_request()) {
        on_request(std::move(message), flow);
    } else {
        on_response(std::move(message), flow);
    }
}

void Transactions::Impl::on_request(Message request, const Flow& flow) {
    const auto via = top_via(request);
    if (!via) return;  // the parser has seen it
    const Method method = request.method();
    make_key(
        request, *via, method == Method::ack ? to_string(Method::invite) : request.method_text());
    const auto* found = find_server(hash);
    if (method == Method::ack) {
        on_ack(std::move(request), flow, found == nullptr ? kNoSlot : *found);
        return;
    }
    if (found != nullptr) {
        const std::uint32_t slot = *found;
        if (servers[slot].invite) {
            invite_server_on_request(slot);
        } else {
            non_invite_server_on_request(slot);
        }
        return;
    }
    const bool is_full = servers.size() + clients.size() >= config.max_transactions;
    if (is_full || (method != Method::cancel && !overload.admits(request))) {
        overload.on_refused(outbox, now);
        refuse(std::move(request), flow);
        return;
    }
    overload.on_admitted(outbox, now);
    const std::uint32_t slot = open_server(request, *via, flow);
    if (method == Method::cancel) {
        on_cancel(slot, request);
        return;
    }
    user.on_request(servers.id_of(slot), std::move(request), flow);
}

// §17.1.1.3, §13.3.1.4: an ACK to a failure ends here, one to a 2xx is the user's.
void Transactions::Impl::on_ack(Message ack, const Flow& flow, std::uint32_t slot) {
    const auto via = top_via(ack);
    if (slot != kNoSlot) {
        if (!invite_server_on_ack(slot)) return;
    } else if (to_tag(ack) == refusal_tag(*via)) {
        return;
    }
    note_source(ack, *via, flow);
    user.on_ack(std::move(ack), flow);
}

// §9.2: a CANCEL is answered at once, and told only while the INVITE it names has no final answer.
void Transactions::Impl::on_cancel(std::uint32_t slot, const Message& cancel) {
    rekey(to_string(Method::invite));
    const auto* invite = find_server(hash);
    Message answer = Message::response_to(cancel, invite == nullptr ? 481 : 200);
    if (!to_tag(answer)) set_to_tag(answer, tag_for(key));
    const ServerId id = invite == nullptr ? 0 : servers.id_of(*invite);
    const bool pending =
        invite != nullptr && servers[*invite].invite_state == InviteServerState::proceeding;
    respond(slot, std::move(answer));
    if (pending) user.on_cancel(id, cancel);
}

void Transactions::Impl::on_response(Message response, const Flow& flow) {
    const auto via = top_via(response);
    if (!via) return;
    const std::string_view branch = via->branch();
    if (response.method() == Method::cancel) {
        if (const auto found = cancels.find(branch); found != cancels.end()) {
            non_invite_client_on_response(found->second, std::move(response));
            return;
        }
    } else if (const auto slot = find_client(branch);
               slot != kNoSlot && clients[slot].method == response.method()) {
        if (clients[slot].invite) {
            invite_client_on_response(slot, std::move(response));
        } else {
            non_invite_client_on_response(slot, std::move(response));
        }
        return;
    }
    user.on_stray_response(std::move(response), flow);
}

// RFC 3261 §8.2, §18.3: a request that cannot be read is answered as far as it can be; a response
// or an ACK is dropped.
void Transactions::Impl::on_malformed(ParseFailure failure, const Flow& flow) {
    if (failure.error.status != 0 && failure.answerable && failure.answerable->is_request() &&
        failure.answerable->method() != Method::ack) {
        Message request = *failure.answerable;
        const auto via = top_via(request);
        const std::string tag = via ? refusal_tag(*via) : std::string("refused");
        if (via) note_source(request, *via, flow);
        Message answer = Message::response_to(request, failure.error.status, failure.error.reason);
        if (!to_tag(answer)) set_to_tag(answer, tag);
        if (answer.has(HeaderId::via)) respond_stateless(answer, flow);
    }
    user.on_malformed(failure, flow);
}

// §17.1.4, RFC 6026 §8.8: client transactions that wait for their first answer fail; server
// transactions stay, and a broken connection is replaced by a new one to the sent-by port (RFC 3261
// §18.2.2).
void Transactions::Impl::on_lost(const Flow& flow, bool connection_closed) {
    std::vector<std::uint32_t> lost;
    for (std::uint32_t slot = first_listed; slot != kNoSlot; slot = clients[slot].next) {
        const Flow& sent = clients[slot].flow;
        if (sent.transport != flow.transport) continue;
        const bool same_connection = sent.connection == flow.connection;
        const bool same_remote = sent.remote == flow.remote;
        if (connection_closed ? (same_connection || (sent.connection == 0 && same_remote))
                              : (same_connection && same_remote)) {
            lost.push_back(slot);
        }
    }
    std::vector<ClientId> ids;
    for (const auto slot : lost) ids.push_back(clients.id_of(slot));
    if (connection_closed && flow.connection != 0) {
        for (auto at = by_connection.lower_bound({flow.connection, 0});
             at != by_connection.end() && at->first == flow.connection;) {
            servers[at->second].flow.connection = 0;
            at = by_connection.erase(at);
        }
    }
    for (const auto id : ids) {
        if (clients.find(id) != nullptr) give_up(clients.index_of(id), Lost::transport);
    }
}

// ---- timers

std::uint8_t Transactions::Impl::timers_on(const Flow& flow) {
    const Timers values = config.timers(flow);
    for (std::size_t i = 0; i < timers.size(); ++i) {
        if (timers[i] == values) return static_cast<std::uint8_t>(i);
    }
    IMSLAB_INVARIANT(timers.size() < 256);
    timers.push_back(values);
    return static_cast<std::uint8_t>(timers.size() - 1);
}

void Transactions::Impl::arm(std::uint32_t slot, TimerKind kind, Duration after) {
    const auto ticket = queue.arm(after, now, slot, kind);
    switch (kind) {
        case server_retransmit:
            servers[slot].retransmit = ticket;
            break;
        case server_expiry:
            servers[slot].expiry = ticket;
            break;
        case client_retransmit:
            clients[slot].retransmit = ticket;
            break;
        case client_expiry:
            clients[slot].expiry = ticket;
            break;
    }
}

bool Transactions::Impl::is_live(const TimerQueue::Entry& entry) const {
    switch (entry.kind) {
        case server_retransmit:
            return servers[entry.slot].retransmit == entry.ticket;
        case server_expiry:
            return servers[entry.slot].expiry == entry.ticket;
        case client_retransmit:
            return clients[entry.slot].retransmit == entry.ticket;
        default:
            return clients[entry.slot].expiry == entry.ticket;
    }
}

std::optional<Time> Transactions::Impl::next_deadline() {
    return queue.next([this](const TimerQueue::Entry& entry) { return is_live(entry); });
}

void Transactions::Impl::expire() {
    const auto live = [this](const TimerQueue::Entry& entry) { return is_live(entry); };
    while (const auto entry = queue.pop_due(now, live)) fire(*entry);
}

void Transactions::Impl::fire(const TimerQueue::Entry& entry) {
    const std::uint32_t slot = entry.slot;
    switch (entry.kind) {
        case server_retransmit:
            servers[slot].retransmit = 0;
            invite_server_on_retransmit(slot);
            break;
        case server_expiry:
            servers[slot].expiry = 0;
            if (servers[slot].invite) {
                invite_server_on_expiry(slot);
            } else {
                non_invite_server_on_expiry(slot);
            }
            break;
        case client_retransmit:
            clients[slot].retransmit = 0;
            if (clients[slot].invite) {
                invite_client_on_retransmit(slot);
            } else {
                non_invite_client_on_retransmit(slot);
            }
            break;
        default:
            clients[slot].expiry = 0;
            if (clients[slot].invite) {
                invite_client_on_expiry(slot);
            } else {
                non_invite_client_on_expiry(slot);
            }
    }
}

}  // namespace imslab::sip
