// Message history (OMA SIMPLE IM, OMA IM XDM): what a user has written and got, for as long as he
// wants it. The list of it is an XML document in his tree on Ut, each message a document beside it,
// so that he lists, fetches and deletes with XCAP. He begins with an empty list; without one
// nothing is kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "as/enabler.h"
#include "as/messaging/history_list.h"
#include "as/xdm/documents.h"

namespace imslab::messaging {

struct HistoryLimits {
    std::size_t messages = 100;      // of one user; the oldest makes room
    std::size_t octets = 1U << 20U;  // of one user, as they are kept
    std::chrono::seconds lifetime = std::chrono::hours(30 * 24);
};

// A message that was sent or came.
struct HistoricMessage {
    std::string owner, from, to;  // canonical
    std::string content_type;
    std::string content;
};

class History {
public:
    History(as::Services& services, HistoryLimits limits);

    // Does he keep a list? Changes from one message to the next.
    bool is_kept_for(const std::string& owner) const;
    std::size_t most_octets() const { return limits_.octets; }
    // Writes it down, if it is worth it: not that somebody is writing, and no notification.
    void keep(HistoricMessage message);

    void on_time(Time now);
    std::optional<Time> next_deadline() const;
    nlohmann::ordered_json state() const;

private:
    using Path = xdm::DocumentPath;
    std::string fresh_name(const std::string& owner);
    void add_to_list(const Path& message, const HistoryEntry& entry);
    void take_off_list(const std::string& owner, std::vector<std::string> references);
    void on_changed(const Path& path);
    // What the list does not name is no longer kept; what is not there is not named.
    void agree(const std::string& owner);
    void remove(const Path& message);
    void on_stored(const Result<void, std::string>& stored) const;

    as::Services& services_;
    HistoryLimits limits_;
    xdm::Documents* documents_;  // nullptr: this process has none
    bool agreed_ = false;        // what a crash left behind has been looked at
    std::map<std::string, std::uint64_t, std::less<>> last_;  // number given out, by owner
    std::set<Path> being_added_, being_removed_;
    std::map<std::string, std::map<std::string, std::int64_t>> listed_;  // owner, name, expiry
    std::set<std::pair<std::int64_t, Path>> by_expiry_;
    std::uint64_t kept_ = 0, lost_ = 0;
};

}  // namespace imslab::messaging
