// Nothing of a bootstrapping outlives its key (TS 33.220 §4.5.2).
#include "as/gba/bootstrappings.h"

#include <set>

namespace imslab::gba {

bool Bootstrappings::add(const std::string& name, Bootstrapping one) {
    const auto before = all_.find(name);
    if (before == all_.end() && all_.size() >= most_) return false;
    if (before != all_.end()) by_end_.erase({before->second.until, name});
    by_end_.emplace(one.until, name);
    all_.insert_or_assign(name, std::move(one));
    return true;
}

const Bootstrapping* Bootstrappings::find(std::string_view name, Time now) const {
    const auto found = all_.find(name);
    return found == all_.end() || found->second.until <= now ? nullptr : &found->second;
}

std::optional<Bootstrapping> Bootstrappings::take(std::string_view name, Time now) {
    const auto found = all_.find(name);
    if (found == all_.end()) return std::nullopt;
    auto one = std::move(found->second);
    by_end_.erase({one.until, found->first});
    all_.erase(found);
    if (one.until <= now) return std::nullopt;
    return one;
}

std::vector<std::string> Bootstrappings::users(std::size_t most) const {
    std::set<std::string> users;
    for (const auto& [name, one] : all_) {
        if (users.size() >= most) break;
        users.insert(one.private_identity);
    }
    return {users.begin(), users.end()};
}

void Bootstrappings::forget_expired(Time now) {
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
        all_.erase(by_end_.begin()->second);
        by_end_.erase(by_end_.begin());
    }
}

}  // namespace imslab::gba
