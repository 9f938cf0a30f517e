// What both server transactions share: their record, the way of a response (RFC 3261 §18.2.2),
// refusal when full.
#include "sip/transaction_layer.h"
#include "sip/via.h"

namespace imslab::sip {

namespace {

// Those who are refused together do not come back together (§20.33: whole seconds).
constexpr std::uint64_t kSoonestRetrySeconds = 2, kRetrySpreadSeconds = 4;

}  // namespace

std::uint32_t Transactions::Impl::open_server(Message& request, const Via& via, const Flow& flow) {
    const std::uint32_t slot = servers.acquire();
    auto& transaction = servers[slot];
    transaction.invite = request.method() == Method::invite;
    transaction.reliable = is_reliable(flow.transport);
    transaction.timers = timers_on(flow);
    transaction.hash = hash;
    transaction.key = key;
    transaction.flow = flow;
    transaction.reply_to = reply_address(via, flow);
    transaction.since = now;
    transaction.pending = request.method() != Method::cancel;
    if (transaction.pending) overload.on_pending();
    keys.insert(hash, slot);
    if (transaction.reliable) by_connection.emplace(flow.connection, slot);
    note_source(request, via, flow);
    transaction.request = std::make_unique<Message>(request);
    if (transaction.invite)
        invite_server_start(slot);
    else
        non_invite_server_start(slot);
    return slot;
}

void Transactions::Impl::close_server(std::uint32_t slot) {
    const ServerId id = servers.id_of(slot);
    auto& transaction = servers[slot];
    no_longer_pending(transaction);
    keys.erase(transaction.hash, slot);
    if (transaction.reliable) by_connection.erase({transaction.flow.connection, slot});
    servers.release(slot);
    user.on_server_ended(id);
}

void Transactions::Impl::no_longer_pending(ServerTransaction& transaction) {
    if (std::exchange(transaction.pending, false)) overload.on_answered();
}

bool Transactions::Impl::respond(std::uint32_t slot, const Message& response) {
    if (response.status() > 100) no_longer_pending(servers[slot]);
    return servers[slot].invite ? invite_server_respond(slot, response)
                                : non_invite_server_respond(slot, response);
}

// §18.2.2: over the connection the request came on, else one to the sent-by; as a datagram by
// received and rport.
void Transactions::Impl::transmit(const ServerTransaction& transaction, std::string bytes) {
    Flow flow = transaction.flow;
    if (!transaction.reliable || flow.connection == 0) flow.remote = transaction.reply_to;
    outbox.emit(Send{flow, std::move(bytes)});
}

void Transactions::Impl::respond_stateless(const Message& response, const Flow& came_on) {
    Flow flow = came_on;
    if (!is_reliable(flow.transport)) {
        const auto via = top_via(response);
        if (const auto address = via ? reply_address(*via) : std::nullopt) flow.remote = *address;
    }
    outbox.emit(Send{flow, response.to_bytes()});
}

// RFC 3261 §21.5.4: full; nothing is kept, and the tag lets the ACK be known.
void Transactions::Impl::refuse(Message request, const Flow& flow) {
    const auto via = top_via(request);
    const std::string tag = refusal_tag(*via);
    note_source(request, *via, flow);
    Message answer = Message::response_to(request, 503);
    if (!to_tag(answer)) set_to_tag(answer, tag);
    const auto spread = key_hash(via->branch(), ~seed) % kRetrySpreadSeconds;
    answer.append(HeaderId::retry_after, std::to_string(kSoonestRetrySeconds + spread));
    respond_stateless(answer, flow);
}

}  // namespace imslab::sip
