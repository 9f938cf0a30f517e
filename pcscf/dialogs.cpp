// The dialogs that pass the P-CSCF (TS 24.229 §5.2.6).
#include "pcscf/dialogs.h"

namespace imslab::pcscf {

namespace {

bool is_of_family(const DialogKey& key, const DialogKey& family) {
    return key.call_id == family.call_id && key.caller_tag == family.caller_tag &&
           key.leg == family.leg;
}

template <class Predicate>
std::vector<DialogKey> keys_if(const std::map<DialogKey, Dialog>& dialogs, Predicate&& wanted) {
    std::vector<DialogKey> keys;
    for (const auto& [key, dialog] : dialogs) {
        if (wanted(dialog)) keys.push_back(key);
    }
    return keys;
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

Dialog* Dialogs::add(const DialogKey& key, Dialog dialog) {
    if (Dialog* known = find(key)) return known;
    if (dialogs_.size() >= most_) return nullptr;
    by_expiry_.emplace(dialog.until, key);
    return &dialogs_.emplace(key, std::move(dialog)).first->second;
}

Dialog* Dialogs::find(const DialogKey& key) {
    const auto found = dialogs_.find(key);
    return found == dialogs_.end() ? nullptr : &found->second;
}

Dialog* Dialogs::open(const DialogKey& key) {
    if (Dialog* known = find(key)) return known;
    DialogKey awaited = key;
    awaited.callee_tag.clear();
    const Dialog* opener = find(awaited);
    return opener == nullptr ? nullptr : add(key, *opener);
}

void Dialogs::remove(const DialogKey& key) {
    const auto found = dialogs_.find(key);
    if (found == dialogs_.end()) return;
    by_expiry_.erase({found->second.until, key});
    dialogs_.erase(found);
}

void Dialogs::remove_unconfirmed(const DialogKey& family) {
    DialogKey first = family;
    first.callee_tag.clear();
    for (auto entry = dialogs_.lower_bound(first);
         entry != dialogs_.end() && is_of_family(entry->first, family);) {
        if (entry->second.state == DialogState::confirmed) {
            ++entry;
        } else {
            by_expiry_.erase({entry->second.until, entry->first});
            entry = dialogs_.erase(entry);
        }
    }
}

void Dialogs::remove_expired(Time now, std::vector<DialogKey>& gone) {
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
        gone.push_back(by_expiry_.begin()->second);
        remove(gone.back());
    }
}

void Dialogs::keep_until(const DialogKey& key, Time until) {
    Dialog* dialog = find(key);
    if (dialog == nullptr || dialog->until == until) return;
    by_expiry_.erase({dialog->until, key});
    dialog->until = until;
    by_expiry_.emplace(until, key);
}

std::vector<DialogKey> Dialogs::of(BindingId served) const {
    return keys_if(dialogs_, [&](const Dialog& dialog) { return dialog.served == served; });
}

std::vector<DialogKey> Dialogs::of_connection(std::uint64_t connection) const {
    return keys_if(dialogs_,
                   [&](const Dialog& dialog) { return dialog.ue.connection == connection; });
}

std::vector<DialogKey> Dialogs::of_remote(const Address& remote) const {
    return keys_if(dialogs_, [&](const Dialog& dialog) { return dialog.ue.remote == remote; });
}

std::optional<Time> Dialogs::next_expiry() const {
    if (by_expiry_.empty()) return std::nullopt;
    return by_expiry_.begin()->first;
}

}  // namespace imslab::pcscf
