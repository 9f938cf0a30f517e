// The document of a user's message history (OMA IM XDM: application/vnd.oma.im.history-list+xml):
// an entry for each message, with a reference to where it is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imslab::messaging {

struct HistoryEntry {
    std::string reference;  // relative to the XCAP root
    std::size_t size = 0;
    std::int64_t expires_at = 0, written_at = 0;  // seconds since 1970
    std::string from, to;
};

// What the document has; what cannot be read of an entry is empty, or 0.
std::vector<HistoryEntry> read_history(std::string_view xml);
// The document with another entry at its end. nullopt: it cannot be read.
std::optional<std::string> with_entry(std::string_view xml, const HistoryEntry& entry);
// The document without the entries that refer to these; nullopt: it has none of them.
std::optional<std::string> without_entries(std::string_view xml,
                                           const std::vector<std::string>& references);

}  // namespace imslab::messaging
