// RFC 3261 §17.2.3: what tells one server transaction from another; §21.5.4: 503 for those that
// died with the engine.
#include "hosts/kamailio/in_flight.h"

#include <sys/mman.h>

#include <cstring>
#include <new>
#include <optional>

#include "sip/headers.h"
#include "sip/message.h"
#include "sip/via.h"

namespace imslab::kamailio {
namespace {

std::optional<std::string> key_of(const sip::Message& message) {
    const auto top = message.first_value(sip::HeaderId::via);
    const auto via = top ? sip::Via::parse(*top) : std::nullopt;
    if (!via || !via->has_magic_cookie()) return std::nullopt;
    std::string key(via->branch());
    key.append("|").append(via->host).append("|").append(std::to_string(via->port));
    return key.append("|").append(message.method_text());
}

std::string_view head_of(std::string_view bytes) {
    const auto end = bytes.find("\r\n\r\n");
    return end == std::string_view::npos ? bytes : bytes.substr(0, end + 4);
}

// A header without its body is shorter than its Content-Length says: refused, and answerable.
std::optional<sip::Message> request_in(std::string_view head) {
    auto parsed = sip::parse(std::string(head));
    if (parsed) return std::move(*parsed);
    return std::move(parsed.error().answerable);
}

}  // namespace

Shared* Shared::map() {
    void* memory =
        ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    // Zeroed pages are an empty table: nothing is written to them here.
    return memory == MAP_FAILED ? nullptr : static_cast<Shared*>(memory);
}

InFlight::InFlight(Shared& shared) : shared_(shared) {
    free_.reserve(Shared::kSlots);
    for (std::uint32_t slot = Shared::kSlots; slot > 0; --slot) free_.push_back(slot - 1);
}

void InFlight::on_request(const ims_flow& flow, std::string_view bytes) {
    if (bytes.starts_with("SIP/") || bytes.starts_with("ACK ")) return;
    const std::string_view head = head_of(bytes);
    if (head.size() > sizeof Shared::Slot::head || free_.empty()) {
        ++shared_.untracked;
        return;
    }
    const auto request = sip::parse(std::string(bytes));
    if (!request || !request->is_request()) return;  // it is refused at once
    auto key = key_of(*request);
    if (!key) return;
    const auto [entry, is_new] = slots_.try_emplace(std::move(*key), free_.back());
    if (!is_new) return;  // a retransmission
    free_.pop_back();
    if (entry->second >= shared_.used) shared_.used = entry->second + 1;
    Shared::Slot& slot = shared_.slots[entry->second];
    slot.flow = flow;
    std::memcpy(slot.head, head.data(), head.size());
    slot.size.store(static_cast<std::uint32_t>(head.size()), std::memory_order_release);
}

void InFlight::on_response(std::string_view bytes) {
    if (!bytes.starts_with("SIP/2.0 ") || bytes.starts_with("SIP/2.0 1")) return;
    const auto response = sip::parse(std::string(bytes));
    if (!response) return;
    const auto key = key_of(*response);
    const auto found = key ? slots_.find(*key) : slots_.end();
    if (found == slots_.end()) return;
    shared_.slots[found->second].size.store(0, std::memory_order_release);
    free_.push_back(found->second);
    slots_.erase(found);
}

void answer_in_flight(Shared& shared,
                      const std::function<void(const ims_flow&, const std::string&)>& send) {
    const std::size_t used = shared.used.exchange(0);
    for (std::size_t i = 0; i < used; ++i) {
        Shared::Slot& slot = shared.slots[i];
        const std::size_t size = slot.size.exchange(0, std::memory_order_acquire);
        if (size == 0 || size > sizeof slot.head) continue;
        const auto request = request_in({slot.head, size});
        if (!request) continue;
        sip::Message response = sip::Message::response_to(*request, 503);
        const auto to = response.get(sip::HeaderId::to);
        if (to && to->find("tag=") == std::string_view::npos)
            response.set(sip::HeaderId::to, std::string(*to) + ";tag=gone");
        response.append(sip::HeaderId::retry_after, "1");
        ims_flow flow = slot.flow;
        send(flow, response.to_bytes());
        ++shared.answered_for_the_dead;
    }
}

}  // namespace imslab::kamailio
