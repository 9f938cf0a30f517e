// The columns of the subscriber database as values, and values as columns.
#include "hosts/store/sql_columns.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "core/utf8.h"

namespace imslab::host {
namespace {

using nlohmann::json;

std::string value_at(const json& object, const char* key) {
    return object.value(key, std::string{});
}

}  // namespace

// NUL ends a text in C, and is none in PostgreSQL.
bool is_text(std::string_view octets) {
    return octets.find('\0') == std::string_view::npos && is_utf8(octets);
}

std::string in_one_line(std::string_view message) {
    std::string line;
    for (const char c : message) {
        const bool space = c == '\n' || c == '\t' || c == '\r' || c == ' ';
        if (!space)
            line.push_back(c);
        else if (!line.empty() && line.back() != ' ')
            line.push_back(' ');
    }
    while (!line.empty() && (line.back() == ' ' || line.back() == '.')) line.pop_back();
    return line;
}

std::string hexadecimal(std::span<const std::uint8_t> octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(octets.size() * 2);
    for (const auto octet : octets) {
        text.push_back(digits[octet >> 4]);
        text.push_back(digits[octet & 15]);
    }
    return text;
}

void octets_from(std::string_view text, std::span<std::uint8_t> into) {
    for (std::size_t i = 0; i < into.size() && 2 * i + 1 < text.size(); ++i) {
        std::from_chars(text.data() + 2 * i, text.data() + 2 * i + 2, into[i], 16);
    }
}

std::string lines_of(const std::vector<std::string>& values) {
    std::string text;
    for (const auto& value : values) text += value + "\n";
    return text;
}

std::vector<std::string> strings_from(std::string_view lines) {
    std::vector<std::string> values;
    while (!lines.empty()) {
        const auto end = lines.find('\n');
        values.emplace_back(lines.substr(0, end));
        lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    }
    return values;
}

std::string lines_of(const std::vector<std::uint32_t>& values) {
    std::string text;
    for (const auto value : values) text += std::to_string(value) + "\n";
    return text;
}

std::vector<std::uint32_t> numbers_from(std::string_view lines) {
    std::vector<std::uint32_t> values;
    for (const auto& line : strings_from(lines)) {
        std::uint32_t value = 0;
        std::from_chars(line.data(), line.data() + line.size(), value);
        values.push_back(value);
    }
    return values;
}

std::string text_of(const std::optional<cx::RestorationInfo>& restoration) {
    if (!restoration) return {};
    json contacts = json::array();
    for (const auto& contact : restoration->contacts) {
        json one{{"path", contact.path}, {"contact", contact.contact}};
        if (contact.subscription) {
            one["subscription"] = {{"call_id", contact.subscription->call_id},
                                   {"from", contact.subscription->from},
                                   {"to", contact.subscription->to},
                                   {"record_route", contact.subscription->record_route},
                                   {"contact", contact.subscription->contact}};
        }
        contacts.push_back(std::move(one));
    }
    const json whole{{"private_identity", restoration->private_identity},
                     {"contacts", std::move(contacts)}};
    return whole.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<cx::RestorationInfo> restoration_from(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const auto whole = json::parse(text, nullptr, false);
    if (!whole.is_object() || !whole.contains("contacts")) return std::nullopt;
    cx::RestorationInfo restoration;
    restoration.private_identity = value_at(whole, "private_identity");
    for (const auto& one : whole["contacts"]) {
        cx::RestorationContact contact;
        contact.path = value_at(one, "path");
        contact.contact = value_at(one, "contact");
        if (one.contains("subscription")) {
            const auto& subscription = one["subscription"];
            contact.subscription = cx::SubscriptionInfo{value_at(subscription, "call_id"),
                                                        value_at(subscription, "from"),
                                                        value_at(subscription, "to"),
                                                        value_at(subscription, "record_route"),
                                                        value_at(subscription, "contact")};
        }
        restoration.contacts.push_back(std::move(contact));
    }
    return restoration;
}

}  // namespace imslab::host
