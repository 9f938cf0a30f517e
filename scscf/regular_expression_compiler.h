// Reads an extended regular expression. Included by regular_expression*.cpp alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scscf/regular_expression.h"

namespace imslab::scscf {

class RegularExpressionCompiler {
public:
    RegularExpressionCompiler(RegularExpression& into, std::string_view pattern, bool ignore_case)
        : into_(into), pattern_(pattern), ignore_case_(ignore_case) {}
    std::string run();  // what is wrong; empty: nothing

private:
    using Kind = RegularExpression::Kind;
    using Octets = RegularExpression::Octets;
    // What was read, as a tree: repetitions copy it.
    struct Node {
        enum class Type : std::uint8_t { empty, octets, begin, end, sequence, choice, repeat };
        Type type = Type::empty;
        Octets octets;
        std::vector<Node> parts;
        std::uint32_t least = 0, most = 0;  // most 0xffffffff: no limit
    };

    Node choice(unsigned depth);
    Node sequence(unsigned depth);
    Node atom(unsigned depth);
    void repetition(Node& node);
    void bounds(Node& node);
    Node bracket();
    void bracket_class(Octets& set);
    unsigned char bracket_member();
    Node one(unsigned char octet) const;
    bool more() const { return wrong_.empty() && at_ < pattern_.size(); }
    bool take(char c);
    void complain(std::string what);

    // Puts instructions that go on at `next`; where they begin.
    std::uint32_t emit(const Node& node, std::uint32_t next);
    std::uint32_t add(RegularExpression::Instruction instruction);

    RegularExpression& into_;
    std::string_view pattern_;
    bool ignore_case_;
    std::size_t at_ = 0;
    std::string wrong_;
};

}  // namespace imslab::scscf
