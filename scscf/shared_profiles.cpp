// TS 29.228 Annex B.2: what thousands of users have in common, once.
#include "scscf/shared_profiles.h"

#include <algorithm>

namespace imslab::scscf {

namespace {

bool has_services(const cx::ServiceProfile& profile) {
    return !profile.filter_criteria.empty() || profile.subscribed_media_profile ||
           !profile.service_ids.empty() || !profile.shared_filter_criteria.empty();
}

// Enough to tell most profiles apart; equality decides.
std::size_t hash_of(const cx::ServiceProfile& profile) {
    std::size_t hash =
        profile.filter_criteria.size() * 31 + profile.subscribed_media_profile.value_or(0);
    for (const auto& criteria : profile.filter_criteria) {
        hash = hash * 31 + criteria.priority;
        hash = hash * 31 + std::hash<std::string>{}(criteria.application_server.server_name);
    }
    for (const auto& id : profile.service_ids) hash = hash * 31 + std::hash<std::string>{}(id);
    for (const auto set : profile.shared_filter_criteria) hash = hash * 31 + set;
    return hash;
}

}  // namespace

SharedProfile SharedValues::profile(cx::ServiceProfile profile) {
    if (!has_services(profile)) return nullptr;
    profile.public_identities.clear();
    const auto hash = hash_of(profile);
    const auto [begin, end] = profiles_.equal_range(hash);
    for (auto it = begin; it != end; ++it) {
        if (auto shared = it->second.lock(); shared && shared->profile == profile) return shared;
    }
    forget_unused();
    auto services = std::make_shared<Services>();
    services->criteria =
        FilterCriteria(profile.filter_criteria, profile.shared_filter_criteria, sets_);
    services->profile = std::move(profile);
    const auto& complaints = services->criteria.complaints();
    complaints_.insert(complaints_.end(), complaints.begin(), complaints.end());
    SharedProfile shared = std::move(services);
    profiles_.emplace(hash, shared);
    return shared;
}

SharedText SharedValues::text(std::string_view text) {
    if (text.empty()) return nullptr;
    auto& slot = texts_[std::string(text)];
    if (auto shared = slot.lock()) return shared;
    auto shared = std::make_shared<const std::string>(text);
    slot = shared;
    forget_unused();
    return shared;
}

SharedCharging SharedValues::charging(const cx::ChargingInformation& charging) {
    auto& slot = charging_[charging.primary_event + '\n' + charging.secondary_event + '\n' +
                           charging.primary_collection + '\n' + charging.secondary_collection];
    if (auto shared = slot.lock()) return shared;
    auto shared = std::make_shared<const cx::ChargingInformation>(charging);
    slot = shared;
    return shared;
}

// Amortised: sweeps when the tables have doubled since the last sweep.
void SharedValues::forget_unused() {
    if (profiles_.size() + texts_.size() < sweep_at_) return;
    std::erase_if(profiles_, [](const auto& entry) { return entry.second.expired(); });
    std::erase_if(texts_, [](const auto& entry) { return entry.second.expired(); });
    std::erase_if(charging_, [](const auto& entry) { return entry.second.expired(); });
    sweep_at_ = std::max<std::size_t>(1024, 2 * (profiles_.size() + texts_.size()));
}

}  // namespace imslab::scscf
