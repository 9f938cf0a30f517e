// The "settings" of a node's configuration, read into its Config: a key that is not known or has
// the wrong type is named, nothing is guessed.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "core/time.h"
#include "sip/message.h"
#include "sip/transaction.h"

namespace imslab::host {

class Settings {
public:
    explicit Settings(const nlohmann::json& values) : values_(values) {}

    // Leaves `target` as it is if the key is absent.
    template <class T>
    void read(const std::string& key, T& target) {
        const auto* value = find(key);
        if (value == nullptr) return;
        if constexpr (std::is_same_v<T, bool>) {
            if (!value->is_boolean()) return wrong(key, "true or false");
            target = value->get<bool>();
        } else if constexpr (std::is_integral_v<T>) {
            if (!value->is_number_unsigned()) return wrong(key, "a whole number");
            target = value->get<T>();
        } else {
            if (!value->is_string()) return wrong(key, "a text");
            target = value->get<std::string>();
        }
    }
    // "<key>_ms" or "<key>_seconds".
    void read_duration(const std::string& key, Duration& target);
    void read_timers(const std::string& key, sip::Timers& target);  // {"t1_ms": 500, …}
    void read_limits(const std::string& key, sip::Limits& target);

    const nlohmann::json* find(const std::string& key);
    void wrong(const std::string& key, const std::string& expected);

    // The first mistake, as a sentence; empty: none. Keys nobody asked for are mistakes.
    std::string mistake() const;

private:
    void take_mistake(const std::string& key, const Settings& inner);

    const nlohmann::json& values_;
    std::set<std::string> known_;
    std::string mistake_;
};

}  // namespace imslab::host
