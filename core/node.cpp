// Randomness as text.
#include "core/node.h"

#include "core/invariant.h"

namespace imslab {

std::string Entropy::token(std::size_t octets) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<std::uint8_t, 32> buffer{};
    IMSLAB_INVARIANT(octets <= buffer.size());
    fill({buffer.data(), octets});
    std::string text;
    text.reserve(octets * 2);
    for (std::size_t i = 0; i < octets; ++i) {
        text += kDigits[buffer[i] >> 4U];
        text += kDigits[buffer[i] & 15U];
    }
    return text;
}

}  // namespace imslab
