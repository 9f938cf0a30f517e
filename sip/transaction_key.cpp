// Which server transaction a request belongs to (RFC 3261 §17.2.3), also for branches of RFC 2543.
#include <string>

#include "sip/hex.h"
#include "sip/transaction_layer.h"

namespace imslab::sip {

namespace {

constexpr std::string_view kRefusalMark = "refused-";
}  // namespace

// Branch, sent-by and method; without the magic cookie the Request-URI, From tag, Call-ID, CSeq
// number and the whole top Via instead of the branch. ACK is looked up as INVITE.
void Transactions::Impl::make_key(const Message& request, const Via& via, std::string_view method) {
    key.clear();
    if (via.has_magic_cookie()) {
        key.append(via.branch()).push_back('|');
        key.append(via.host).push_back(':');
        key.push_back(static_cast<char>(via.port >> 8));
        key.push_back(static_cast<char>(via.port & 0xFF));
    } else {
        const auto sequence = cseq(request);
        key.append(request.uri()).push_back('|');
        key.append(from_tag(request).value_or("")).push_back('|');
        key.append(call_id(request)).push_back('|');
        key.append(std::to_string(sequence ? sequence->number : 0)).push_back('|');
        key.append(request.first_value(HeaderId::via).value_or(""));
    }
    key_base = key.size();
    rekey(method);
}

void Transactions::Impl::rekey(std::string_view method) {
    key.resize(key_base);
    key.push_back('|');
    key.append(method);
    hash = key_hash(key, seed);
}

const std::uint32_t* Transactions::Impl::find_server(std::uint64_t wanted) const {
    return keys.find(wanted, [this](std::uint32_t slot) { return servers[slot].key == key; });
}

std::string Transactions::Impl::tag_for(std::string_view whole_key) const {
    std::string tag;
    append_hex(tag, key_hash(whole_key.substr(0, whole_key.rfind('|')), ~seed));
    return tag;
}

// A request that was refused without a transaction leaves nothing behind; its ACK is known by the
// tag.
std::string Transactions::Impl::refusal_tag(const Via& via) const {
    std::string tag(kRefusalMark);
    append_hex(tag, key_hash(via.branch(), ~seed));
    return tag;
}

std::string Transactions::tag_of(ServerId id) const {
    const auto* transaction = impl_->servers.find(id);
    return transaction == nullptr ? std::string{} : impl_->tag_for(transaction->key);
}

}  // namespace imslab::sip
