// TS 24.229 §5.4.3.4: kept as long as an application server may come back with them.
#include "scscf/original_dialogs.h"

#include <nlohmann/json.hpp>

#include "scscf/filter_criteria.h"

namespace imslab::scscf {

void OriginalDialogs::add(std::string token, OriginalDialog dialog, Time now) {
    while (!by_time_.empty() && dialogs_.size() >= limit_) {  // the oldest makes room
        dialogs_.erase(by_time_.begin()->second);
        by_time_.erase(by_time_.begin());
    }
    Kept kept{std::move(dialog), now + lifetime_, ++last_number_};
    by_time_.emplace(std::pair{kept.until, kept.number}, token);
    dialogs_.emplace(std::move(token), std::move(kept));
}

const OriginalDialog* OriginalDialogs::find(std::string_view token, Time now) {
    const auto found = dialogs_.find(token);
    if (found == dialogs_.end()) return nullptr;
    auto& kept = found->second;
    auto entry = by_time_.extract({kept.until, kept.number});
    kept.until = now + lifetime_;
    entry.key() = {kept.until, kept.number};
    by_time_.insert(std::move(entry));
    return &kept.dialog;
}

void OriginalDialogs::forget_old(Time now) {
    while (!by_time_.empty() && by_time_.begin()->first.first <= now) {
        dialogs_.erase(by_time_.begin()->second);
        by_time_.erase(by_time_.begin());
    }
}

std::optional<Time> OriginalDialogs::next_deadline() const {
    if (by_time_.empty()) return std::nullopt;
    return by_time_.begin()->first.first;
}

nlohmann::ordered_json OriginalDialogs::state() const {
    auto all = nlohmann::ordered_json::array();
    for (const auto& [token, kept] : dialogs_) {
        nlohmann::ordered_json one;
        one["identifier"] = token;
        one["served_user"] = kept.dialog.served;
        one["session_case"] = to_string(kept.dialog.pass.session_case);
        one["application_servers"] = kept.dialog.pass.visited;
        all.push_back(std::move(one));
    }
    return all;
}

}  // namespace imslab::scscf
