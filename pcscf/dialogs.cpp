// The dialogs that pass the P-CSCF (TS 24.229 §5.2.6).
#include "pcscf/dialogs.h"

#include "core/deadline.h"

#include <iterator>

namespace imslab::pcscf {

namespace {

// The tag under which an awaited dialog stands: no tag has a space in it, and it sorts before all
// tags.
constexpr char kAwaited = ' ';

bool is_of_family(const DialogKey& key, const DialogKey& family) {
    return key.call_id == family.call_id && key.caller_tag == family.caller_tag &&
           key.leg == family.leg;
}

DialogKey first_of(DialogKey family) {
    family.callee_tag.clear();
    return family;
}

DialogKey awaited_of(DialogKey family, std::uint64_t opener) {
    family.callee_tag = kAwaited + std::to_string(opener);
    return family;
}

}  // namespace

std::string_view to_string(Leg leg) {
    return leg == Leg::originating ? "originating" : "terminating";
}

std::string_view to_string(DialogState state) {
    switch (state) {
        case DialogState::awaited:
            return "awaited";
        case DialogState::early:
            return "early";
        case DialogState::confirmed:
            return "confirmed";
    }
    return "";
}

bool Dialogs::await(const DialogKey& family, Dialog dialog) {
    const DialogKey key = awaited_of(family, dialog.opener);
    return add(key, std::move(dialog)) != nullptr;
}

Dialog* Dialogs::add(const DialogKey& key, Dialog dialog) {
    if (Dialog* known = find(key)) return known;
    if (dialogs_.size() >= most_) return nullptr;
    const auto entry = dialogs_.emplace(key, Watched{std::move(dialog), {}, {}}).first;
    Watched& watched = entry->second;
    watched.expiry = by_expiry_.emplace(watched.dialog.until, &entry->first);
    watched.ue = by_ue_.emplace(watched.dialog.ue.remote, &entry->first);
    return &watched.dialog;
}

Dialog* Dialogs::find(const DialogKey& key) {
    const auto found = dialogs_.find(key);
    return found == dialogs_.end() ? nullptr : &found->second.dialog;
}

Dialog* Dialogs::open(const DialogKey& key, const std::optional<IpAddress>& callee) {
    if (Dialog* known = find(key)) return known;
    for (auto entry = dialogs_.lower_bound(first_of(key));
         entry != dialogs_.end() && is_of_family(entry->first, key) &&
         entry->first.callee_tag.front() == kAwaited;
         ++entry) {
        if (callee && entry->second.dialog.ue.remote.ip != *callee) continue;
        return add(key, entry->second.dialog);
    }
    return nullptr;
}

void Dialogs::remove(const DialogKey& key) {
    const auto found = dialogs_.find(key);
    if (found != dialogs_.end()) erase(found);
}

void Dialogs::remove_unconfirmed(const DialogKey& family, std::uint64_t opener) {
    auto entry = dialogs_.lower_bound(first_of(family));
    while (entry != dialogs_.end() && is_of_family(entry->first, family)) {
        const Dialog& dialog = entry->second.dialog;
        const bool goes = dialog.opener == opener && dialog.state != DialogState::confirmed;
        entry = goes ? erase(entry) : std::next(entry);
    }
}

void Dialogs::remove_expired(Time now, std::vector<DialogKey>& gone) {
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
        const DialogKey key = *by_expiry_.begin()->second;
        remove(key);
        if (key.callee_tag.front() != kAwaited) gone.push_back(key);
    }
}

void Dialogs::keep_until(const DialogKey& key, Time until) {
    const auto found = dialogs_.find(key);
    if (found == dialogs_.end() || found->second.dialog.until == until) return;
    found->second.dialog.until = until;
    by_expiry_.erase(found->second.expiry);
    found->second.expiry = by_expiry_.emplace(until, &found->first);
}

void Dialogs::keep_awaited_until(const DialogKey& family, std::uint64_t opener, Time until) {
    keep_until(awaited_of(family, opener), until);
}

std::vector<DialogKey> Dialogs::of_flow(const Flow& flow) const {
    std::vector<DialogKey> keys;
    const auto [first, last] = by_ue_.equal_range(flow.remote);
    for (auto entry = first; entry != last; ++entry) {
        const auto& watched = dialogs_.at(*entry->second);
        if (watched.dialog.ue.connection == flow.connection) keys.push_back(*entry->second);
    }
    return keys;
}

std::optional<Time> Dialogs::next_expiry() const { return earliest(by_expiry_); }

Dialogs::Table::iterator Dialogs::erase(Table::iterator entry) {
    by_expiry_.erase(entry->second.expiry);
    by_ue_.erase(entry->second.ue);
    return dialogs_.erase(entry);
}

}  // namespace imslab::pcscf
