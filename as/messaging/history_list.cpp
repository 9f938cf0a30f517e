// OMA IM XDM: history-list, history, history-reference, size, expiry, pager.
#include "as/messaging/history_list.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <sstream>

#include "as/messaging/outgoing_message.h"
#include "as/messaging/xml_body.h"

namespace imslab::messaging {

namespace {

// "2026-11-25T09:20:16Z", as internet_date writes it; 0: it is none.
std::int64_t read_date(const char* text) {
    int year = 0;
    unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (std::sscanf(
            text, "%4d-%2u-%2uT%2u:%2u:%2u", &year, &month, &day, &hour, &minute, &second) != 6)
        return 0;
    const std::chrono::year_month_day date{
        std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    if (!date.ok()) return 0;
    const auto days = std::chrono::sys_days(date).time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(days).count() +
           std::int64_t{hour} * 3600 + std::int64_t{minute} * 60 + second;
}

pugi::xml_node child_of(const pugi::xml_node& parent, std::string_view name) {
    for (const auto& child : parent.children()) {
        if (local_name(child) == name) return child;
    }
    return {};
}

HistoryEntry read_entry(const pugi::xml_node& history) {
    HistoryEntry entry;
    entry.reference = child_of(history, "history-reference").child_value();
    const std::string_view size = child_of(history, "size").child_value();
    std::from_chars(size.data(), size.data() + size.size(), entry.size);
    entry.expires_at = read_date(child_of(history, "expiry").child_value());
    const auto pager = child_of(history, "pager");
    entry.written_at = read_date(child_of(pager, "time-stamp").child_value());
    entry.from = child_of(pager, "from").child_value();
    entry.to = child_of(pager, "to").child_value();
    return entry;
}

std::string written(const pugi::xml_document& document) {
    std::ostringstream text;
    document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + text.str();
}

}  // namespace

std::vector<HistoryEntry> read_history(std::string_view xml) {
    std::vector<HistoryEntry> entries;
    pugi::xml_document document;
    if (load_xml(document, xml)) return entries;
    for (const auto& child : document.document_element().children()) {
        if (local_name(child) == "history") entries.push_back(read_entry(child));
    }
    return entries;
}

std::optional<std::string> with_entry(std::string_view xml, const HistoryEntry& entry) {
    pugi::xml_document document;
    if (load_xml(document, xml)) return std::nullopt;
    auto root = document.document_element();
    // In the namespace of the root, whichever prefix its owner gave it.
    const std::string_view name = root.name();
    const std::string prefix(name.substr(0, name.size() - local_name(root).size()));
    const auto add = [&](pugi::xml_node parent, const char* child, const std::string& text) {
        auto node = parent.append_child((prefix + child).c_str());
        if (!text.empty()) node.text().set(text.c_str());
        return node;
    };
    auto history = add(root, "history", {});
    add(history, "history-reference", entry.reference);
    add(history, "size", std::to_string(entry.size));
    add(history, "expiry", internet_date(entry.expires_at));
    auto pager = add(history, "pager", {});
    add(pager, "time-stamp", internet_date(entry.written_at));
    add(pager, "from", entry.from);
    add(pager, "to", entry.to);
    return written(document);
}

std::optional<std::string> without_entries(std::string_view xml,
                                           const std::vector<std::string>& references) {
    pugi::xml_document document;
    if (load_xml(document, xml)) return std::nullopt;
    auto root = document.document_element();
    bool changed = false;
    for (auto child = root.first_child(); child;) {
        const auto next = child.next_sibling();
        const bool goes =
            local_name(child) == "history" &&
            std::ranges::find(references, read_entry(child).reference) != references.end();
        if (goes) changed = root.remove_child(child);
        child = next;
    }
    return changed ? std::optional(written(document)) : std::nullopt;
}

}  // namespace imslab::messaging
