// The order of a host's addresses (RFC 2782): weighted rendezvous hashing in the place of the draw.
// Each address draws a number of its own for the user, its weight stretches it, the highest is
// first; whoever leaves takes nobody along but his own users.
#include "core/hosts.h"

#include <algorithm>
#include <cmath>

namespace imslab {
namespace {

// FNV-1a, and a last mix so that texts that differ in one digit end far apart.
std::uint64_t hash_of(std::string_view a, std::string_view b) {
    std::uint64_t hash = 0xCBF29CE484222325U;
    for (const auto text : {a, std::string_view("\n"), b}) {
        for (const char c : text) {
            hash ^= static_cast<std::uint8_t>(c);
            hash *= 0x100000001B3U;
        }
    }
    hash ^= hash >> 33U;
    hash *= 0xFF51AFD7ED558CCDU;
    hash ^= hash >> 33U;
    hash *= 0xC4CEB9FE1A85EC53U;
    return hash ^ (hash >> 33U);
}

}  // namespace

double spread(std::string_view key, std::string_view among) {
    constexpr double kSteps = 9007199254740992.0;  // 2^53
    return (static_cast<double>(hash_of(key, among) >> 11U) + 0.5) / kSteps;
}

void Host::add(const HostAddress& one) {
    const auto place = std::upper_bound(
        addresses_.begin(), addresses_.end(), one, [](const auto& a, const auto& b) {
            return a.priority < b.priority;
        });
    addresses_.insert(place, one);
}

std::vector<Address> Host::in_order(std::string_view key) const {
    struct Placed {
        std::uint16_t priority;
        double score;
        Address address;
    };
    std::vector<Placed> placed;
    for (const auto& one : addresses_) {
        // Weight 0 is for those who are hardly ever to be taken.
        const double weight = one.weight == 0 ? 1e-6 : one.weight;
        placed.push_back(
            {one.priority, std::log(spread(key, one.address.to_string())) / weight, one.address});
    }
    std::sort(placed.begin(), placed.end(), [](const Placed& a, const Placed& b) {
        if (a.priority != b.priority) return a.priority < b.priority;
        if (a.score != b.score) return a.score > b.score;
        return a.address < b.address;
    });
    std::vector<Address> order;
    for (const auto& one : placed) order.push_back(one.address);
    return order;
}

}  // namespace imslab
