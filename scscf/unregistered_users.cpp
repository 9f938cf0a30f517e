// TS 29.228 §6.1.2: UNREGISTERED_USER makes this the S-CSCF of a user nobody has registered.
#include "scscf/unregistered_users.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace imslab::scscf {

const RegisteredIdentity* UnregisteredUser::find(std::string_view identity) const {
    const auto found = std::ranges::find(identities, identity, &RegisteredIdentity::uri);
    return found == identities.end() ? nullptr : &*found;
}

bool UnregisteredUser::has_services() const {
    return std::ranges::any_of(identities, [](const RegisteredIdentity& identity) {
        if (!identity.services) return false;
        const auto& criteria = identity.services->criteria;
        for (std::size_t i = 0; i < criteria.size(); ++i) {
            if (is_for(criteria[i], cx::SessionCase::terminating_unregistered)) return true;
        }
        return false;
    });
}

const UnregisteredUser* UnregisteredUsers::find(std::string_view identity) const {
    const auto found = by_identity_.find(identity);
    return found == by_identity_.end() ? nullptr : &users_.at(found->second);
}

const UnregisteredUser* UnregisteredUsers::find_private(std::string_view private_identity) const {
    for (const auto& [number, user] : users_) {
        if (user.private_identity == private_identity) return &user;
    }
    return nullptr;
}

const UnregisteredUser& UnregisteredUsers::keep(UnregisteredUser user, Time now) {
    for (const auto& identity : user.identities) forget(identity.uri);
    user.number = ++last_number_;
    user.until = now + lifetime_;
    by_time_.emplace(std::pair{user.until, user.number}, user.number);
    for (const auto& identity : user.identities) by_identity_[identity.uri] = user.number;
    return users_.emplace(user.number, std::move(user)).first->second;
}

void UnregisteredUsers::use(const UnregisteredUser& user, Time now) {
    const auto found = users_.find(user.number);
    if (found == users_.end()) return;
    by_time_.erase({found->second.until, user.number});
    found->second.until = now + lifetime_;
    by_time_.emplace(std::pair{found->second.until, user.number}, user.number);
}

void UnregisteredUsers::forget(std::string_view identity) {
    const auto found = by_identity_.find(identity);
    if (found != by_identity_.end()) erase(found->second);
}

void UnregisteredUsers::erase(std::uint64_t number) {
    const auto found = users_.find(number);
    if (found == users_.end()) return;
    for (const auto& identity : found->second.identities) by_identity_.erase(identity.uri);
    by_time_.erase({found->second.until, number});
    users_.erase(found);
}

std::optional<Time> UnregisteredUsers::next_deadline() const {
    if (by_time_.empty()) return std::nullopt;
    return by_time_.begin()->first.first;
}

std::optional<UnregisteredUser> UnregisteredUsers::take_unused(Time now) {
    if (by_time_.empty() || by_time_.begin()->first.first > now) return std::nullopt;
    const auto number = by_time_.begin()->second;
    UnregisteredUser user = users_.at(number);
    erase(number);
    return user;
}

nlohmann::ordered_json UnregisteredUsers::state(Time now) const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& [number, user] : users_) {
        nlohmann::ordered_json one;
        one["private_identity"] = user.private_identity;
        for (const auto& identity : user.identities)
            one["public_identities"].push_back(identity.uri);
        one["public_service_identity"] = user.is_service;
        one["kept_seconds"] =
            std::chrono::duration_cast<std::chrono::seconds>(user.until - now).count();
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace imslab::scscf
