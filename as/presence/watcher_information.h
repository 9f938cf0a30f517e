// Who watches a user (RFC 3857, RFC 3858): the records, and the document that tells the user, who
// may then let them or not.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "sip/subscription.h"

namespace imslab::presence {

// RFC 3857 §4.7.1.
enum class WatcherStatus : std::uint8_t { pending, active, waiting, terminated };
std::string_view to_string(WatcherStatus status);

struct WatcherRecord {
    sip::SubscriptionId subscription = 0;
    std::string watcher;
    WatcherStatus status = WatcherStatus::pending;
    std::string_view event;  // why it is so: "subscribe", "approved", "timeout", …
    Time since{};
    Time expires{};
};

// The watchers of each presentity. Who asked and left before he was let in waits here.
class WatcherRecords {
public:
    void set(const std::string& presentity, WatcherRecord record);
    void remove(std::string_view presentity, sip::SubscriptionId subscription);
    // Those who wait under that name are decided upon, or have come again.
    std::vector<WatcherRecord> take_waiting(std::string_view presentity, std::string_view watcher);
    std::vector<WatcherRecord> of(std::string_view presentity) const;
    std::vector<std::string> waiting_at(std::string_view presentity) const;

private:
    static constexpr std::size_t kMostWaiting = 100;  // of one presentity
    std::map<std::string, std::map<sip::SubscriptionId, WatcherRecord>, std::less<>> all_;
};

// application/watcherinfo+xml (RFC 3858 §3).
std::string watcher_information(std::string_view presentity,
                                std::string_view package,
                                std::uint32_t version,
                                bool is_full,
                                const std::vector<WatcherRecord>& watchers,
                                Time now);

}  // namespace imslab::presence
