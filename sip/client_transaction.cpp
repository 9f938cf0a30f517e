// What both client transactions share: their record, our Via (RFC 3261 §18.1.1, §8.1.1.7), requests
// without one.
#include "core/invariant.h"
#include "sip/hex.h"
#include "sip/transaction_layer.h"

namespace imslab::sip {

namespace {

constexpr std::string_view kMagicCookie = "z9hG4bK";
constexpr std::size_t kHexDigits = 16;

std::optional<std::uint64_t> from_hex(std::string_view text) {
    std::uint64_t value = 0;
    for (const char digit : text) {
        if (digit >= '0' && digit <= '9') {
            value = value << 4 | static_cast<std::uint64_t>(digit - '0');
        } else if (digit >= 'a' && digit <= 'f') {
            value = value << 4 | static_cast<std::uint64_t>(digit - 'a' + 10);
        } else {
            return std::nullopt;
        }
    }
    return value;
}

}  // namespace

// The branch starts with the id of the transaction, so that a response finds it without a search;
// what follows cannot be guessed.
std::string Transactions::Impl::make_branch(ClientId id, std::string_view loop_mark) {
    const std::uint64_t count = ++last_branch;
    std::string branch;
    branch.reserve(kMagicCookie.size() + 2 * kHexDigits + loop_mark.size());
    branch.append(kMagicCookie);
    append_hex(branch, id);
    append_hex(branch, key_hash({reinterpret_cast<const char*>(&count), sizeof count}, seed));
    branch.append(loop_mark);
    return branch;
}

std::uint32_t Transactions::Impl::find_client(std::string_view branch) {
    if (branch.size() < kMagicCookie.size() + kHexDigits) return kNoSlot;
    const auto id = from_hex(branch.substr(kMagicCookie.size(), kHexDigits));
    if (!id) return kNoSlot;
    const auto* transaction = clients.find(*id);
    return transaction != nullptr && transaction->branch == branch ? clients.index_of(*id)
                                                                   : kNoSlot;
}

std::string Transactions::Impl::via_value(const Flow& to, std::string_view branch) const {
    std::string value;
    value.reserve(128 + branch.size());
    value.append("SIP/2.0/");
    value.append(to_string(to.transport)).push_back(' ');
    value.append(config.sent_by ? config.sent_by(to) : to.local.to_string());
    value.append(";branch=").append(branch);
    return value;
}

ClientId Transactions::Impl::send_request(Message request,
                                          const Flow& to,
                                          std::string_view loop_mark) {
    IMSLAB_INVARIANT(request.is_request() && request.method() != Method::ack);
    const std::uint32_t slot = clients.acquire();
    auto& transaction = clients[slot];
    const ClientId id = clients.id_of(slot);
    transaction.invite = request.method() == Method::invite;
    transaction.branch = make_branch(id, loop_mark);
    request.prepend(HeaderId::via, via_value(to, transaction.branch));
    start_client(slot, std::move(request), to);
    return id;
}

void Transactions::Impl::start_client(std::uint32_t slot, Message request, const Flow& to) {
    auto& transaction = clients[slot];
    transaction.reliable = is_reliable(to.transport);
    transaction.method = request.method();
    transaction.timers = timers_on(to);
    transaction.flow = to;
    transaction.since = now;
    std::string bytes = request.to_bytes();
    if (!transaction.reliable) {
        transaction.bytes = bytes;
        transaction.interval = timers_of(transaction).t1;
        arm(slot, client_retransmit, transaction.interval);  // timer A or E
    }
    arm(slot, client_expiry, 64 * timers_of(transaction).t1);  // timer B or F
    list(slot);
    if (transaction.invite) transaction.request = std::make_unique<Message>(std::move(request));
    outbox.emit(Send{to, std::move(bytes)});
}

void Transactions::send_stateless(Message request, const Flow& to) {
    request.prepend(HeaderId::via, impl_->via_value(to, impl_->make_branch(0, {})));
    impl_->outbox.emit(Send{to, request.to_bytes()});
}

void Transactions::abandon(ClientId id) {
    if (auto* transaction = impl_->clients.find(id)) transaction->silent = true;
}

void Transactions::Impl::close_client(std::uint32_t slot) {
    unlist(slot);
    if (clients[slot].method == Method::cancel) cancels.erase(clients[slot].branch);
    clients.release(slot);
}

// Timer B or F, a CANCEL without effect, or nothing could be sent: the user learns it once, last.
void Transactions::Impl::give_up(std::uint32_t slot, Lost why) {
    auto& transaction = clients[slot];
    if (why == Lost::transport) {
        const bool accepted =
            transaction.invite
                ? invite_client_next(transaction, InviteClientEvent::transport_error)
                : non_invite_client_next(transaction, NonInviteClientEvent::transport_error);
        if (!accepted) return;
    }
    const ClientId id = clients.id_of(slot);
    const bool silent = transaction.silent;
    close_client(slot);
    if (silent) return;
    if (why == Lost::timeout) {
        user.on_timeout(id);
    } else {
        user.on_transport_error(id);
    }
}

// Those whose request may still fail to be sent, newest first.
void Transactions::Impl::list(std::uint32_t slot) {
    auto& transaction = clients[slot];
    transaction.listed = true;
    transaction.next = first_listed;
    if (first_listed != kNoSlot) clients[first_listed].previous = slot;
    first_listed = slot;
}

void Transactions::Impl::unlist(std::uint32_t slot) {
    auto& transaction = clients[slot];
    if (!transaction.listed) return;
    if (transaction.previous != kNoSlot) {
        clients[transaction.previous].next = transaction.next;
    } else {
        first_listed = transaction.next;
    }
    if (transaction.next != kNoSlot) clients[transaction.next].previous = transaction.previous;
    transaction.previous = transaction.next = kNoSlot;
    transaction.listed = false;
}

}  // namespace imslab::sip
