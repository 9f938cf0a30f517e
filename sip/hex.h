// Numbers as text of a fixed width, for branches, tags and keys. Internal to sip/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace imslab::sip {

// The last `digits` hexadecimal digits of `value`, in lower case.
inline void append_hex(std::string& text, std::uint64_t value, std::size_t digits = 16) {
    const std::size_t end = text.size() + digits;
    text.resize(end);
    for (std::size_t i = 1; i <= digits; ++i, value >>= 4)
        text[end - i] = "0123456789abcdef"[value & 15];
}

}  // namespace imslab::sip
