// RFC 3857 §4.7 (states of a watcher), RFC 3858 §3 (the document).
#include "as/presence/watcher_information.h"

#include <algorithm>

#include "core/xml_escape.h"

namespace imslab::presence {

std::string_view to_string(WatcherStatus status) {
    switch (status) {
        case WatcherStatus::pending:
            return "pending";
        case WatcherStatus::active:
            return "active";
        case WatcherStatus::waiting:
            return "waiting";
        case WatcherStatus::terminated:
            return "terminated";
    }
    return {};
}

void WatcherRecords::set(const std::string& presentity, WatcherRecord record) {
    auto& records = all_[presentity];
    const auto id = record.subscription;
    if (record.status == WatcherStatus::waiting) {
        const auto waiting = std::count_if(records.begin(), records.end(), [](const auto& one) {
            return one.second.status == WatcherStatus::waiting;
        });
        if (static_cast<std::size_t>(waiting) >= kMostWaiting) return remove(presentity, id);
    }
    records[id] = std::move(record);
}

void WatcherRecords::remove(std::string_view presentity, sip::SubscriptionId subscription) {
    const auto found = all_.find(presentity);
    if (found == all_.end()) return;
    found->second.erase(subscription);
    if (found->second.empty()) all_.erase(found);
}

std::vector<WatcherRecord> WatcherRecords::take_waiting(std::string_view presentity,
                                                        std::string_view watcher) {
    std::vector<WatcherRecord> taken;
    for (auto& record : of(presentity)) {
        if (record.status != WatcherStatus::waiting || record.watcher != watcher) continue;
        remove(presentity, record.subscription);
        taken.push_back(std::move(record));
    }
    return taken;
}

std::vector<WatcherRecord> WatcherRecords::of(std::string_view presentity) const {
    std::vector<WatcherRecord> records;
    const auto found = all_.find(presentity);
    if (found == all_.end()) return records;
    for (const auto& [id, record] : found->second) records.push_back(record);
    return records;
}

std::vector<std::string> WatcherRecords::waiting_at(std::string_view presentity) const {
    std::vector<std::string> watchers;
    for (const auto& record : of(presentity)) {
        if (record.status == WatcherStatus::waiting) watchers.push_back(record.watcher);
    }
    return watchers;
}

std::string watcher_information(std::string_view presentity,
                                std::string_view package,
                                std::uint32_t version,
                                bool is_full,
                                const std::vector<WatcherRecord>& watchers,
                                Time now) {
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"";
    text += std::to_string(version);
    text += is_full ? "\" state=\"full\">" : "\" state=\"partial\">";
    text += "<watcher-list resource=\"" + xml_escaped(presentity) + "\" package=\"" +
            std::string(package) + "\">";
    for (const auto& watcher : watchers) {
        const auto seconds = [](Duration duration) {
            return std::to_string(std::max<std::int64_t>(
                std::chrono::duration_cast<std::chrono::seconds>(duration).count(), 0));
        };
        text += "<watcher status=\"" + std::string(to_string(watcher.status)) + "\" id=\"w" +
                std::to_string(watcher.subscription) + "\" event=\"" + std::string(watcher.event) +
                "\" duration-subscribed=\"" + seconds(now - watcher.since) + "\"";
        if (watcher.status == WatcherStatus::active || watcher.status == WatcherStatus::pending)
            text += " expiration=\"" + seconds(watcher.expires - now) + "\"";
        text += ">" + xml_escaped(watcher.watcher) + "</watcher>";
    }
    return text + "</watcher-list></watcherinfo>\n";
}

}  // namespace imslab::presence
