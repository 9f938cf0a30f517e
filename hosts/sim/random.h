// Seeded randomness for the simulator: fast, the same on every machine, not for secrets.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/node.h"

namespace imslab::sim {

// splitmix64: one addition and three multiplications a draw; every seed is as good as another.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31U);
    }
    // 0 ≤ result < bound; bound > 0. The bias of a modulo is far below what a simulation shows.
    std::uint64_t below(std::uint64_t bound) { return next() % bound; }
    // True with probability `parts_per_million` / 1,000,000.
    bool happens(std::uint32_t parts_per_million) { return below(1'000'000) < parts_per_million; }

private:
    std::uint64_t state_;
};

// A node's own stream of randomness, told apart by its name and by how often it was started.
class SeededEntropy final : public Entropy {
public:
    SeededEntropy(std::uint64_t seed, std::string_view node, std::uint64_t start);
    void fill(std::span<std::uint8_t> octets) override;

private:
    Random random_;
};

}  // namespace imslab::sim
