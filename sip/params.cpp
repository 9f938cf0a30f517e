// Parameters, quoting and escaping (RFC 3261 §7.3.1, §19.1.2, §25.1).
#include "sip/params.h"

#include "sip/scan.h"

namespace imslab::sip {

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] != b[i] && scan::lower(a[i]) != scan::lower(b[i])) return false;
    }
    return true;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && scan::is(text.front(), scan::blank)) text.remove_prefix(1);
    while (!text.empty() && scan::is(text.back(), scan::blank)) text.remove_suffix(1);
    return text;
}

std::string unquote(std::string_view text) {
    text = trim(text);
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
    text = text.substr(1, text.size() - 2);
    if (text.find('\\') == std::string_view::npos) return std::string(text);
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        plain += text[i];
    }
    return plain;
}

std::string quote(std::string_view text) {
    std::string quoted;
    quoted.reserve(text.size() + 2);
    quoted += '"';
    if (text.find_first_of("\"\\") == std::string_view::npos) {
        quoted.append(text);
    } else {
        for (char c : text) {
            if (c == '"' || c == '\\') quoted += '\\';
            quoted += c;
        }
    }
    quoted += '"';
    return quoted;
}

namespace {
unsigned nibble(char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : scan::lower(c) - 'a' + 10);
}
}  // namespace

std::optional<std::string> unescape(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        if (i + 2 >= text.size() || !scan::is(text[i + 1], scan::hex) ||
            !scan::is(text[i + 2], scan::hex)) {
            return std::nullopt;
        }
        plain += static_cast<char>(nibble(text[i + 1]) * 16 + nibble(text[i + 2]));
        i += 2;
    }
    return plain;
}

std::optional<std::uint32_t> to_number(std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::uint64_t number = 0;
    for (char c : text) {
        if (!scan::is(c, scan::digit)) return std::nullopt;
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
        if (number > 0xffffffffu) return std::nullopt;
    }
    return static_cast<std::uint32_t>(number);
}

namespace {

const char* find_separator_or_equals(const char* at, const char* end, char separator) {
    if (separator == ';') return scan::find<scan::AnyOf<';', '='>>(at, end);
    while (at != end && *at != separator && *at != '=') ++at;
    return at;
}

const char* find_value_end(const char* at, const char* end, char separator) {
    while (at != end) {
        at = separator == ';' ? scan::find<scan::AnyOf<';', '"'>>(at, end)
                              : scan::find<scan::AnyOf<',', '&', '"'>>(at, end);
        if (at == end || *at == separator) break;
        if (*at == '"') {
            at = scan::behind_quoted(at, end);
            if (!at) return end;
        } else {
            ++at;
        }
    }
    return at;
}

}  // namespace

bool Params::next(std::string_view& rest, Item& item) const {
    const char* at = rest.data();
    const char* end = at + rest.size();
    for (;;) {
        at = scan::skip_blanks(at, end);
        if (at == end) return false;
        if (*at != separator_) break;
        ++at;
    }
    const char* name = at;
    at = find_separator_or_equals(at, end, separator_);
    item.name = trim({name, static_cast<std::size_t>(at - name)});
    item.has_value = at != end && *at == '=';
    item.value = {};
    if (item.has_value) {
        const char* value = ++at;
        at = find_value_end(at, end, separator_);
        item.value = trim({value, static_cast<std::size_t>(at - value)});
    }
    if (at != end) ++at;
    rest = {at, static_cast<std::size_t>(end - at)};
    return true;
}

std::optional<std::string_view> Params::get(std::string_view name) const {
    std::string_view rest = raw_;
    Item item;
    while (next(rest, item)) {
        if (equals_ignoring_case(item.name, name)) return item.value;
    }
    return std::nullopt;
}

bool Params::has(std::string_view name) const { return get(name).has_value(); }

}  // namespace imslab::sip
