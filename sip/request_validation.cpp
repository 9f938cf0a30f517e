// Request validation (RFC 3261 §16.3), with the loop detection of RFC 5393 §4.2.
#include "sip/acceptance.h"
#include "sip/headers.h"
#include "sip/hex.h"
#include "sip/proxy_layer.h"
#include "sip/transaction_table.h"

namespace imslab::sip {

namespace {

// §16.3 step 3: those an element may be the target of itself are refused only when they are to go
// on.
bool may_end_here(Method method) {
    return method == Method::register_ || method == Method::options ||
           method == Method::subscribe || method == Method::publish;
}

bool has_looped(const Message& request, std::string_view mark) {
    for (const auto& field : request.fields()) {
        if (field.id == HeaderId::via && request.value(field).find(mark) != std::string_view::npos)
            return true;
    }
    return false;
}

}  // namespace

// RFC 5393 §4.2.1: all that decides where the request goes. Seeded, so that the mark is ours alone.
std::string Proxy::Impl::loop_mark_of(const Message& request, const Flow& flow) const {
    std::uint64_t hash = key_hash(request.uri(), seed);
    for (const auto& field : request.fields()) {
        switch (field.id) {
            case HeaderId::route:
            case HeaderId::call_id:
            case HeaderId::cseq:
            case HeaderId::from:
            case HeaderId::to:
            case HeaderId::p_served_user:
                hash = key_hash(request.value(field), hash);
                break;
            default:
                break;
        }
    }
    hash = key_hash(flow.local.ip.octets(), hash + flow.local.port);
    std::string mark("-");
    append_hex(mark, hash, 8);
    return mark;
}

bool Proxy::Impl::refuse_invalid(ServerId id,
                                 const Message& request,
                                 const std::string& loop_mark) {
    const auto refusal = check_request(request, capabilities);
    if (refusal && !(refusal->status == 483 && may_end_here(request.method()))) {
        Message answer = response_of_ours(id, refusal->status, refusal->reason);
        for (const auto& [header, value] : refusal->headers) answer.append(header, value);
        transactions.respond(id, std::move(answer));
        return true;
    }
    if (!has_looped(request, loop_mark)) return false;
    transactions.respond(id, response_of_ours(id, 482, {}));
    return true;
}

}  // namespace imslab::sip
