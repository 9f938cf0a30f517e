// POSIX extended regular expressions (IEEE 1003.1, chapter 9.4) in time linear in the text, whatever the
// expression: a service profile comes from elsewhere, and one pathological expression must not hold
// up everybody's calls. Matching only, no groups; anywhere in the text unless anchored.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/result.h"

namespace imslab::scscf {

class RegularExpression {
public:
    // One sentence if it is none, or larger than what is accepted (kMostInstructions).
    static Result<RegularExpression, std::string> compile(std::string_view pattern,
                                                          bool ignore_case = false);
    // Somewhere in the text.
    bool is_found_in(std::string_view text) const;

    static constexpr std::size_t kMostInstructions = 2000;

private:
    friend class RegularExpressionCompiler;
    using Octets = std::bitset<256>;
    enum class Kind : std::uint8_t { octets, split, begin, end, match };
    struct Instruction {
        Kind kind = Kind::match;
        std::uint32_t next = 0, other = 0;  // other: the second way of a split
        std::uint32_t set = 0;              // of octets
    };
    // A state of the automaton: the instructions that may be at work, and what follows on an octet
    // (by class; kUnknown: not worked out yet).
    struct State {
        std::vector<std::uint32_t> at;
        std::vector<std::uint32_t> next;
        bool matches = false;         // whatever follows
        bool matches_at_end = false;  // if the text ends here
    };
    static constexpr std::uint32_t kUnknown = 0xffffffff;
    static constexpr std::size_t kMostStates = 200;

    void classify();
    std::uint32_t state_of(std::vector<std::uint32_t> seeds, bool at_begin) const;
    std::vector<std::uint32_t> closure(const std::vector<std::uint32_t>& seeds,
                                       bool at_begin,
                                       bool at_end) const;
    std::uint32_t step(std::uint32_t from, std::uint8_t octet_class) const;
    void forget_states() const;

    std::string literal_;  // the pattern is nothing but this text
    bool is_literal_ = false;
    std::vector<Instruction> program_;
    std::vector<Octets> sets_;
    std::uint32_t start_ = 0;
    std::array<std::uint8_t, 256> class_of_{};
    std::vector<std::uint8_t> member_of_class_;  // an octet of each
    // Worked out as texts need it, and forgotten when there are too many.
    mutable std::vector<State> states_;
    mutable std::unordered_map<std::string, std::uint32_t> index_;
    mutable std::uint32_t first_ = kUnknown;
};

}  // namespace imslab::scscf
