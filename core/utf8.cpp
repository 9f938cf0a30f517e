// Octets into characters and back.
#include "core/utf8.h"

namespace imslab {

Character first_character(std::string_view text) {
    const auto octet = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const std::uint32_t lead = octet(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead < 0xC2   ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
    if (size == 0 || text.size() < size) return {};
    std::uint32_t code = lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((octet(i) & 0xC0U) != 0x80U) return {};
        code = code << 6U | (octet(i) & 0x3FU);
    }
    const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    if (overlong || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) return {};
    return {code, size};
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto size = first_character(text).octets;
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

void append_utf8(std::string& text, std::uint32_t code) {
    const auto add = [&](std::uint32_t octet) { text += static_cast<char>(octet); };
    if (code < 0x80) return add(code);
    if (code < 0x800) return add(0xC0 | code >> 6U), add(0x80 | (code & 63U));
    if (code < 0x10000)
        return add(0xE0 | code >> 12U), add(0x80 | (code >> 6U & 63U)), add(0x80 | (code & 63U));
    add(0xF0 | code >> 18U);
    add(0x80 | (code >> 12U & 63U));
    add(0x80 | (code >> 6U & 63U));
    add(0x80 | (code & 63U));
}

bool is_xml_character(std::uint32_t code) {
    return code == 9 || code == 10 || code == 13 || (code >= 0x20 && code <= 0xD7FF) ||
           (code >= 0xE000 && code <= 0xFFFD) || (code >= 0x10000 && code <= 0x10FFFF);
}

}  // namespace imslab
