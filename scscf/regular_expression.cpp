// IEEE 1003.1, chapter 9.4: the expression becomes instructions (Thompson's construction), their sets
// become the states of an automaton as texts need them.
#include "scscf/regular_expression.h"

#include <algorithm>

#include "scscf/regular_expression_compiler.h"

namespace imslab::scscf {

Result<RegularExpression, std::string> RegularExpression::compile(std::string_view pattern,
                                                                  bool ignore_case) {
    RegularExpression expression;
    constexpr std::string_view kSpecial = ".[]\\()*+?{}|^$";
    if (!ignore_case && pattern.find_first_of(kSpecial) == std::string_view::npos) {
        expression.literal_ = pattern;
        expression.is_literal_ = true;
        return expression;
    }
    RegularExpressionCompiler compiler(expression, pattern, ignore_case);
    if (auto wrong = compiler.run(); !wrong.empty()) return failure(std::move(wrong));
    expression.classify();
    return expression;
}

// Octets that no set tells apart are one class: the tables stay small.
void RegularExpression::classify() {
    std::vector<std::uint8_t> classes{0};
    class_of_.fill(0);
    std::size_t count = 1;
    for (const auto& set : sets_) {
        std::array<int, 256> split{};
        split.fill(-1);
        for (std::size_t octet = 0; octet < 256; ++octet) {
            if (!set[octet]) continue;
            const auto old = class_of_[octet];
            bool whole = true;
            for (std::size_t other = 0; other < 256 && whole; ++other) {
                if (class_of_[other] == old && !set[other]) whole = false;
            }
            if (split[old] >= 0) {
                class_of_[octet] = static_cast<std::uint8_t>(split[old]);
            } else if (!whole) {
                split[old] = static_cast<int>(count);
                class_of_[octet] = static_cast<std::uint8_t>(count++);
            }
        }
    }
    member_of_class_.assign(count, 0);
    for (std::size_t octet = 256; octet-- > 0;)
        member_of_class_[class_of_[octet]] = static_cast<std::uint8_t>(octet);
}

std::vector<std::uint32_t> RegularExpression::closure(const std::vector<std::uint32_t>& seeds,
                                                      bool at_begin,
                                                      bool at_end) const {
    std::vector<bool> seen(program_.size());
    std::vector<std::uint32_t> waiting(seeds.rbegin(), seeds.rend());
    std::vector<std::uint32_t> reached;
    while (!waiting.empty()) {
        const auto at = waiting.back();
        waiting.pop_back();
        if (seen[at]) continue;
        seen[at] = true;
        const auto& instruction = program_[at];
        switch (instruction.kind) {
            case Kind::split:
                waiting.push_back(instruction.other);
                waiting.push_back(instruction.next);
                break;
            case Kind::begin:
                if (at_begin) waiting.push_back(instruction.next);
                break;
            case Kind::end:
                reached.push_back(at);
                if (at_end) waiting.push_back(instruction.next);
                break;
            default:
                reached.push_back(at);
        }
    }
    std::ranges::sort(reached);
    return reached;
}

std::uint32_t RegularExpression::state_of(std::vector<std::uint32_t> seeds, bool at_begin) const {
    State state;
    state.at = closure(seeds, at_begin, false);
    const auto has_match = [&](const std::vector<std::uint32_t>& at) {
        return std::ranges::any_of(
            at, [&](std::uint32_t one) { return program_[one].kind == Kind::match; });
    };
    state.matches = has_match(state.at);
    // At the end of the text an instruction may be both: `^` still holds if nothing was read.
    state.matches_at_end = state.matches || has_match(closure(seeds, at_begin, true));
    std::string key(1, state.matches_at_end ? '1' : '0');
    for (const auto at : state.at) key.append(reinterpret_cast<const char*>(&at), sizeof at);
    const auto [found, added] =
        index_.emplace(std::move(key), static_cast<std::uint32_t>(states_.size()));
    if (added) {
        state.next.assign(member_of_class_.size(), kUnknown);
        states_.push_back(std::move(state));
    }
    return found->second;
}

std::uint32_t RegularExpression::step(std::uint32_t from, std::uint8_t octet_class) const {
    std::vector<std::uint32_t> seeds{start_};  // a match may begin anywhere
    for (const auto at : states_[from].at) {
        const auto& instruction = program_[at];
        if (instruction.kind == Kind::octets &&
            sets_[instruction.set][member_of_class_[octet_class]])
            seeds.push_back(instruction.next);
    }
    const auto to = state_of(std::move(seeds), false);
    states_[from].next[octet_class] = to;
    return to;
}

void RegularExpression::forget_states() const {
    states_.clear();
    index_.clear();
    first_ = kUnknown;
}

bool RegularExpression::is_found_in(std::string_view text) const {
    if (is_literal_) return text.find(literal_) != std::string_view::npos;
    if (states_.size() > kMostStates) forget_states();
    if (first_ == kUnknown) first_ = state_of({start_}, true);
    auto at = first_;
    for (const char c : text) {
        if (states_[at].matches) return true;
        const auto octet_class = class_of_[static_cast<unsigned char>(c)];
        auto next = states_[at].next[octet_class];
        if (next == kUnknown) {
            if (states_.size() > kMostStates) {  // go on with this one state alone
                State kept = std::move(states_[at]);
                forget_states();
                kept.next.assign(member_of_class_.size(), kUnknown);
                states_.push_back(std::move(kept));
                at = 0;
            }
            next = step(at, octet_class);
        }
        at = next;
    }
    return states_[at].matches_at_end;
}

}  // namespace imslab::scscf
