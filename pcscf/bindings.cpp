// What the P-CSCF keeps of a registration (TS 24.229 §5.2.2.1), small.
#include "pcscf/bindings.h"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "core/deadline.h"
#include "core/invariant.h"
#include "core/transports.h"
#include "sip/uri.h"

namespace imslab::pcscf {

namespace {

constexpr std::size_t kMostIdentities = 255;
constexpr char kRouteSeparator = '\n';

std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

// What two equal contacts (RFC 3261 §19.1.4) have in common for certain: user, host and port.
std::uint64_t hash_of_contact(std::string_view contact) {
    const auto uri = sip::Uri::parse(contact);
    if (!uri) return hash_of(contact);
    std::string key;
    for (const char c : uri->host)
        key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    key.append(":").append(std::to_string(uri->port)).append(":");
    key += sip::unescape(uri->user).value_or(std::string(uri->user));
    return hash_of(key);
}

std::string canonical(std::string_view identity) {
    return sip::canonical_identity(identity).value_or(std::string(identity));
}

std::unique_ptr<char[]> block_of(const Registration& registration, std::size_t identities) {
    std::size_t size = registration.aor.size() + registration.contact.size() +
                       registration.private_identity.size() + 3;
    for (std::size_t i = 0; i < identities; ++i) size += registration.identities[i].size() + 1;
    auto block = std::make_unique_for_overwrite<char[]>(size);
    char* end = block.get();
    const auto put = [&end](const std::string& text) {
        std::memcpy(end, text.c_str(), text.size() + 1);
        end += text.size() + 1;
    };
    put(registration.aor);
    put(registration.contact);
    put(registration.private_identity);
    for (std::size_t i = 0; i < identities; ++i) put(registration.identities[i]);
    return block;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) {
        if (!text.empty()) text += kRouteSeparator;
        text += part;
    }
    return text;
}

std::string_view text_at(const char* block, std::size_t index) {
    for (; index > 0; --index) block += std::strlen(block) + 1;
    return block;
}

void erase_one(auto& by_hash, std::uint64_t hash, std::uint32_t slot) {
    const auto [first, last] = by_hash.equal_range(hash);
    for (auto entry = first; entry != last; ++entry) {
        if (entry->second == slot) {
            by_hash.erase(entry);
            return;
        }
    }
}

}  // namespace

std::optional<BindingId> Bindings::save(const Registration& registration) {
    std::uint32_t slot = kNoSlot;
    if (const auto known = find(registration.aor, registration.contact)) {
        slot = known->slot;
        unindex(slot);
    } else if (live_ >= most_) {
        return std::nullopt;
    } else if (!free_.empty()) {
        slot = free_.back();
        free_.pop_back();
        ++live_;
    } else {
        slot = static_cast<std::uint32_t>(slots_.size());
        slots_.emplace_back();
        ++live_;
    }
    Binding& binding = slots_[slot];
    const std::size_t identities = std::min(registration.identities.size(), kMostIdentities);
    binding.text = block_of(registration, identities);
    binding.identities = static_cast<std::uint8_t>(identities);
    binding.expires = registration.expires;
    binding.connection = registration.ue.flow.connection;
    binding.ip = registration.ue.flow.remote.ip;
    binding.source_port = registration.ue.flow.remote.port;
    binding.listening_port = registration.ue.listening_port;
    binding.transport = registration.ue.flow.transport;
    const Interned::Id route = shared_.use(joined(registration.service_route));
    const Interned::Id charging = shared_.use(registration.charging_addresses);
    shared_.drop(std::exchange(binding.service_route, route));
    shared_.drop(std::exchange(binding.charging_addresses, charging));
    index(slot);
    return id_of(slot);
}

void Bindings::remove(BindingId id) {
    if (!alive(id)) return;
    unindex(id.slot);
    Binding& binding = slots_[id.slot];
    shared_.drop(binding.service_route);
    shared_.drop(binding.charging_addresses);
    const std::uint32_t generation = binding.generation + 1;
    binding = Binding{};
    binding.generation = generation;
    free_.push_back(id.slot);
    --live_;
}

