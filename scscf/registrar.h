// What the S-CSCF knows of those registered with it (TS 24.229 §5.4.1.2.2F): an implicit
// registration set, its service profiles and its contacts, compactly, because there are many.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/time.h"
#include "core/transitions.h"
#include "diameter/cx.h"
#include "scscf/shared_profiles.h"

namespace imslab::scscf {

// An implicit registration set, as this S-CSCF sees it. A set without a record is not_registered.
enum class SetState : std::uint8_t { not_registered, registered };
enum class SetEvent : std::uint8_t {
    registered,         // SAR REGISTRATION was granted
    reregistered,       // SAR RE_REGISTRATION, or a further contact
    restored,           // the HSS kept what another S-CSCF, or this one, has lost (TS 23.380)
    contact_removed,    // by the user or by time, others are left
    last_deregistered,  // by the user
    last_expired,
    terminated_by_hss,      // RTR
    terminated_by_network,  // an application server without which there is no service
};
std::string_view to_string(SetState state);
std::string_view to_string(SetEvent event);

inline constexpr Transitions kSetTransitions{std::array{
    Transition<SetState, SetEvent>{
        SetState::not_registered, SetEvent::registered, SetState::registered},
    Transition<SetState, SetEvent>{
        SetState::not_registered, SetEvent::restored, SetState::registered},
    Transition<SetState, SetEvent>{
        SetState::registered, SetEvent::registered, SetState::registered},
    Transition<SetState, SetEvent>{
        SetState::registered, SetEvent::reregistered, SetState::registered},
    Transition<SetState, SetEvent>{
        SetState::registered, SetEvent::contact_removed, SetState::registered},
    Transition<SetState, SetEvent>{
        SetState::registered, SetEvent::last_deregistered, SetState::not_registered},
    Transition<SetState, SetEvent>{
        SetState::registered, SetEvent::last_expired, SetState::not_registered},
    Transition<SetState, SetEvent>{
        SetState::registered, SetEvent::terminated_by_hss, SetState::not_registered},
    Transition<SetState, SetEvent>{
        SetState::registered, SetEvent::terminated_by_network, SetState::not_registered},
}};

// What happened to a contact last (RFC 3680 §5.1); those from `expired` on end it.
enum class ContactEvent : std::uint8_t {
    registered,
    created,
    refreshed,
    shortened,
    expired,
    deactivated,
    unregistered,
    rejected,
};
std::string_view to_string(ContactEvent event);

struct RegisteredIdentity {
    std::string uri;  // canonical
    SharedProfile services;
    bool barred = false;
    std::uint8_t alias_group = 0;  // those of one number are aliases (TS 29.228 §B.2.1)
};

// A binding: where a user agent of the set can be reached, and through which P-CSCF.
struct Binding {
    std::string contact;  // name-addr with its parameters, q among them, expires not
    std::string call_id;
    SharedText path;  // the Path as it came, a comma list; nullptr: none
    Time expires;
    std::uint32_t cseq = 0;
    std::uint16_t q = 1000;              // thousandths
    std::uint16_t private_identity = 0;  // index into ImplicitSet::private_identities
    ContactEvent event = ContactEvent::registered;
    std::uint8_t identity = 0;  // index into ImplicitSet::identities: the one in the REGISTER

    std::string_view uri() const;  // of the contact
};

struct ImplicitSet {
    std::uint64_t number = 0;  // in order of registration: breaks ties
    std::vector<RegisteredIdentity>
        identities;  // as in the profile, the default one first if none is barred
    std::vector<std::string> private_identities;
    std::vector<Binding> bindings;
    SharedCharging charging;
    SetState state = SetState::not_registered;
    std::uint32_t slot = 0;
    std::uint32_t heap_at = 0;
    Time due{};  // when the first binding expires

    const RegisteredIdentity* find(std::string_view identity) const;
    const RegisteredIdentity* default_identity() const;  // the first that is not barred
    const RegisteredIdentity* telephone_number() const;  // the first tel URI that is not barred
    bool has_bindings_of(std::string_view private_identity) const;
};

// The identities of the profiles of a subscription, canonical, with their services.
std::vector<RegisteredIdentity> identities_of(cx::ImsSubscription profile, SharedValues& shared);
// TS 23.228 §4.3.3.4: may one stand for the other? They share the profile and the alias group.
bool are_aliases(const std::vector<RegisteredIdentity>& identities,
                 std::string_view one,
                 std::string_view other);

class Registrar {
public:
    // Who is registered under that public identity; nullptr: nobody.
    ImplicitSet* find(std::string_view public_identity);
    const ImplicitSet* find(std::string_view public_identity) const;
    std::vector<ImplicitSet*> of_private_identity(std::string_view private_identity);

    // Takes over what the HSS says of a set: a new record, or a changed one. The identities are
    // those of the profile, or `public_identity` alone if it has none.
    ImplicitSet& assign(const std::string& private_identity,
                        const std::string& public_identity,
                        cx::ImsSubscription profile);
    // The profile of a set that is there (PPR); identities may come and go.
    void replace_profile(ImplicitSet& set, cx::ImsSubscription profile);
    void set_charging(ImplicitSet& set, const cx::ChargingInformation& charging);

    // Adds a binding or replaces the one with an equal URI of that private identity.
    void bind(ImplicitSet& set,
              const std::string& private_identity,
              Binding binding,
              std::string_view path);
    void prolong(ImplicitSet& set, std::size_t index, Time until);
    void unbind(ImplicitSet& set, std::size_t index);
    void unbind_all_of(ImplicitSet& set, std::string_view private_identity);
    // The record goes, with all its bindings.
    void remove(ImplicitSet& set, SetEvent why);
    // Tells the state machine what happened; false: the table refuses it.
    bool happen(ImplicitSet& set, SetEvent event);

    std::optional<Time> next_expiry() const;
    // The set whose binding expired first, if any has by `now`.
    ImplicitSet* first_expired(Time now);

    std::size_t sets() const { return sets_.size() - free_slots_.size(); }
    std::size_t public_identities() const { return by_public_.size(); }
    std::size_t bindings() const { return bindings_; }
    std::size_t profiles() const { return shared_.profiles(); }
    SharedValues& shared() { return shared_; }
    nlohmann::ordered_json state(Time now) const;

private:
    ImplicitSet& create();
    void index(ImplicitSet& set);
    void unindex(ImplicitSet& set);
    void take_profile(ImplicitSet& set,
                      const std::string& public_identity,
                      cx::ImsSubscription profile);
    std::uint16_t add_private_identity(ImplicitSet& set, const std::string& private_identity);
    void drop_idle_private_identities(ImplicitSet& set);
    // The sets by the time their first binding expires: a binary heap in which each set knows its
    // place, so that a re-registration moves its entry and adds none.
    void schedule(ImplicitSet& set);
    void unschedule(ImplicitSet& set);
    bool earlier(const ImplicitSet& a, const ImplicitSet& b) const;
    void place(ImplicitSet* set, std::size_t at);
    void sift_up(std::size_t at);
    void sift_down(std::size_t at);

    std::vector<std::unique_ptr<ImplicitSet>> sets_;
    std::vector<std::uint32_t> free_slots_;
    std::unordered_map<std::string_view, ImplicitSet*> by_public_;
    std::unordered_multimap<std::string_view, ImplicitSet*> by_private_;
    std::vector<ImplicitSet*> heap_;
    SharedValues shared_;
    std::uint64_t last_number_ = 0;
    std::size_t bindings_ = 0;
};

}  // namespace imslab::scscf
