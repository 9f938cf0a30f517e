// What the P-CSCF keeps of a registration once the 200 (OK) has passed (TS 24.229 §5.2.2.1): the
// contact and the flow it came on, the Service-Route, the public user identities. Built to be
// small: one block of text and one record a contact, and nothing that grows with re-registrations.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/address.h"
#include "core/time.h"
#include "pcscf/interned.h"

namespace imslab::pcscf {

// Names one binding for as long as it lives; a later one in the same place has another generation.
struct BindingId {
    std::uint32_t slot = UINT32_MAX;
    std::uint32_t generation = 0;
    auto operator<=>(const BindingId&) const = default;
};

// Where a UE is. `listening_port` is the one it takes connections and datagrams on: of a datagram
// the source port, of a stream the port in its Via.
struct UeFlow {
    Flow flow;
    std::uint16_t listening_port = 0;
};

struct Registration {
    std::string aor;      // the To of its REGISTER, canonical
    // Whose TLS session it is (TS 24.229 §5.2.2.4); empty on other transports.
    std::string private_identity;
    std::string contact;  // the Contact's URI, as registered
    UeFlow ue;
    std::vector<std::string> identities;     // P-Associated-URI, the default one first
    std::vector<std::string> service_route;  // URIs, topmost first
    std::string charging_addresses;          // P-Charging-Function-Addresses
    Time expires;
};

class Bindings {
public:
    explicit Bindings(std::size_t most) : most_(most) {}
    Bindings(const Bindings&) = delete;
    Bindings& operator=(const Bindings&) = delete;

    // Adds the contact, or refreshes what is kept of it. Nullopt: there are as many as there may
    // be.
    std::optional<BindingId> save(const Registration& registration);
    void remove(BindingId id);
    void remove_expired(Time now, std::vector<std::string>& contacts);
    std::optional<Time> next_expiry() const;
    std::size_t size() const { return live_; }

    bool alive(BindingId id) const;
    std::optional<BindingId> find(std::string_view aor, std::string_view contact) const;
    // The binding a terminating request is for: its Request-URI is the contact.
    std::optional<BindingId> of_contact(std::string_view contact) const;
    // All bindings registered under that address of record.
    std::vector<BindingId> of_aor(std::string_view aor) const;
    // The binding behind a flow. Several users may share one (a load generator, a gateway): then
    // the one that owns `claimed`, a canonical identity, else the first.
    std::optional<BindingId> of_flow(const UeFlow& ue,
                                     const std::vector<std::string>& claimed) const;
    std::vector<BindingId> of_connection(std::uint64_t connection) const;
    // The stream is gone. What was bound to TCP is reached by its contact from now on; what was
    // bound to TLS or a WebSocket is not reached until it has registered anew.
    void forget_connection(std::uint64_t connection);

    // ---- of a live binding
    std::string_view aor(BindingId id) const;
    std::string_view contact(BindingId id) const;
    std::string_view private_identity(BindingId id) const;
    std::vector<std::string_view> identities(BindingId id) const;
    std::string_view default_identity(BindingId id) const;
    std::vector<std::string_view> service_route(BindingId id) const;
    std::string_view charging_addresses(BindingId id) const;
    Flow flow(BindingId id, const Address& local) const;
    Transport transport(BindingId id) const { return at(id).transport; }
    bool is_reachable(BindingId id) const;
    Time expires(BindingId id) const;
    // Visits all in the order of their places.
    template <class Visitor>
    void for_each(Visitor&& visit) const {
        for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
            if (slots_[slot].text) visit(BindingId{slot, slots_[slot].generation});
        }
    }

private:
    static constexpr std::uint32_t kNoSlot = UINT32_MAX;
    struct Binding {
        std::unique_ptr<char[]>
            text;  // aor, contact, private and public identities, each ended by a NUL; null: free
        Time expires;
        std::uint64_t connection = 0;
        IpAddress ip;
        std::uint16_t source_port = 0;
        std::uint16_t listening_port = 0;
        Transport transport = Transport::udp;
        std::uint8_t identities = 0;
        std::uint32_t generation = 0;
        Interned::Id service_route = Interned::kNone;
        Interned::Id charging_addresses = Interned::kNone;
        std::uint32_t next_on_flow = kNoSlot;
        std::uint32_t previous_on_flow = kNoSlot;
    };
    using ByHash = std::unordered_multimap<std::uint64_t, std::uint32_t>;

    const Binding& at(BindingId id) const;
    BindingId id_of(std::uint32_t slot) const { return {slot, slots_[slot].generation}; }
    bool owns(std::uint32_t slot, std::string_view canonical) const;
    bool came_from(const Binding& binding, const UeFlow& ue) const;
    void index(std::uint32_t slot);
    void unindex(std::uint32_t slot);
    void index_flow(std::uint32_t slot);
    void unindex_flow(std::uint32_t slot);

    std::size_t most_;
    std::size_t live_ = 0;
    std::deque<Binding> slots_;
    std::vector<std::uint32_t> free_;
    Interned shared_;
    std::unordered_map<Address, std::uint32_t>
        by_flow_;  // the first of a list through the bindings
    ByHash by_contact_;
    ByHash by_identity_;  // aor and identities
    std::set<std::pair<Time, std::uint32_t>> by_expiry_;
    std::set<std::pair<std::uint64_t, std::uint32_t>> by_connection_;  // streams only
};

}  // namespace imslab::pcscf
