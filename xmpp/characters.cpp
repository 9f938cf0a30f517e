// UTF-8 and the characters of XML 1.0 (its section 2.2).
#include "xmpp/characters.h"

#include <cstddef>

#include "core/utf8.h"

namespace imslab::xmpp {

namespace {

// How many octets the character at the start takes; 0: there is none.
std::size_t character_size(std::string_view text) {
    const auto character = first_character(text);
    return is_xml_character(character.code) ? character.octets : 0;
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
