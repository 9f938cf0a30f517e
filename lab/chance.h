// The lab's own randomness: from the seed of the run, so that a run can be repeated, else from the
// machine.
#pragma once

#include <optional>
#include <random>

#include "core/node.h"

namespace imslab::lab {

class Chance final : public Entropy {
public:
    explicit Chance(std::optional<std::uint64_t> seed)
        : engine_(seed ? *seed : std::random_device{}() * 0x9e3779b97f4a7c15ULL) {}

    void fill(std::span<std::uint8_t> octets) override {
        for (auto& octet : octets) octet = static_cast<std::uint8_t>(engine_() >> 56);
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace imslab::lab
