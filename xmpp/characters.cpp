// UTF-8 and the characters of XML 1.0 (its section 2.2).
#include "xmpp/characters.h"

#include <cstddef>
#include <cstdint>

namespace imslab::xmpp {

namespace {

bool is_xml_character(std::uint32_t c) {
    if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
    return !(c >= 0xD800 && c <= 0xDFFF) && c != 0xFFFE && c != 0xFFFF && c <= 0x10FFFF;
}

// How many octets the character at the start takes; 0: there is none.
std::size_t character_size(std::string_view text) {
    const auto octet = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const auto first = octet(0);
    if (first < 0x80) return is_xml_character(first) ? 1 : 0;
    const std::size_t size = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (size == 0 || first > 0xF4 || text.size() < size) return 0;
    std::uint32_t character = first & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((octet(i) & 0xC0U) != 0x80U) return 0;
        character = (character << 6U) | (octet(i) & 0x3FU);
    }
    const bool overlong = (size == 3 && character < 0x800) || (size == 4 && character < 0x10000);
    return !overlong && is_xml_character(character) ? size : 0;
}

}  // namespace

bool is_xml_text(std::string_view text) {
    while (!text.empty()) {
        const auto size = character_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

std::size_t unfinished_at_end(std::string_view text) {
    for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
        const auto octet = static_cast<std::uint8_t>(text[text.size() - back]);
        if ((octet & 0xC0U) == 0x80U) continue;
        const std::size_t size = octet < 0xC0 ? 1 : octet < 0xE0 ? 2 : octet < 0xF0 ? 3 : 4;
        return size > back ? back : 0;
    }
    return 0;
}

std::string as_xml_text(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const auto size = character_size(text);
        result += size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return result;
}

}  // namespace imslab::xmpp
