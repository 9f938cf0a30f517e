// OMA IM XDM: the usage org.openmobilealliance.conv-history; RFC 3862: the form in which a message
// is kept; RFC 4825 §6.2: where.
#include "as/messaging/history.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "as/messaging/body_parts.h"
#include "as/messaging/cpim.h"
#include "as/messaging/history_list.h"
#include "as/messaging/is_composing.h"
#include "as/messaging/outgoing_message.h"
#include "as/xdm/xml_text.h"
#include "http/uri.h"
#include "sip/digest.h"

namespace imslab::messaging {

namespace {

using xdm::Document;
using xdm::DocumentPath;

constexpr std::string_view kUsage = "org.openmobilealliance.conv-history";
constexpr std::string_view kList = "conv-history";
constexpr std::size_t kMostShown = 200;
constexpr std::string_view kCpim = "message/cpim";

DocumentPath list_of(std::string_view owner) {
    return {std::string(kUsage), std::string(owner), std::string(kList)};
}

std::string reference_to(const DocumentPath& path) {
    return path.auid + "/users/" + http::percent_encoded(path.xui, ":@+") + "/" + path.name;
}

// The last segment of a reference: the document's name.
std::string name_in(const std::string& reference) {
    return reference.substr(reference.rfind('/') + 1);
}

// Databases keep text: UTF-8 without control characters that XML and SQL have no place for.
bool is_text(std::string_view octets) {
    bool is_utf8 = true;
    return xdm::not_utf8_at(octets, is_utf8) == std::string_view::npos;
}

// The message with who wrote it, to whom and when; what has that already is kept as it is.
std::string as_cpim(const HistoricMessage& message, std::int64_t written_at) {
    if (media_type(message.content_type) == kCpim && is_text(message.content))
        return message.content;
    Cpim cpim;
    cpim.headers = {{{}, "From", "<" + message.from + ">"},
                    {{}, "To", "<" + message.to + ">"},
                    {{}, "DateTime", internet_date(written_at)}};
    cpim.content_header = "Content-Type: " + message.content_type + "\r\n";
    cpim.content = message.content;
    if (!is_text(message.content)) {
        cpim.content_header += "Content-Transfer-Encoding: base64\r\n";
        cpim.content = sip::base64({reinterpret_cast<const std::uint8_t*>(message.content.data()),
                                    message.content.size()});
    }
    return write_cpim(cpim);
}

// RFC 3994 §4, RFC 5438: what speaks of messages and is none.
bool is_about_messages(const HistoricMessage& message) {
    const auto type = media_type(message.content_type);
    if (type == kIsComposingType) return true;
    if (type != kCpim) return false;
    const auto cpim = read_cpim(message.content);
    const auto inner = cpim ? media_type(cpim->content_type()) : std::string();
    return inner == "message/imdn+xml" || inner == kIsComposingType;
}

}  // namespace

History::History(as::Services& services, HistoryLimits limits)
    : services_(services), limits_(limits), documents_(services.documents()) {
    if (documents_ != nullptr) documents_->watch([this](const Path& path) { on_changed(path); });
    agreed_ = documents_ == nullptr;
}

bool History::is_kept_for(const std::string& owner) const {
    return documents_ != nullptr && documents_->find(list_of(owner)) != nullptr;
}

// ---- writing down: first the message, then its place in the list; in between a crash leaves a
// message that no list names, which is removed at the next start.

void History::keep(HistoricMessage message) {
    if (!is_kept_for(message.owner) || is_about_messages(message)) return;
    const auto now = unix_seconds(services_.now());
    auto text = as_cpim(message, now);
    if (text.size() > limits_.octets) {
        ++lost_;
        services_.log(
            LogLevel::info, {}, {}, "a message is too large for the history of " + message.owner);
        return;
    }
    const Path path{std::string(kUsage), message.owner, fresh_name(message.owner)};
    HistoryEntry entry;
    entry.reference = reference_to(path);
    entry.size = text.size();
    entry.written_at = now;
    entry.expires_at = now + limits_.lifetime.count();
    entry.from = std::move(message.from);
    entry.to = std::move(message.to);
    being_added_.insert(path);
    documents_->store(path,
                      Document{{}, std::move(text), std::string(kCpim)},
                      [this, path, entry](const Result<void, std::string>& stored) {
                          on_stored(stored);
                          if (stored) return add_to_list(path, entry);
                          ++lost_;
                          being_added_.erase(path);
                      });
}

// One more than any that is there, and than any that was given out.
std::string History::fresh_name(const std::string& owner) {
    auto& last = last_[owner];
    if (last == 0) {
        for (const auto& path : documents_->list(kUsage, owner)) {
            std::uint64_t number = 0;
            std::from_chars(path.name.data(), path.name.data() + path.name.size(), number);
            last = std::max(last, number);
        }
    }
    return std::to_string(++last);
}

void History::add_to_list(const Path& message, const HistoryEntry& entry) {
    const auto edit = [limits = limits_, entry](const Document* current) {
        if (current == nullptr) return std::optional<Document>();  // he wants none any more
        const auto listed = read_history(current->body);
        std::size_t octets = entry.size, count = listed.size() + 1;
        for (const auto& one : listed) octets += one.size;
        std::vector<std::string> oldest;
        for (const auto& one : listed) {
            if (count <= limits.messages && octets <= limits.octets) break;
            oldest.push_back(one.reference);
            octets -= one.size;
            --count;
        }
        auto body = without_entries(current->body, oldest).value_or(current->body);
        auto longer = with_entry(body, entry);
        if (!longer) return std::optional<Document>();
        return std::optional(Document{{}, std::move(*longer), current->content_type});
    };
    documents_->update(list_of(message.xui), edit, [this, message](const auto& stored) {
        on_stored(stored);
        ++(stored ? kept_ : lost_);
        being_added_.erase(message);
        agree(message.xui);
    });
}

void History::on_stored(const Result<void, std::string>& stored) const {
    if (!stored) services_.log(LogLevel::error, {}, {}, "the message history: " + stored.error());
}

// ---- what its owner takes away, or time

void History::on_changed(const Path& path) {
    if (path.auid == kUsage && !path.xui.empty()) agree(path.xui);
}

void History::agree(const std::string& owner) {
    const auto* list = documents_->find(list_of(owner));
    for (const auto& [name, expires_at] : std::exchange(listed_[owner], {}))
        by_expiry_.erase({expires_at, {std::string(kUsage), owner, name}});
    std::vector<std::string> not_there;
    for (const auto& entry :
         list != nullptr ? read_history(list->body) : std::vector<HistoryEntry>()) {
        const Path path{std::string(kUsage), owner, name_in(entry.reference)};
        if (documents_->find(path) == nullptr || path.name == kList) {
            not_there.push_back(entry.reference);
            continue;
        }
        listed_[owner][path.name] = entry.expires_at;
        by_expiry_.emplace(entry.expires_at, path);
    }
    for (const auto& path : documents_->list(kUsage, owner)) {
        if (path.name != kList && !listed_[owner].contains(path.name)) remove(path);
    }
    if (list == nullptr) listed_.erase(owner);
    if (!not_there.empty()) take_off_list(owner, std::move(not_there));
}

void History::remove(const Path& message) {
    if (being_added_.contains(message) || !being_removed_.insert(message).second) return;
    documents_->store(message, std::nullopt, [this, message](const auto& stored) {
        on_stored(stored);
        being_removed_.erase(message);
    });
}

void History::take_off_list(const std::string& owner, std::vector<std::string> references) {
    const auto edit = [references = std::move(references)](const Document* current) {
        auto shorter = current != nullptr ? without_entries(current->body, references)
                                          : std::optional<std::string>();
        if (!shorter) return std::optional<Document>();
        return std::optional(Document{{}, std::move(*shorter), current->content_type});
    };
    documents_->update(list_of(owner), edit, [this](const auto& stored) { on_stored(stored); });
}

void History::on_time(Time now) {
    if (!std::exchange(agreed_, true)) {
        std::set<std::string> owners;
        for (const auto& path : documents_->list(kUsage)) owners.insert(path.xui);
        for (const auto& owner : owners) agree(owner);
    }
    std::map<std::string, std::vector<std::string>> gone;
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= unix_seconds(now)) {
        const auto& path = by_expiry_.begin()->second;
        gone[path.xui].push_back(reference_to(path));
        by_expiry_.erase(by_expiry_.begin());
    }
    for (auto& [owner, references] : gone) take_off_list(owner, std::move(references));
}

std::optional<Time> History::next_deadline() const {
    if (!agreed_) return services_.now();
    if (by_expiry_.empty()) return std::nullopt;
    return Time(
        std::chrono::duration_cast<Duration>(std::chrono::seconds(by_expiry_.begin()->first)));
}

nlohmann::ordered_json History::state() const {
    auto users = nlohmann::ordered_json::array();
    for (const auto& [owner, messages] : listed_) {
        if (users.size() == kMostShown) break;
        users.push_back(owner + ": " + std::to_string(messages.size()));
    }
    return {{"users", std::move(users)}, {"kept", kept_}, {"lost", lost_}};
}

}  // namespace imslab::messaging
