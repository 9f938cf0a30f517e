// Texts that many users share, kept once and counted.
#include "pcscf/interned.h"

#include "core/invariant.h"

namespace imslab::pcscf {

Interned::Id Interned::use(std::string_view text) {
    if (text.empty()) return kNone;
    if (const auto known = by_text_.find(text); known != by_text_.end()) {
        ++entries_[known->second].uses;
        return known->second;
    }
    Id id = static_cast<Id>(entries_.size());
    if (free_.empty()) {
        entries_.emplace_back();
    } else {
        id = free_.back();
        free_.pop_back();
    }
    const auto added = by_text_.emplace(std::string(text), id).first;
    entries_[id] = Entry{&added->first, 1};
    return id;
}

void Interned::drop(Id id) {
    if (id == kNone) return;
    Entry& entry = entries_[id];
    IMSLAB_INVARIANT(entry.uses > 0);
    if (--entry.uses > 0) return;
    by_text_.erase(by_text_.find(*entry.text));
    entry = Entry{};
    free_.push_back(id);
}

std::string_view Interned::text(Id id) const {
    return id == kNone ? std::string_view{} : std::string_view(*entries_[id].text);
}

}  // namespace imslab::pcscf
