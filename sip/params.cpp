// Parameters, quoting and escaping (RFC 3261 §7.3.1, §19.1.2, §25.1).
#include "sip/params.h"

#include "sip/scan.h"

namespace imslab::sip {

bool same_ignoring_case(const char* a, const char* b, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        if (a[i] != b[i] && scan::lower(a[i]) != scan::lower(b[i])) return false;
    }
    return true;
}

namespace {

// Whether the text of a quoted string stands for itself.
bool is_plain(std::string_view text) {
    const char* end = text.data() + text.size();
    return scan::find<scan::AnyOf<'"', '\\'>>(text.data(), end) == end;
}

}  // namespace

std::string unquote(std::string_view text) {
    text = trim(text);
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
    text = text.substr(1, text.size() - 2);
    if (is_plain(text)) return std::string(text);
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
    if (is_plain(text)) {
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

using Item = Params::Item;

// The end of a parameter's value: the separator behind it, outside of quoted strings.
template <char Separator>
const char* find_value_end(const char* at, const char* end) {
    for (;;) {
        at = scan::find<scan::AnyOf<Separator, '"'>>(at, end);
        if (at == end || *at == Separator) return at;
        at = scan::behind_quoted(at, end);
        if (!at) return end;
    }
}

std::string_view trimmed(const char* from, const char* to) {
    return trim({from, static_cast<std::size_t>(to - from)});
}

template <char Separator>
bool read_next(std::string_view& rest, Item& item) {
    const char* at = rest.data();
    const char* end = at + rest.size();
    for (;; ++at) {
        at = scan::skip_blanks(at, end);
        if (at == end) return false;
        if (*at != Separator) break;
    }
    const char* name = at;
    at = scan::find<scan::AnyOf<Separator, '='>>(at, end);
    item.name = trimmed(name, at);
    item.has_value = at != end && *at == '=';
    item.value = {};
    if (item.has_value) {
        const char* value = ++at;
        at = find_value_end<Separator>(at, end);
        item.value = trimmed(value, at);
    }
    if (at != end) ++at;
    rest = {at, static_cast<std::size_t>(end - at)};
    return true;
}

}  // namespace

bool Params::next(std::string_view& rest, Item& item) const {
    switch (separator_) {
        case ',':
            return read_next<','>(rest, item);
        case '&':
            return read_next<'&'>(rest, item);
        default:
            return read_next<';'>(rest, item);
    }
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
