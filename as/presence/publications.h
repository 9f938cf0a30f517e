// What an event state compositor keeps (RFC 3903 §6): publications, each known by an entity-tag that
// changes with every PUBLISH.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "as/presence/presence_document.h"
#include "core/time.h"

namespace imslab::presence {

struct Publication {
    std::string etag;
    PresenceDocument document;
    Time expires{};
    std::uint64_t order = 0;  // the higher, the later
};

class Publications {
public:
    struct Limits {
        std::size_t of_one_user = 16;
        std::size_t all = 200'000;
    };
    explicit Publications(Limits limits) : limits_(limits) {}

    // Entity-tags are never used twice for one user (§8.3).
    std::string next_etag(std::string_view token) {
        return std::to_string(++last_) + "-" + std::string(token);
    }
    std::uint64_t next_order() { return ++last_; }
    Publication* find(std::string_view user, std::string_view etag);
    bool has_room_for(std::string_view user) const;
    void add(const std::string& user, Publication publication);
    void renew(std::string_view user, Publication& publication, std::string etag, Time expires);
    void remove(std::string_view user, std::string_view etag);
    // Whose state has changed by it.
    std::set<std::string> expire(Time now);
    // The latest first.
    std::vector<const PresenceDocument*> documents_of(std::string_view user) const;

    std::optional<Time> next_deadline() const;
    std::size_t size() const { return by_expiry_.size(); }
    nlohmann::ordered_json state(Time now) const;

private:
    Limits limits_;
    std::uint64_t last_ = 0;
    std::map<std::string, std::vector<Publication>, std::less<>> all_;
    std::set<std::pair<Time, std::pair<std::string, std::string>>> by_expiry_;
};

}  // namespace imslab::presence
