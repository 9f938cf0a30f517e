// What a bootstrapping server keeps: challenges that are not answered yet, and bootstrappings until
// their keys expire (TS 33.220 §4.5.2).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/deadline.h"
#include "core/time.h"

namespace imslab::gba {

// Of one user; becomes a bootstrapping when he proves that his USIM made RES, CK and IK too.
struct Bootstrapping {
    std::string private_identity;
    std::string rand;      // 16 octets
    std::string ks;        // CK and IK
    std::string settings;  // GUSS
    std::string ha1;       // H(A1) of Digest AKA, of a challenge
    Time created{}, until{};
};

// By a name, at most so many, each until its time.
class Bootstrappings {
public:
    explicit Bootstrappings(std::size_t most) : most_(most) {}

    bool add(const std::string& name, Bootstrapping one);  // false: no room
    const Bootstrapping* find(std::string_view name, Time now) const;
    std::optional<Bootstrapping> take(std::string_view name, Time now);
    void forget_expired(Time now);
    std::optional<Time> next_deadline() const { return earliest(by_end_); }
    std::size_t size() const { return all_.size(); }
    std::vector<std::string> users(std::size_t most) const;  // private identities, each once

private:
    std::size_t most_;
    std::map<std::string, Bootstrapping, std::less<>> all_;
    std::set<std::pair<Time, std::string>> by_end_;
};

}  // namespace imslab::gba
