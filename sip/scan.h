// Character classes of RFC 3261 §25.1 and the fast scans built on them. Internal to sip/.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace imslab::sip::scan {

enum Class : std::uint8_t {
    token_char = 1,  // alphanum and -.!%*_+`'~
    uri_char = 2,    // what may stand in a URI at all
    host_char = 4,   // host name or IPv4 address
    blank = 8,       // space and tab
    digit = 16,
    hex = 32,
    param_char =
        64,  // an unquoted parameter value, generously: tokens, hosts, URIs without , ; " < >
    user_char = 128,  // user part without ':' (unreserved, user-unreserved, escaped)
};

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> table{};
    auto mark = [&table](std::string_view characters, int bits) {
        for (char c : characters) {
            auto& entry = table[static_cast<unsigned char>(c)];
            entry = static_cast<std::uint8_t>(entry | bits);
        }
    };
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    mark(letters, token_char | uri_char | host_char | param_char | user_char);
    mark("0123456789", token_char | uri_char | host_char | param_char | user_char | digit | hex);
    mark("abcdefABCDEF", hex);
    mark("-.!%*_+`'~", token_char | param_char);
    mark("-_.!~*'()%&=+$,;?/:@[]#|", uri_char);
    mark("-_.", host_char);
    mark("-_.!~*'()%&=+$,;?/#", user_char);
    mark("[]:/?@&=+$()|{}*#", param_char);
    mark(" \t", blank);
    return table;
}
inline constexpr std::array<std::uint8_t, 256> classes = make_classes();

inline bool is(char c, int mask) { return (classes[static_cast<unsigned char>(c)] & mask) != 0; }

inline const char* while_class(const char* at, const char* end, int mask) {
    while (at != end && is(*at, mask)) ++at;
    return at;
}
inline const char* skip_blanks(const char* at, const char* end) {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    return at;
}
inline bool all_of(std::string_view text, int mask) {
    return while_class(text.data(), text.data() + text.size(), mask) == text.data() + text.size();
}

// The first octet below 0x20, tab excepted; `end` if there is none. Eight octets a step.
inline const char* find_control(const char* at, const char* end) {
    static_assert(std::endian::native == std::endian::little);
    constexpr std::uint64_t ones = 0x0101010101010101u;
    while (end - at >= 8) {
        std::uint64_t word;
        std::memcpy(&word, at, 8);
        std::uint64_t below = (word - ones * 0x20) & ~word & (ones * 0x80);
        if (below == 0) {
            at += 8;
            continue;
        }
        at += std::countr_zero(below) >> 3;  // the lowest mark is exact
        if (*at != '\t') return at;
        ++at;
    }
    while (at != end && (static_cast<unsigned char>(*at) >= 0x20 || *at == '\t')) ++at;
    return at;
}

inline constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Behind the closing quote of the quoted string that opens at `at`; nullptr if it never closes.
inline const char* behind_quoted(const char* at, const char* end) {
    for (++at; at < end; ++at) {
        if (*at == '\\') {
            ++at;
        } else if (*at == '"') {
            return at + 1;
        }
    }
    return nullptr;
}

// The end of the comma-list element that starts at `at` (the comma or `end`); commas in quotes and
// <> do not count.
inline const char* element_end(const char* at, const char* end) {
    while (at != end) {
        if (*at == ',') return at;
        if (*at == '"') {
            const char* behind = behind_quoted(at, end);
            if (!behind) return end;
            at = behind;
        } else if (*at == '<') {
            auto* close =
                static_cast<const char*>(std::memchr(at, '>', static_cast<std::size_t>(end - at)));
            if (!close) return end;
            at = close + 1;
        } else {
            ++at;
        }
    }
    return end;
}

}  // namespace imslab::sip::scan
