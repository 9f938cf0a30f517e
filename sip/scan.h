// Character classes of RFC 3261 §25.1 and the fast scans built on them. Internal to sip/.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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
    mark("-_.!~*'()%&=+$,;?/:@[]#", uri_char);
    mark("-_.", host_char);
    mark("-_.!~*'()%&=+$,;?/#", user_char);
    mark("[]:/?@&=+$()|{}*#", param_char);
    mark(" \t", blank);
    return table;
}
inline constexpr std::array<std::uint8_t, 256> classes = make_classes();

inline bool is(char c, int mask) { return (classes[static_cast<unsigned char>(c)] & mask) != 0; }

// Up to eight octets as one little-endian word, the rest zero; reads nothing behind them.
inline std::uint64_t load_word(const char* at, std::size_t size) {
    static_assert(std::endian::native == std::endian::little);
    if (size >= 8) {
        std::uint64_t word;
        std::memcpy(&word, at, 8);
        return word;
    }
    if (size >= 4) {
        std::uint32_t head, tail;
        std::memcpy(&head, at, 4);
        std::memcpy(&tail, at + size - 4, 4);
        return head | static_cast<std::uint64_t>(tail) << (8 * (size - 4));
    }
    if (size == 0) return 0;
    auto octet = [at](std::size_t i) {
        return static_cast<std::uint64_t>(static_cast<unsigned char>(at[i]));
    };
    return octet(0) | octet(size / 2) << (8 * (size / 2)) | octet(size - 1) << (8 * (size - 1));
}

// A set of octets that a scan stops at, as a predicate on one octet and, where the machine has
// them, on 16 at once.
#if defined(__SSE2__)
using Block = __m128i;

inline Block all(int c) { return _mm_set1_epi8(static_cast<char>(c)); }
inline Block same(Block x, int c) { return _mm_cmpeq_epi8(x, all(c)); }
inline Block in_range(Block x, int from, int to) {
    return _mm_cmpeq_epi8(_mm_min_epu8(_mm_max_epu8(x, all(from)), all(to)), x);
}
inline Block either(Block a, Block b) { return _mm_or_si128(a, b); }

inline Block load_block(const char* at, std::size_t size) {
    if (size >= 16) return _mm_loadu_si128(reinterpret_cast<const Block*>(at));
    std::uint64_t head = load_word(at, size), tail = 0;
    if (size > 8) tail = load_word(at + 8, size - 8);
    return _mm_set_epi64x(static_cast<long long>(tail), static_cast<long long>(head));
}
#endif

// Any of a few octets.
template <char... Stops>
struct AnyOf {
    static bool one(char c) { return ((c == Stops) || ...); }
#if defined(__SSE2__)
    static Block block(Block x) {
        Block stops = _mm_setzero_si128();
        ((stops = either(stops, same(x, Stops))), ...);
        return stops;
    }
#endif
};

// Control characters, tab excepted.
struct Control {
    static bool one(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; }
#if defined(__SSE2__)
    static Block block(Block x) {
        return _mm_andnot_si128(same(x, '\t'), _mm_cmpeq_epi8(_mm_min_epu8(x, all(0x1f)), x));
    }
#endif
};

// All but letters, digits, '-', '.' and '_', which every class above but digit, hex and blank
// holds.
struct NotPlain {
    static bool one(char c) { return !is(c, host_char); }
#if defined(__SSE2__)
    static Block block(Block x) {
        Block letters = in_range(either(x, all(0x20)), 'a', 'z');
        Block others = either(in_range(x, '0', '9'), either(in_range(x, '-', '.'), same(x, '_')));
        return _mm_andnot_si128(either(letters, others), all(0xff));
    }
#endif
};

// What may not stand in a URI.
struct NotUri {
    static bool one(char c) { return !is(c, uri_char); }
#if defined(__SSE2__)
    static Block block(Block x) {
        Block outside =
            _mm_cmplt_epi8(x, all(0x21));  // signed: blanks, controls, and all above 0x7f
        Block brackets =
            either(same(either(x, all(2)), '>'), same(either(x, all(2)), '^'));  // < > and \ ^
        Block high = _mm_andnot_si128(same(x, '~'), in_range(x, '{', 0x7f));
        return either(either(outside, brackets), either(high, either(same(x, '"'), same(x, '`'))));
    }
#endif
};

// What ends a URI's parameters: its header fields, or what may not stand in a URI.
struct UriPartEnd {
    static bool one(char c) { return c == '?' || !is(c, uri_char); }
#if defined(__SSE2__)
    static Block block(Block x) { return either(NotUri::block(x), same(x, '?')); }
#endif
};

// The first octet of the set; `end` if there is none.
template <class Set>
inline const char* find(const char* at, const char* end) {
#if defined(__SSE2__)
    while (at < end) {
        auto size = static_cast<std::size_t>(end - at);
        auto stops = static_cast<unsigned>(_mm_movemask_epi8(Set::block(load_block(at, size))));
        if (size < 16) stops &= (1u << size) - 1;
        if (stops != 0) return at + std::countr_zero(stops);
        if (size <= 16) return end;
        at += 16;
    }
    return end;
#else
    while (at != end && !Set::one(*at)) ++at;
    return at;
#endif
}

template <int Mask>
inline const char* while_class(const char* at, const char* end) {
    if constexpr ((Mask & ~uri_char) == 0) {
        return find<NotUri>(at, end);
    } else if constexpr ((Mask & (digit | hex | blank)) != 0) {
        while (at != end && is(*at, Mask)) ++at;
        return at;
    } else {
        for (;; ++at) {
            at = find<NotPlain>(at, end);
            if (at == end || !is(*at, Mask)) return at;
        }
    }
}
inline const char* skip_blanks(const char* at, const char* end) {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    return at;
}
template <int Mask>
inline bool all_of(std::string_view text) {
    const char* end = text.data() + text.size();
    return while_class<Mask>(text.data(), end) == end;
}

inline constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Behind the closing quote of the quoted string that opens at `at`; nullptr if it never closes.
inline const char* behind_quoted(const char* at, const char* end) {
    for (++at; at < end; ++at) {
        at = find<AnyOf<'"', '\\'>>(at, end);
        if (at == end) return nullptr;
        if (*at == '"') return at + 1;
        ++at;  // the escaped octet
    }
    return nullptr;
}

// The first octet of the set outside of quoted strings and <>; `end` if there is none or one of
// these never closes.
template <char... Stops>
inline const char* find_outside(const char* at, const char* end) {
    for (;;) {
        at = find<AnyOf<Stops..., '"', '<'>>(at, end);
        if (at == end) return end;
        if (*at == '"') {
            at = behind_quoted(at, end);
            if (!at) return end;
        } else if (*at == '<') {
            at = find<AnyOf<'>'>>(at, end);
            if (at == end) return end;
            ++at;
        } else {
            return at;
        }
    }
}

}  // namespace imslab::sip::scan
