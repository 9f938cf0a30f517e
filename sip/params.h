// ;name=value parameters, read where they stand (RFC 3261 §25.1 generic-param).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imslab::sip {

bool same_ignoring_case(const char* a, const char* b, std::size_t size);
inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && same_ignoring_case(a.data(), b.data(), a.size());
}
// Without blanks and tabs at its ends.
inline std::string_view trim(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}
std::string unquote(std::string_view text);  // "a\"b" -> a"b; unquoted text as it is
std::string quote(std::string_view text);    // the reverse, always quoted
std::optional<std::string> unescape(std::string_view text);  // %41 -> A; a broken escape: nullopt
std::optional<std::uint32_t> to_number(std::string_view text);  // decimal, whole text, no overflow

// The raw text behind the first ';' (without it), searched on demand: most parameters are never
// asked for.
class Params {
public:
    Params() = default;
    explicit Params(std::string_view raw, char separator = ';')
        : raw_(raw), separator_(separator) {}

    bool has(std::string_view name) const;  // case-insensitive
    // The value as written (quotes kept); "" for a parameter without one; nullopt if absent.
    std::optional<std::string_view> get(std::string_view name) const;
    std::string_view raw() const { return raw_; }

    struct Item {
        std::string_view name, value;
        bool has_value = false;
    };
    // Visits in order; a visitor that returns false stops it.
    template <class Visitor>
    void for_each(Visitor&& visit) const {
        std::string_view rest = raw_;
        Item item;
        while (next(rest, item)) {
            if (!visit(item)) return;
        }
    }

private:
    bool next(std::string_view& rest, Item& item) const;  // respects quoted strings

    std::string_view raw_;
    char separator_ = ';';
};

}  // namespace imslab::sip
