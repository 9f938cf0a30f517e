// UTF-8 (RFC 3629), and the characters that XML 1.0 has (its section 2.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace imslab {

struct Character {
    std::uint32_t code = 0;
    std::size_t octets = 0;  // 0: there is none
};

// The one that a text which is not empty begins with: no overlong form, no surrogate, nothing
// beyond U+10FFFF.
Character first_character(std::string_view text);
bool is_utf8(std::string_view text);
void append_utf8(std::string& text, std::uint32_t code);

bool is_xml_character(std::uint32_t code);

}  // namespace imslab
