// TS 24.229 §5.4.1.2.2F, §5.4.1.4, RFC 3261 §10.3: the records of a registrar.
#include "scscf/registrar.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/invariant.h"
#include "sip/headers.h"
#include "sip/uri.h"

namespace imslab::scscf {

std::string_view to_string(SetState state) {
    return state == SetState::registered ? "registered" : "not_registered";
}

std::string_view to_string(SetEvent event) {
    switch (event) {
        case SetEvent::registered:
            return "registered";
        case SetEvent::reregistered:
            return "reregistered";
        case SetEvent::restored:
            return "restored";
        case SetEvent::contact_removed:
            return "contact_removed";
        case SetEvent::last_deregistered:
            return "last_deregistered";
        case SetEvent::last_expired:
            return "last_expired";
        case SetEvent::terminated_by_hss:
            return "terminated_by_hss";
        case SetEvent::terminated_by_network:
            return "terminated_by_network";
    }
    return {};
}

std::string_view Binding::uri() const {
    return sip::uri_of(std::string_view(contact)).value_or(std::string_view{});
}

const RegisteredIdentity* ImplicitSet::find(std::string_view identity) const {
    const auto found = std::ranges::find(identities, identity, &RegisteredIdentity::uri);
    return found == identities.end() ? nullptr : &*found;
}

const RegisteredIdentity* ImplicitSet::default_identity() const {
    const auto found = std::ranges::find(identities, false, &RegisteredIdentity::barred);
    return found == identities.end() ? nullptr : &*found;
}

const RegisteredIdentity* ImplicitSet::telephone_number() const {
    const auto found = std::ranges::find_if(identities, [](const RegisteredIdentity& identity) {
        return !identity.barred && identity.uri.starts_with("tel:");
    });
    return found == identities.end() ? nullptr : &*found;
}

bool ImplicitSet::has_bindings_of(std::string_view private_identity) const {
    return std::ranges::any_of(bindings, [&](const Binding& binding) {
        return private_identities[binding.private_identity] == private_identity;
    });
}

std::vector<RegisteredIdentity> identities_of(cx::ImsSubscription profile, SharedValues& shared) {
    std::vector<RegisteredIdentity> identities;
    std::size_t count = 0;
    for (const auto& service_profile : profile.service_profiles)
        count += service_profile.public_identities.size();
    identities.reserve(std::max<std::size_t>(count, 1));
    std::vector<std::string> groups{""};
    for (auto& service_profile : profile.service_profiles) {
        auto own = std::move(service_profile.public_identities);
        const auto services = shared.profile(std::move(service_profile));
        for (auto& identity : own) {
            auto uri = sip::canonical_identity(identity.identity).value_or(identity.identity);
            uri.shrink_to_fit();
            auto group = std::ranges::find(groups, identity.alias_group);
            if (group == groups.end()) group = groups.insert(group, identity.alias_group);
            identities.push_back({std::move(uri),
                                  services,
                                  identity.barred,
                                  static_cast<std::uint8_t>(group - groups.begin())});
        }
    }
    return identities;
}

bool are_aliases(const std::vector<RegisteredIdentity>& identities,
                 std::string_view one,
                 std::string_view other) {
    const auto first = std::ranges::find(identities, one, &RegisteredIdentity::uri);
    const auto second = std::ranges::find(identities, other, &RegisteredIdentity::uri);
    return first != identities.end() && second != identities.end() &&
           first->services == second->services && first->alias_group == second->alias_group;
}

ImplicitSet* Registrar::find(std::string_view public_identity) {
    const auto found = by_public_.find(public_identity);
    return found == by_public_.end() ? nullptr : found->second;
}

const ImplicitSet* Registrar::find(std::string_view public_identity) const {
    const auto found = by_public_.find(public_identity);
    return found == by_public_.end() ? nullptr : found->second;
}

std::vector<ImplicitSet*> Registrar::of_private_identity(std::string_view private_identity) {
    std::vector<ImplicitSet*> sets;
    const auto [begin, end] = by_private_.equal_range(private_identity);
    for (auto it = begin; it != end; ++it) sets.push_back(it->second);
    std::ranges::sort(sets, {}, &ImplicitSet::number);
    return sets;
}

ImplicitSet& Registrar::assign(const std::string& private_identity,
                               const std::string& public_identity,
                               cx::ImsSubscription profile) {
    auto* set = find(public_identity);
    const bool known = set != nullptr;
    if (!known) set = &create();
    if (!known || !profile.service_profiles.empty()) {
        take_profile(*set, public_identity, std::move(profile));
    }
    add_private_identity(*set, private_identity);
    return *set;
}

void Registrar::replace_profile(ImplicitSet& set, cx::ImsSubscription profile) {
    const std::string otherwise = set.identities.front().uri;
    take_profile(set, otherwise, std::move(profile));
}

void Registrar::take_profile(ImplicitSet& set,
                             const std::string& public_identity,
                             cx::ImsSubscription profile) {
    unindex(set);
    set.identities = identities_of(std::move(profile), shared_);
    if (set.identities.empty()) set.identities.push_back({public_identity, nullptr, false, 0});
    index(set);
}

void Registrar::set_charging(ImplicitSet& set, const cx::ChargingInformation& charging) {
    set.charging = shared_.charging(charging);
}

void Registrar::bind(ImplicitSet& set,
                     const std::string& private_identity,
                     Binding binding,
                     std::string_view path) {
    binding.private_identity = add_private_identity(set, private_identity);
    binding.path = shared_.text(path);
    binding.contact.shrink_to_fit();
    const auto uri = binding.uri();
    const auto same = std::ranges::find_if(set.bindings, [&](const Binding& other) {
        return other.private_identity == binding.private_identity && sip::equal(other.uri(), uri);
    });
    if (same != set.bindings.end()) {
        *same = std::move(binding);
    } else {
        if (set.bindings.empty()) set.bindings.reserve(1);
        set.bindings.push_back(std::move(binding));
        ++bindings_;
    }
    schedule(set);
}

void Registrar::prolong(ImplicitSet& set, std::size_t index, Time until) {
    set.bindings[index].expires = until;
    schedule(set);
}

void Registrar::unbind(ImplicitSet& set, std::size_t index) {
    IMSLAB_INVARIANT(index < set.bindings.size());
    set.bindings.erase(set.bindings.begin() + static_cast<std::ptrdiff_t>(index));
    --bindings_;
    drop_idle_private_identities(set);
    schedule(set);
}

void Registrar::unbind_all_of(ImplicitSet& set, std::string_view private_identity) {
    const std::string whose(private_identity);
    bindings_ -= std::erase_if(set.bindings, [&](const Binding& binding) {
        return set.private_identities[binding.private_identity] == whose;
    });
    drop_idle_private_identities(set);
    schedule(set);
}

void Registrar::remove(ImplicitSet& set, SetEvent why) {
    happen(set, why);
    bindings_ -= set.bindings.size();
    set.bindings.clear();
    unschedule(set);
    unindex(set);
    const auto slot = set.slot;
    free_slots_.push_back(slot);
    sets_[slot].reset();
}

bool Registrar::happen(ImplicitSet& set, SetEvent event) {
    const auto next = kSetTransitions.next(set.state, event);
    if (next) set.state = *next;
    return next.has_value();
}

ImplicitSet& Registrar::create() {
    std::uint32_t slot = 0;
    if (free_slots_.empty()) {
        slot = static_cast<std::uint32_t>(sets_.size());
        sets_.emplace_back();
    } else {
        slot = free_slots_.back();
        free_slots_.pop_back();
    }
    sets_[slot] = std::make_unique<ImplicitSet>();
    auto& set = *sets_[slot];
    set.number = ++last_number_;
    set.slot = slot;
    set.heap_at = static_cast<std::uint32_t>(heap_.size());
    set.due = Time::max();
    heap_.push_back(&set);
    return set;
}

// The keys are views into the set's own strings: whoever changes those takes them out first.
void Registrar::index(ImplicitSet& set) {
    for (const auto& identity : set.identities) by_public_.emplace(identity.uri, &set);
    for (const auto& identity : set.private_identities) by_private_.emplace(identity, &set);
}

void Registrar::unindex(ImplicitSet& set) {
    for (const auto& identity : set.identities) {
        const auto found = by_public_.find(identity.uri);
        if (found != by_public_.end() && found->second == &set) by_public_.erase(found);
    }
    for (const auto& identity : set.private_identities) {
        const auto [begin, end] = by_private_.equal_range(identity);
        for (auto it = begin; it != end; ++it) {
            if (it->second == &set) {
                by_private_.erase(it);
                break;
            }
        }
    }
}

std::uint16_t Registrar::add_private_identity(ImplicitSet& set,
                                              const std::string& private_identity) {
    const auto found = std::ranges::find(set.private_identities, private_identity);
    if (found != set.private_identities.end()) {
        return static_cast<std::uint16_t>(found - set.private_identities.begin());
    }
    unindex(set);
    if (set.private_identities.empty()) set.private_identities.reserve(1);
    set.private_identities.emplace_back(private_identity);
    index(set);
    return static_cast<std::uint16_t>(set.private_identities.size() - 1);
}

void Registrar::drop_idle_private_identities(ImplicitSet& set) {
    unindex(set);
    for (std::size_t i = set.private_identities.size(); i-- > 0;) {
        if (set.private_identities.size() == 1 || set.has_bindings_of(set.private_identities[i]))
            continue;
        set.private_identities.erase(set.private_identities.begin() +
                                     static_cast<std::ptrdiff_t>(i));
        for (auto& binding : set.bindings) {
            if (binding.private_identity > i) --binding.private_identity;
        }
    }
    index(set);
}

std::optional<Time> Registrar::next_expiry() const {
    if (heap_.empty() || heap_.front()->due == Time::max()) return std::nullopt;
    return heap_.front()->due;
}

ImplicitSet* Registrar::first_expired(Time now) {
    const auto due = next_expiry();
    return due && *due <= now ? heap_.front() : nullptr;
}

void Registrar::schedule(ImplicitSet& set) {
    Time due = Time::max();
    for (const auto& binding : set.bindings) due = std::min(due, binding.expires);
    set.due = due;
    sift_up(set.heap_at);
    sift_down(set.heap_at);
}

void Registrar::unschedule(ImplicitSet& set) {
    const std::size_t at = set.heap_at;
    auto* last = heap_.back();
    heap_.pop_back();
    if (last == &set) return;
    place(last, at);
    sift_up(last->heap_at);
    sift_down(last->heap_at);
}

bool Registrar::earlier(const ImplicitSet& a, const ImplicitSet& b) const {
    return a.due != b.due ? a.due < b.due : a.number < b.number;
}

void Registrar::place(ImplicitSet* set, std::size_t at) {
    heap_[at] = set;
    set->heap_at = static_cast<std::uint32_t>(at);
}

void Registrar::sift_up(std::size_t at) {
    auto* set = heap_[at];
    while (at > 0 && earlier(*set, *heap_[(at - 1) / 2])) {
        place(heap_[(at - 1) / 2], at);
        at = (at - 1) / 2;
    }
    place(set, at);
}

void Registrar::sift_down(std::size_t at) {
    auto* set = heap_[at];
    for (;;) {
        std::size_t child = 2 * at + 1;
        if (child >= heap_.size()) break;
        if (child + 1 < heap_.size() && earlier(*heap_[child + 1], *heap_[child])) ++child;
        if (!earlier(*heap_[child], *set)) break;
        place(heap_[child], at);
        at = child;
    }
    place(set, at);
}

nlohmann::ordered_json Registrar::state(Time now) const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& set : sets_) {
        if (!set) continue;
        nlohmann::ordered_json entry;
        entry["state"] = to_string(set->state);
        entry["private_identities"] = set->private_identities;
        for (const auto& identity : set->identities) {
            nlohmann::ordered_json one;
            one["identity"] = identity.uri;
            one["barred"] = identity.barred;
            one["filter_criteria"] = identity.services ? identity.services->criteria.size() : 0;
            entry["public_identities"].push_back(std::move(one));
        }
        for (const auto& binding : set->bindings) {
            nlohmann::ordered_json one;
            one["contact"] = binding.contact;
            one["private_identity"] = set->private_identities[binding.private_identity];
            one["path"] = binding.path ? *binding.path : "";
            one["expires_seconds"] =
                std::chrono::duration_cast<std::chrono::seconds>(binding.expires - now).count();
            entry["bindings"].push_back(std::move(one));
        }
        all.push_back(std::move(entry));
    }
    return all;
}

}  // namespace imslab::scscf
