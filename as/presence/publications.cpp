// RFC 3903 §6, §8: publications by user and entity-tag.
#include "as/presence/publications.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/deadline.h"

namespace imslab::presence {

namespace {
constexpr std::size_t kMostShown = 1000;
}

Publication* Publications::find(std::string_view user, std::string_view etag) {
    const auto found = all_.find(user);
    if (found == all_.end()) return nullptr;
    for (auto& publication : found->second) {
        if (publication.etag == etag) return &publication;
    }
    return nullptr;
}

bool Publications::has_room_for(std::string_view user) const {
    if (size() >= limits_.all) return false;
    const auto found = all_.find(user);
    return found == all_.end() || found->second.size() < limits_.of_one_user;
}

void Publications::add(const std::string& user, Publication publication) {
    publication.order = ++last_;
    by_expiry_.insert({publication.expires, {user, publication.etag}});
    all_[user].push_back(std::move(publication));
}

void Publications::renew(std::string_view user,
                         Publication& publication,
                         std::string etag,
                         Time expires) {
    by_expiry_.erase({publication.expires, {std::string(user), publication.etag}});
    publication.etag = std::move(etag);
    publication.expires = expires;
    by_expiry_.insert({expires, {std::string(user), publication.etag}});
}

void Publications::remove(std::string_view user, std::string_view etag) {
    const auto found = all_.find(user);
    if (found == all_.end()) return;
    auto& publications = found->second;
    const auto one = std::find_if(publications.begin(),
                                  publications.end(),
                                  [&](const Publication& p) { return p.etag == etag; });
    if (one == publications.end()) return;
    by_expiry_.erase({one->expires, {std::string(user), one->etag}});
    publications.erase(one);
    if (publications.empty()) all_.erase(found);
}

std::set<std::string> Publications::expire(Time now) {
    std::set<std::string> users;
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
        const auto [user, etag] = by_expiry_.begin()->second;
        remove(user, etag);
        users.insert(user);
    }
    return users;
}

std::vector<const PresenceDocument*> Publications::documents_of(std::string_view user) const {
    const auto found = all_.find(user);
    if (found == all_.end()) return {};
    std::vector<const Publication*> latest;
    for (const auto& publication : found->second) latest.push_back(&publication);
    std::sort(latest.begin(), latest.end(), [](const Publication* a, const Publication* b) {
        return a->order > b->order;
    });
    std::vector<const PresenceDocument*> documents;
    for (const auto* publication : latest) documents.push_back(&publication->document);
    return documents;
}

std::optional<Time> Publications::next_deadline() const { return earliest(by_expiry_); }

nlohmann::ordered_json Publications::state(Time now) const {
    auto state = nlohmann::ordered_json::array();
    for (const auto& [user, publications] : all_) {
        for (const auto& publication : publications) {
            if (state.size() == kMostShown) return state;
            nlohmann::ordered_json one;
            one["identity"] = user;
            one["etag"] = publication.etag;
            one["components"] = publication.document.components.size();
            one["expires_seconds"] =
                std::chrono::duration_cast<std::chrono::seconds>(publication.expires - now).count();
            state.push_back(std::move(one));
        }
    }
    return state;
}

}  // namespace imslab::presence
