// Typed reading of a node's settings.
#include "hosts/asio/settings.h"

namespace imslab::host {

const nlohmann::json* Settings::find(const std::string& key) {
    known_.insert(key);
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &*found;
}

void Settings::wrong(const std::string& key, const std::string& expected) {
    if (!mistake_.empty()) return;
    mistake_ = "settings." + key + " is " + values_.at(key).dump() + "; expected " + expected;
}

void Settings::read_duration(const std::string& key, Duration& target) {
    std::uint64_t count = 0;
    if (const auto* value = find(key + "_ms"); value != nullptr) {
        read(key + "_ms", count);
        target = std::chrono::milliseconds(count);
    }
    if (const auto* value = find(key + "_seconds"); value != nullptr) {
        read(key + "_seconds", count);
        target = std::chrono::seconds(count);
    }
}

// "settings.t1 is …" of an inner map is "settings.timers.t1 is …" of this one.
void Settings::take_mistake(const std::string& key, const Settings& inner) {
    constexpr std::string_view kSettings = "settings.";
    const auto theirs = inner.mistake();
    if (mistake_.empty() && !theirs.empty())
        mistake_ = std::string(kSettings) + key + "." + theirs.substr(kSettings.size());
}

void Settings::read_timers(const std::string& key, sip::Timers& target) {
    const auto* value = find(key);
    if (value == nullptr) return;
    if (!value->is_object())
        return wrong(key, R"(an object like {"t1_ms": 500, "t2_ms": 4000, "t4_ms": 5000})");
    Settings timers(*value);
    timers.read_duration("t1", target.t1);
    timers.read_duration("t2", target.t2);
    timers.read_duration("t4", target.t4);
    timers.read_duration("timer_c", target.timer_c);
    take_mistake(key, timers);
}

void Settings::read_limits(const std::string& key, sip::Limits& target) {
    const auto* value = find(key);
    if (value == nullptr) return;
    if (!value->is_object()) return wrong(key, R"(an object like {"message_bytes": 65535})");
    Settings limits(*value);
    limits.read("message_bytes", target.message_bytes);
    limits.read("header_fields", target.header_fields);
    limits.read("field_bytes", target.field_bytes);
    limits.read("start_line_bytes", target.start_line_bytes);
    take_mistake(key, limits);
}

std::string Settings::mistake() const {
    if (!mistake_.empty()) return mistake_;
    for (const auto& [key, value] : values_.items()) {
        if (known_.contains(key)) continue;
        std::string keys;
        for (const auto& known : known_) keys += (keys.empty() ? "" : ", ") + known;
        return "settings." + key + " is not known; expected one of: " + keys;
    }
    return {};
}

}  // namespace imslab::host
