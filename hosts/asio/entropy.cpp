// Random numbers for a node: buffered getrandom(2), or a seeded generator.
#include "hosts/asio/entropy.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/invariant.h"
#include "hosts/sim/random.h"

namespace imslab::host {
namespace {

class Seeded final : public Entropy {
public:
    explicit Seeded(std::uint64_t seed) : random_(seed) {}

    void fill(std::span<std::uint8_t> octets) override {
        while (!octets.empty()) {
            const std::uint64_t value = random_.next();
            const std::size_t size = std::min(octets.size(), sizeof value);
            std::memcpy(octets.data(), &value, size);
            octets = octets.subspan(size);
        }
    }

private:
    sim::Random random_;
};

}  // namespace

void SystemEntropy::fill(std::span<std::uint8_t> octets) {
    while (!octets.empty()) {
        if (used_ == buffer_.size()) {
            std::size_t got = 0;
            while (got < buffer_.size()) {
                const auto read = ::getrandom(buffer_.data() + got, buffer_.size() - got, 0);
                IMSLAB_INVARIANT(read > 0 || errno == EINTR);
                if (read > 0) got += static_cast<std::size_t>(read);
            }
            used_ = 0;
        }
        const std::size_t size = std::min(octets.size(), buffer_.size() - used_);
        std::memcpy(octets.data(), buffer_.data() + used_, size);
        std::memset(buffer_.data() + used_, 0, size);  // a number is handed out once
        used_ += size;
        octets = octets.subspan(size);
    }
}

std::unique_ptr<Entropy> make_entropy(std::optional<std::uint64_t> seed, std::string_view node) {
    if (!seed) return std::make_unique<SystemEntropy>();
    std::uint64_t own = 0xCBF29CE484222325ULL;  // FNV-1a of the name tells the nodes apart
    for (const char c : node) own = (own ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
    return std::make_unique<Seeded>(*seed ^ own);
}

}  // namespace imslab::host
