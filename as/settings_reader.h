// Reads the settings of one enabler, a map; the first mistake is kept as a sentence: what was
// found, what was expected.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/time.h"
#include "sip/uri.h"

namespace imslab::as {

class SettingsReader {
public:
    SettingsReader(std::string name, const nlohmann::json& settings)
        : name_(std::move(name)), settings_(settings) {}

    std::string text(const std::string& key, std::string otherwise = {}) {
        const auto* value = find(key);
        if (value == nullptr) return otherwise;
        if (value->is_string()) return value->get<std::string>();
        wrong(key, "a text");
        return otherwise;
    }
    bool flag(const std::string& key, bool otherwise) {
        const auto* value = find(key);
        if (value == nullptr) return otherwise;
        if (value->is_boolean()) return value->get<bool>();
        wrong(key, "true or false");
        return otherwise;
    }
    std::vector<std::string> uris(const std::string& key) {
        std::vector<std::string> all;
        const auto* value = find(key);
        if (value == nullptr) return all;
        for (const auto& one : value->is_array() ? *value : nlohmann::json::array({*value})) {
            if (one.is_string() && sip::canonical_identity(one.get<std::string>())) {
                all.push_back(one.get<std::string>());
            } else {
                wrong(key, "a list of sip: or tel: URIs");
            }
        }
        return all;
    }
    std::string uri(const std::string& key) {
        auto value = text(key);
        if (!sip::canonical_identity(value)) wrong(key, "a sip: or tel: URI");
        return value;
    }
    std::vector<std::string> texts(const std::string& key) {
        std::vector<std::string> all;
        const auto* value = find(key);
        if (value == nullptr) return all;
        for (const auto& one : value->is_array() ? *value : nlohmann::json::array({*value})) {
            if (one.is_string()) {
                all.push_back(one.get<std::string>());
            } else {
                wrong(key, "a list of texts");
            }
        }
        return all;
    }
    template <class Number>
    void number(const std::string& key, Number& into, std::uint64_t least = 0) {
        const auto* value = find(key);
        if (value == nullptr) return;
        if (value->is_number_unsigned() && value->get<std::uint64_t>() >= least &&
            value->get<std::uint64_t>() <= std::numeric_limits<Number>::max()) {
            into = value->get<Number>();
        } else {
            wrong(key, "a whole number from " + std::to_string(least));
        }
    }
    void milliseconds(const std::string& key, Duration& into) {
        std::uint32_t value = 0;
        if (find(key) == nullptr) return;
        number(key, value);
        into = std::chrono::milliseconds(value);
    }
    unsigned seconds(const std::string& key, unsigned otherwise) {
        const auto* value = find(key);
        if (value == nullptr) return otherwise;
        if (value->is_number_integer() && *value >= 1 && *value <= 600)
            return value->get<unsigned>();
        wrong(key, "seconds from 1 to 600");
        return otherwise;
    }
    int status(const std::string& key, int otherwise) {
        const auto* value = find(key);
        if (value == nullptr) return otherwise;
        if (value->is_number_integer() && *value >= 300 && *value <= 699) return value->get<int>();
        wrong(key, "a final status from 300 to 699");
        return otherwise;
    }
    // What is read elsewhere.
    void knows(const std::string& key) { known_.insert(key); }
    void wrong(const std::string& key, const std::string& expected) {
        if (!mistake_.empty()) return;
        const auto at = settings_.find(key);
        mistake_ = "enablers." + name_ + "." + key + ": found " +
                   (at == settings_.end() ? "nothing" : at->dump()) + ", expected " + expected;
    }
    std::string mistake() {
        for (const auto& [key, value] : settings_.items()) {
            if (!known_.contains(key)) {
                std::string expected = "one of";
                for (const auto& one : known_) expected += " " + one;
                wrong(key, expected);
            }
        }
        return mistake_;
    }

private:
    const nlohmann::json* find(const std::string& key) {
        known_.insert(key);
        const auto found = settings_.find(key);
        return found == settings_.end() ? nullptr : &*found;
    }

    std::string name_;
    const nlohmann::json& settings_;
    std::set<std::string> known_;
    std::string mistake_;
};

}  // namespace imslab::as