void Bindings::remove_expired(Time now, std::vector<std::string>& contacts) {
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
        const BindingId id = id_of(by_expiry_.begin()->second);
        contacts.emplace_back(contact(id));
        remove(id);
    }
}

std::optional<Time> Bindings::next_expiry() const { return earliest(by_expiry_); }

bool Bindings::alive(BindingId id) const {
    return id.slot < slots_.size() && slots_[id.slot].generation == id.generation &&
           slots_[id.slot].text != nullptr;
}

std::optional<BindingId> Bindings::find(std::string_view aor, std::string_view contact_uri) const {
    const auto [first, last] = by_contact_.equal_range(hash_of_contact(contact_uri));
    for (auto entry = first; entry != last; ++entry) {
        const BindingId id = id_of(entry->second);
        if (this->aor(id) == aor && sip::equal(contact(id), contact_uri)) return id;
    }
    return std::nullopt;
}

std::optional<BindingId> Bindings::of_contact(std::string_view contact_uri) const {
    const auto [first, last] = by_contact_.equal_range(hash_of_contact(contact_uri));
    for (auto entry = first; entry != last; ++entry) {
        const BindingId id = id_of(entry->second);
        if (sip::equal(contact(id), contact_uri)) return id;
    }
    return std::nullopt;
}

