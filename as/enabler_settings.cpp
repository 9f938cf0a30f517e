// The settings of the small enablers.
#include <nlohmann/json.hpp>
#include <set>

#include "as/enablers.h"
#include "sip/params.h"
#include "sip/uri.h"

namespace imslab::as {

namespace {

// Reads one object; the first mistake is kept as a sentence.
class Reader {
public:
    Reader(std::string name, const nlohmann::json& settings)
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
    int status(const std::string& key, int otherwise) {
        const auto* value = find(key);
        if (value == nullptr) return otherwise;
        if (value->is_number_integer() && *value >= 300 && *value <= 699) return value->get<int>();
        wrong(key, "a final status from 300 to 699");
        return otherwise;
    }
    unsigned seconds(const std::string& key, unsigned otherwise) {
        const auto* value = find(key);
        if (value == nullptr) return otherwise;
        if (value->is_number_integer() && *value >= 1 && *value <= 600)
            return value->get<unsigned>();
        wrong(key, "seconds from 1 to 600");
        return otherwise;
    }
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

}  // namespace

Result<EnablerRecipe, std::string> read_enabler(const std::string& name,
                                                const nlohmann::json& settings) {
    if (!settings.is_object())
        return failure("enablers." + name + ": found " + settings.dump() + ", expected a map");
    Reader reader(name, settings);
    EnablerRecipe recipe;
    recipe.name = name;
    recipe.identities = reader.uris("identities");
    const auto kind = reader.text("kind", name);
    if (kind == "answering") {
        recipe.make = [name, status = reader.status("status", 200)](Services& services) {
            return make_answering(services, name, status);
        };
    } else if (kind == "marking") {
        MarkingSettings marking;
        const auto header = reader.text("header");
        const auto colon = header.find(':');
        if (!header.empty() && (colon == std::string::npos || colon == 0))
            reader.wrong("header", "\"Name: value\"");
        marking.header = header.substr(0, colon);
        if (colon != std::string::npos)
            marking.value = sip::trim(std::string_view(header).substr(colon + 1));
        marking.record_route = reader.flag("record_route", true);
        recipe.make = [name, marking](Services& services) {
            return make_marking(services, name, marking);
        };
    } else if (kind == "redirecting") {
        RedirectingSettings redirecting;
        redirecting.to = reader.uri("to");
        redirecting.answer = reader.flag("answer", false);
        recipe.make = [name, redirecting](Services& services) {
            return make_redirecting(services, name, redirecting);
        };
    } else if (kind == "back-to-back") {
        recipe.make = [name](Services& services) { return make_back_to_back(services, name); };
    } else if (kind == "welcoming") {
        WelcomingSettings welcoming;
        welcoming.from = reader.uri("from");
        if (settings.contains("to")) welcoming.to = reader.uri("to");
        welcoming.text = reader.text("text", welcoming.text);
        welcoming.originating = reader.flag("originating", true);
        recipe.make = [name, welcoming](Services& services) {
            return make_welcoming(services, name, welcoming);
        };
    } else if (kind == "callback") {
        CallbackSettings callback;
        callback.service = reader.uri("service");
        if (settings.contains("first")) callback.first = reader.uri("first");
        callback.ring_limit = std::chrono::seconds(reader.seconds("ring_seconds", 120));
        recipe.make = [name, callback](Services& services) {
            return make_callback(services, name, callback);
        };
    } else {
        return failure(
            "enablers." + name + ": found the kind \"" + kind +
            "\", expected answering, marking, redirecting, back-to-back, welcoming or callback");
    }
    if (auto mistake = reader.mistake(); !mistake.empty()) return failure(std::move(mistake));
    return recipe;
}

}  // namespace imslab::as
