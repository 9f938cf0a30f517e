// Seeded randomness as octets.
#include "hosts/sim/random.h"

namespace imslab::sim {
namespace {

std::uint64_t mix(std::uint64_t seed, std::string_view node, std::uint64_t start) {
    std::uint64_t hash = 0xCBF29CE484222325ULL ^ seed;  // FNV-1a
    for (const char c : node) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
    return Random(hash + start).next();
}

}  // namespace

SeededEntropy::SeededEntropy(std::uint64_t seed, std::string_view node, std::uint64_t start)
    : random_(mix(seed, node, start)) {}

void SeededEntropy::fill(std::span<std::uint8_t> octets) {
    std::size_t i = 0;
    while (i < octets.size()) {
        std::uint64_t value = random_.next();
        for (std::size_t n = 0; n < 8 && i < octets.size(); ++n, value >>= 8U) {
            octets[i++] = static_cast<std::uint8_t>(value & 0xFFU);
        }
    }
}

}  // namespace imslab::sim