std::vector<BindingId> Bindings::of_aor(std::string_view aor) const {
    std::vector<BindingId> found;
    const auto [first, last] = by_identity_.equal_range(hash_of(aor));
    for (auto entry = first; entry != last; ++entry) {
        const BindingId id = id_of(entry->second);
        if (this->aor(id) == aor && std::find(found.begin(), found.end(), id) == found.end())
            found.push_back(id);
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::optional<BindingId> Bindings::of_flow(const UeFlow& ue,
                                           const std::vector<std::string>& claimed) const {
    for (const auto& identity : claimed) {
        std::uint32_t found = kNoSlot;
        const auto [first, last] = by_identity_.equal_range(hash_of(identity));
        for (auto entry = first; entry != last; ++entry) {
            const std::uint32_t slot = entry->second;
            if (came_from(slots_[slot], ue) && owns(slot, identity)) found = std::min(found, slot);
        }
        if (found != kNoSlot) return id_of(found);
    }
    if (!is_opened_by_peer(ue.flow.transport)) {
        const auto head = by_flow_.find(Address{ue.flow.remote.ip, ue.listening_port});
        if (head != by_flow_.end()) return id_of(head->second);
    }
    if (ue.flow.connection == 0) return std::nullopt;
    const auto bound = of_connection(ue.flow.connection);
    return bound.empty() ? std::nullopt : std::optional(bound.front());
}

std::vector<BindingId> Bindings::of_connection(std::uint64_t connection) const {
    std::vector<BindingId> found;
    for (auto entry = by_connection_.lower_bound({connection, 0});
         entry != by_connection_.end() && entry->first == connection;
         ++entry) {
        found.push_back(id_of(entry->second));
    }
    return found;
}

void Bindings::forget_connection(std::uint64_t connection) {
    for (const BindingId id : of_connection(connection)) {
        slots_[id.slot].connection = 0;
        by_connection_.erase({connection, id.slot});
    }
}

const Bindings::Binding& Bindings::at(BindingId id) const {
    IMSLAB_INVARIANT(alive(id));
    return slots_[id.slot];
}

std::string_view Bindings::aor(BindingId id) const { return text_at(at(id).text.get(), 0); }

std::string_view Bindings::contact(BindingId id) const { return text_at(at(id).text.get(), 1); }

std::string_view Bindings::private_identity(BindingId id) const {
    return text_at(at(id).text.get(), 2);
}

std::vector<std::string_view> Bindings::identities(BindingId id) const {
    std::vector<std::string_view> all;
    for (std::size_t i = 0; i < at(id).identities; ++i)
        all.push_back(text_at(at(id).text.get(), i + 3));
    return all;
}

// TS 24.229 §5.2.2.1: the first of P-Associated-URI is the default public user identity.
std::string_view Bindings::default_identity(BindingId id) const {
    return at(id).identities > 0 ? text_at(at(id).text.get(), 3) : aor(id);
}

std::vector<std::string_view> Bindings::service_route(BindingId id) const {
    std::vector<std::string_view> uris;
    std::string_view rest = shared_.text(at(id).service_route);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(kRouteSeparator), rest.size());
        uris.push_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return uris;
}

std::string_view Bindings::charging_addresses(BindingId id) const {
    return shared_.text(at(id).charging_addresses);
}

Flow Bindings::flow(BindingId id, const Address& local) const {
    const Binding& binding = at(id);
    return Flow{
        binding.transport, local, Address{binding.ip, binding.source_port}, binding.connection};
}

bool Bindings::is_reachable(BindingId id) const {
    return at(id).connection != 0 || !is_opened_by_peer(at(id).transport);
}

Time Bindings::expires(BindingId id) const { return at(id).expires; }

bool Bindings::owns(std::uint32_t slot, std::string_view wanted) const {
    const BindingId id = id_of(slot);
    if (canonical(aor(id)) == wanted) return true;
    const auto all = identities(id);
    return std::any_of(
        all.begin(), all.end(), [&](std::string_view each) { return canonical(each) == wanted; });
}

bool Bindings::came_from(const Binding& binding, const UeFlow& ue) const {
    if (ue.flow.connection != 0 && ue.flow.connection == binding.connection) return true;
    // Whoever registered over TLS or a WebSocket is known by that connection alone.
    if (is_opened_by_peer(binding.transport) || is_opened_by_peer(ue.flow.transport)) return false;
    return binding.ip == ue.flow.remote.ip && binding.listening_port == ue.listening_port;
}

void Bindings::index(std::uint32_t slot) {
    Binding& binding = slots_[slot];
    const BindingId id = id_of(slot);
    if (!is_opened_by_peer(binding.transport)) index_flow(slot);
    by_contact_.emplace(hash_of_contact(contact(id)), slot);
    by_identity_.emplace(hash_of(aor(id)), slot);
    for (const auto identity : identities(id)) {
        const std::string form = canonical(identity);
        if (form != aor(id)) by_identity_.emplace(hash_of(form), slot);
    }
    by_expiry_.emplace(binding.expires, slot);
    if (binding.connection != 0) by_connection_.emplace(binding.connection, slot);
}

void Bindings::index_flow(std::uint32_t slot) {
    Binding& binding = slots_[slot];
    const auto [head, is_first] =
        by_flow_.try_emplace(Address{binding.ip, binding.listening_port}, slot);
    if (is_first) return;
    Binding& first = slots_[head->second];
    binding.previous_on_flow = head->second;
    binding.next_on_flow = first.next_on_flow;
    if (first.next_on_flow != kNoSlot) slots_[first.next_on_flow].previous_on_flow = slot;
    first.next_on_flow = slot;
}

void Bindings::unindex_flow(std::uint32_t slot) {
    Binding& binding = slots_[slot];
    const std::uint32_t next = std::exchange(binding.next_on_flow, kNoSlot);
    const std::uint32_t previous = std::exchange(binding.previous_on_flow, kNoSlot);
    if (next != kNoSlot) slots_[next].previous_on_flow = previous;
    if (previous != kNoSlot) {
        slots_[previous].next_on_flow = next;
    } else {
        const auto head = by_flow_.find(Address{binding.ip, binding.listening_port});
        if (next != kNoSlot) {
            head->second = next;
        } else {
            by_flow_.erase(head);
        }
    }
}

void Bindings::unindex(std::uint32_t slot) {
    Binding& binding = slots_[slot];
    const BindingId id = id_of(slot);
    if (!is_opened_by_peer(binding.transport)) unindex_flow(slot);
    erase_one(by_contact_, hash_of_contact(contact(id)), slot);
    erase_one(by_identity_, hash_of(aor(id)), slot);
    for (const auto identity : identities(id)) {
        const std::string form = canonical(identity);
        if (form != aor(id)) erase_one(by_identity_, hash_of(form), slot);
    }
    by_expiry_.erase({binding.expires, slot});
    if (binding.connection != 0) by_connection_.erase({binding.connection, slot});
}

}  // namespace imslab::pcscf
