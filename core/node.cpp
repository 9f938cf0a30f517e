// Randomness as text.
#include "core/node.h"

#include "core/invariant.h"

namespace imslab {

std::string Entropy::token(std::size_t octets) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<std::uint8_t, 32> buffer{};
    IMSLAB_INVARIANT(octets <= buffer.size());
    fill({buffer.data(), octets});
    std::string text(octets * 2, '\0');
    for (std::size_t i = 0; i < octets; ++i) {
        text[2 * i] = kDigits[buffer[i] >> 4U];
        text[2 * i + 1] = kDigits[buffer[i] & 15U];
    }
    return text;
}

}  // namespace imslab
