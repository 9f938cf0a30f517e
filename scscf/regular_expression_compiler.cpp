// IEEE 1003.1, chapter 9.4: alternation, concatenation, repetition, groups, bracket expressions, anchors.
#include "scscf/regular_expression_compiler.h"

#include <algorithm>
#include <cctype>

#include "sip/params.h"

namespace imslab::scscf {

namespace {

constexpr std::uint32_t kNoLimit = 0xffffffff;
constexpr std::uint32_t kMostRepetitions = 255;  // RE_DUP_MAX
constexpr unsigned kMostNested = 50;

}  // namespace

std::string RegularExpressionCompiler::run() {
    const Node tree = choice(0);
    if (more()) complain("a ) that closes nothing");
    if (!wrong_.empty()) return wrong_;
    const auto match = add({Kind::match, 0, 0, 0});
    into_.start_ = emit(tree, match);
    return wrong_;
}

void RegularExpressionCompiler::complain(std::string what) {
    if (wrong_.empty()) wrong_ = what + " at character " + std::to_string(at_ + 1);
}

bool RegularExpressionCompiler::take(char c) {
    if (!more() || pattern_[at_] != c) return false;
    ++at_;
    return true;
}

RegularExpressionCompiler::Node RegularExpressionCompiler::choice(unsigned depth) {
    Node node;
    if (depth > kMostNested) {
        complain("groups nested too deeply");
        return node;
    }
    node.type = Node::Type::choice;
    do {
        node.parts.push_back(sequence(depth));
    } while (take('|'));
    return node;
}

RegularExpressionCompiler::Node RegularExpressionCompiler::sequence(unsigned depth) {
    Node node;
    node.type = Node::Type::sequence;
    while (more() && pattern_[at_] != '|' && pattern_[at_] != ')') {
        Node part = atom(depth);
        repetition(part);
        node.parts.push_back(std::move(part));
    }
    return node;
}

RegularExpressionCompiler::Node RegularExpressionCompiler::one(unsigned char octet) const {
    Node node;
    node.type = Node::Type::octets;
    node.octets.set(octet);
    if (ignore_case_) {
        node.octets.set(static_cast<unsigned char>(std::tolower(octet)));
        node.octets.set(static_cast<unsigned char>(std::toupper(octet)));
    }
    return node;
}

RegularExpressionCompiler::Node RegularExpressionCompiler::atom(unsigned depth) {
    Node node;
    if (take('(')) {
        node = choice(depth + 1);
        if (!take(')')) complain("a ( that is not closed");
        return node;
    }
    if (take('[')) return bracket();
    if (take('^')) {
        node.type = Node::Type::begin;
        return node;
    }
    if (take('$')) {
        node.type = Node::Type::end;
        return node;
    }
    if (take('.')) {
        node.type = Node::Type::octets;
        node.octets.set();
        return node;
    }
    if (pattern_[at_] == '*' || pattern_[at_] == '+' || pattern_[at_] == '?') {
        complain("a repetition of nothing");
        return node;
    }
    if (take('\\')) {
        if (!more()) {
            complain("a \\ with nothing behind it");
            return node;
        }
    }
    return one(static_cast<unsigned char>(pattern_[at_++]));
}

void RegularExpressionCompiler::repetition(Node& node) {
    while (more()) {
        Node outer;
        outer.type = Node::Type::repeat;
        if (take('*')) {
            outer.most = kNoLimit;
        } else if (take('+')) {
            outer.least = 1;
            outer.most = kNoLimit;
        } else if (take('?')) {
            outer.most = 1;
        } else if (pattern_[at_] == '{' && at_ + 1 < pattern_.size() &&
                   std::isdigit(static_cast<unsigned char>(pattern_[at_ + 1])) != 0) {
            ++at_;
            bounds(outer);
        } else {
            return;
        }
        outer.parts.push_back(std::move(node));
        node = std::move(outer);
    }
}

void RegularExpressionCompiler::bounds(Node& node) {
    const auto number = [&]() -> std::uint32_t {
        const auto begin = at_;
        while (more() && std::isdigit(static_cast<unsigned char>(pattern_[at_])) != 0) ++at_;
        const auto value = sip::to_number(pattern_.substr(begin, at_ - begin));
        if (!value || *value > kMostRepetitions) complain("a repetition out of bounds");
        return value.value_or(0);
    };
    node.least = number();
    node.most = node.least;
    if (take(',')) {
        node.most = kNoLimit;
        if (more() && pattern_[at_] != '}') node.most = number();
    }
    if (!take('}') || node.most < node.least) complain("a { that is no repetition");
}

RegularExpressionCompiler::Node RegularExpressionCompiler::bracket() {
    Node node;
    node.type = Node::Type::octets;
    const bool negated = take('^');
    bool first = true;
    while (more() && (first || pattern_[at_] != ']')) {
        first = false;
        if (pattern_.substr(at_).starts_with("[:")) {
            bracket_class(node.octets);
            continue;
        }
        const auto low = bracket_member();
        auto high = low;
        if (at_ + 1 < pattern_.size() && pattern_[at_] == '-' && pattern_[at_ + 1] != ']') {
            ++at_;
            high = bracket_member();
        }
        if (high < low) complain("a range that runs backwards");
        for (unsigned octet = low; octet <= high && wrong_.empty(); ++octet)
            node.octets |= one(static_cast<unsigned char>(octet)).octets;
    }
    if (!take(']')) complain("a [ that is not closed");
    if (negated) node.octets.flip();
    return node;
}

// An octet, or [.x.] and [=x=] of one octet.
unsigned char RegularExpressionCompiler::bracket_member() {
    const auto rest = pattern_.substr(at_);
    for (const char mark : {'.', '='}) {
        if (rest.size() >= 5 && rest[0] == '[' && rest[1] == mark && rest[3] == mark &&
            rest[4] == ']') {
            at_ += 5;
            return static_cast<unsigned char>(rest[2]);
        }
    }
    return static_cast<unsigned char>(pattern_[at_++]);
}

void RegularExpressionCompiler::bracket_class(Octets& set) {
    const auto end = pattern_.find(":]", at_ + 2);
    if (end == std::string_view::npos) return complain("a [: that is not closed");
    const auto name = pattern_.substr(at_ + 2, end - at_ - 2);
    struct Class {
        std::string_view name;
        int (*holds)(int);
    };
    static constexpr Class kClasses[] = {{"alpha", std::isalpha},
                                         {"digit", std::isdigit},
                                         {"alnum", std::isalnum},
                                         {"upper", std::isupper},
                                         {"lower", std::islower},
                                         {"space", std::isspace},
                                         {"blank", std::isblank},
                                         {"punct", std::ispunct},
                                         {"print", std::isprint},
                                         {"graph", std::isgraph},
                                         {"cntrl", std::iscntrl},
                                         {"xdigit", std::isxdigit}};
    const auto* found = std::ranges::find(kClasses, name, &Class::name);
    if (found == std::end(kClasses)) return complain("an unknown class of characters");
    for (int octet = 0; octet < 128; ++octet) {
        if (found->holds(octet) != 0) set |= one(static_cast<unsigned char>(octet)).octets;
    }
    at_ = end + 2;
}

std::uint32_t RegularExpressionCompiler::add(RegularExpression::Instruction instruction) {
    if (into_.program_.size() >= RegularExpression::kMostInstructions) {
        complain("an expression too large to be accepted");
        return 0;
    }
    into_.program_.push_back(instruction);
    return static_cast<std::uint32_t>(into_.program_.size() - 1);
}

std::uint32_t RegularExpressionCompiler::emit(const Node& node, std::uint32_t next) {
    if (!wrong_.empty()) return next;
    switch (node.type) {
        case Node::Type::empty:
            return next;
        case Node::Type::begin:
            return add({Kind::begin, next, 0, 0});
        case Node::Type::end:
            return add({Kind::end, next, 0, 0});
        case Node::Type::octets: {
            const auto same = std::ranges::find(into_.sets_, node.octets);
            const auto set = static_cast<std::uint32_t>(same - into_.sets_.begin());
            if (same == into_.sets_.end()) into_.sets_.push_back(node.octets);
            return add({Kind::octets, next, 0, set});
        }
        case Node::Type::sequence: {
            for (auto part = node.parts.rbegin(); part != node.parts.rend(); ++part)
                next = emit(*part, next);
            return next;
        }
        case Node::Type::choice: {
            auto begin = emit(node.parts.back(), next);
            for (std::size_t i = node.parts.size() - 1; i-- > 0;) {
                const auto way = emit(node.parts[i], next);
                begin = add({Kind::split, way, begin, 0});
            }
            return begin;
        }
        case Node::Type::repeat:
            break;
    }
    if (node.most == kNoLimit) {
        const auto loop = add({Kind::split, 0, next, 0});
        const auto body = emit(node.parts[0], loop);
        if (wrong_.empty()) into_.program_[loop].next = body;
        next = loop;
    } else {
        for (std::uint32_t i = node.least; i < node.most && wrong_.empty(); ++i) {
            const auto body = emit(node.parts[0], next);
            next = add({Kind::split, body, next, 0});
        }
    }
    for (std::uint32_t i = 0; i < node.least && wrong_.empty(); ++i)
        next = emit(node.parts[0], next);
    return next;
}

}  // namespace imslab::scscf
