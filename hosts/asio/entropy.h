// Where a node's random numbers come from: the operating system, or the seed of its configuration.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/node.h"

namespace imslab::host {

// getrandom(2), fetched a page at a time.
class SystemEntropy final : public Entropy {
public:
    void fill(std::span<std::uint8_t> octets) override;

private:
    std::array<std::uint8_t, 4096> buffer_{};
    std::size_t used_ = sizeof buffer_;
};

// Without a seed, the operating system's; with one, a stream that is this node's own.
std::unique_ptr<Entropy> make_entropy(std::optional<std::uint64_t> seed, std::string_view node);

}  // namespace imslab::host
