// Weak sequencing of lifelines, by taking events off the front of a diagram.
#include "lab/expectation.h"

#include <algorithm>
#include <limits>

namespace imslab::lab {
namespace {

using Kind = Term::Kind;

Expectation make(Kind kind, std::vector<Expectation> parts) {
    auto term = std::make_shared<Term>();
    term->kind = kind;
    term->parts = std::move(parts);
    return term;
}

// A sequence or par without what is over.
Expectation compose(Kind kind, std::vector<Expectation> parts) {
    std::erase(parts, nullptr);
    if (parts.empty()) return nullptr;
    if (parts.size() == 1) return parts.front();
    return make(kind, std::move(parts));
}

Expectation choice(std::vector<Expectation> parts) {
    if (parts.size() == 1) return parts.front();
    return make(Kind::alt, std::move(parts));
}

Expectation loop_of(const Expectation& body, std::size_t at_least, std::size_t at_most) {
    if (at_most == 0 || !body) return nullptr;
    auto term = std::make_shared<Term>();
    term->kind = Kind::loop;
    term->parts = {body};
    term->at_least = at_least;
    term->at_most = at_most;
    return term;
}

Expectation once_less(const Term& loop) {
    constexpr auto kUnbounded = std::numeric_limits<std::size_t>::max();
    return loop_of(loop.parts[0],
                   loop.at_least > 0 ? loop.at_least - 1 : 0,
                   loop.at_most == kUnbounded ? kUnbounded : loop.at_most - 1);
}

Expectation expectation_of(const Element& element) {
    std::vector<Expectation> branches;
    for (const auto& branch : element.branches) branches.push_back(expectation_of(branch));
    switch (element.kind) {
        case Element::Kind::par:
            return compose(Kind::par, std::move(branches));
        case Element::Kind::opt:
            branches.push_back(nullptr);
            return choice(std::move(branches));
        case Element::Kind::alt:
            return choice(std::move(branches));
        case Element::Kind::loop:
            return loop_of(branches.at(0), element.at_least, element.at_most);
        case Element::Kind::arrow:
            break;
    }
    auto term = std::make_shared<Term>();
    term->arrow = &element.arrow;
    return term;
}

// What is left of `expectation` if the lifeline has no more part in it; nullopt if it must have.
std::optional<Expectation> without_lifeline(const Expectation& expectation, std::size_t lifeline) {
    if (!expectation) return expectation;
    const Term& term = *expectation;
    switch (term.kind) {
        case Kind::arrow:
            if (term.arrow->from == lifeline || term.arrow->to == lifeline) return std::nullopt;
            return expectation;
        case Kind::half:
            if (term.arrow->to == lifeline) return std::nullopt;
            return expectation;
        case Kind::loop: {
            auto body = without_lifeline(term.parts[0], lifeline);
            if (body) return loop_of(*body, term.at_least, term.at_most);
            if (term.at_least == 0) return Expectation{};
            return std::nullopt;
        }
        case Kind::alt: {
            std::vector<Expectation> possible;
            for (const auto& part : term.parts) {
                if (auto rest = without_lifeline(part, lifeline)) possible.push_back(*rest);
            }
            if (possible.empty()) return std::nullopt;
            return choice(std::move(possible));
        }
        case Kind::sequence:
        case Kind::par:
            break;
    }
    std::vector<Expectation> parts;
    for (const auto& part : term.parts) {
        auto rest = without_lifeline(part, lifeline);
        if (!rest) return std::nullopt;
        parts.push_back(std::move(*rest));
    }
    return compose(term.kind, std::move(parts));
}

// The lifeline on which an event of this arrow happens is the sender's or the receiver's.
class Advancer {
public:
    Advancer(const LifelineEvent& event, const Fits& fits) : event_(event), fits_(fits) {}

    std::vector<Advance> run(const Expectation& expectation) {
        if (!expectation) return {};
        const Term& term = *expectation;
        switch (term.kind) {
            case Kind::arrow:
                return on_arrow(term);
            case Kind::half:
                return on_half(term);
            case Kind::sequence:
                return on_sequence(term);
            case Kind::par:
                return on_par(term);
            case Kind::alt:
                return on_alt(term);
            case Kind::loop:
                return on_loop(term);
        }
        return {};
    }

private:
    std::vector<Advance> on_arrow(const Term& term) {
        if (!event_.send || !fits_(*term.arrow, event_.message)) return {};
        if (!event_.arrives) return {{nullptr, term.arrow}};
        auto half = std::make_shared<Term>(term);
        half->kind = Kind::half;
        half->message = event_.message;
        return {{std::move(half), term.arrow}};
    }

    std::vector<Advance> on_half(const Term& term) {
        if (event_.send || term.message != event_.message) return {};
        return {{nullptr, term.arrow}};
    }

    // The event belongs to the first part, or to a later one if the parts above leave its lifeline
    // alone.
    std::vector<Advance> on_sequence(const Term& term) {
        std::vector<Advance> all;
        for (std::size_t i = 0; i < term.parts.size(); ++i) {
            for (auto& step : run(term.parts[i])) {
                const std::size_t lifeline = event_.send ? step.arrow->from : step.arrow->to;
                std::vector<Expectation> parts;
                bool free = true;
                for (std::size_t above = 0; above < i && free; ++above) {
                    auto rest = without_lifeline(term.parts[above], lifeline);
                    free = rest.has_value();
                    if (free) parts.push_back(std::move(*rest));
                }
                if (!free) continue;
                parts.push_back(std::move(step.rest));
                parts.insert(parts.end(),
                             term.parts.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                             term.parts.end());
                all.push_back({compose(Kind::sequence, std::move(parts)), step.arrow});
            }
        }
        return all;
    }

    std::vector<Advance> on_par(const Term& term) {
        std::vector<Advance> all;
        for (std::size_t i = 0; i < term.parts.size(); ++i) {
            for (auto& step : run(term.parts[i])) {
                auto parts = term.parts;
                parts[i] = std::move(step.rest);
                all.push_back({compose(Kind::par, std::move(parts)), step.arrow});
            }
        }
        return all;
    }

    std::vector<Advance> on_alt(const Term& term) {
        std::vector<Advance> all;
        for (const auto& part : term.parts) {
            for (auto& step : run(part)) all.push_back(std::move(step));
        }
        return all;
    }

    std::vector<Advance> on_loop(const Term& term) {
        std::vector<Advance> all;
        for (auto& step : run(term.parts[0])) {
            all.push_back({compose(Kind::sequence, {step.rest, once_less(term)}), step.arrow});
        }
        return all;
    }

    const LifelineEvent& event_;
    const Fits& fits_;
};

void collect_remaining(const Expectation& expectation,
                       bool required_only,
                       std::vector<const Arrow*>& into) {
    if (!expectation) return;
    const Term& term = *expectation;
    if (term.arrow != nullptr) {
        into.push_back(term.arrow);
        return;
    }
    if (required_only && may_end(expectation)) return;
    for (const auto& part : term.parts) {
        collect_remaining(part, required_only, into);
        // Of alternatives the first that needs something stands for all.
        if (required_only && term.kind == Kind::alt) return;
    }
}

}  // namespace

Expectation expectation_of(const Sequence& sequence) {
    std::vector<Expectation> parts;
    for (const auto& element : sequence) parts.push_back(expectation_of(element));
    return compose(Kind::sequence, std::move(parts));
}

std::vector<Advance> advance(const Expectation& expectation,
                             const LifelineEvent& event,
                             const Fits& fits) {
    return Advancer(event, fits).run(expectation);
}

bool may_end(const Expectation& expectation) {
    if (!expectation) return true;
    const Term& term = *expectation;
    const auto part_may_end = [](const Expectation& part) { return may_end(part); };
    switch (term.kind) {
        case Kind::arrow:
        case Kind::half:
            return false;
        case Kind::loop:
            return term.at_least == 0 || may_end(term.parts[0]);
        case Kind::alt:
            return std::any_of(term.parts.begin(), term.parts.end(), part_may_end);
        case Kind::sequence:
        case Kind::par:
            break;
    }
    return std::all_of(term.parts.begin(), term.parts.end(), part_may_end);
}

std::vector<const Arrow*> remaining(const Expectation& expectation, bool required_only) {
    std::vector<const Arrow*> all;
    collect_remaining(expectation, required_only, all);
    return all;
}

std::vector<const Arrow*> next_arrows(const Expectation& expectation) {
    std::vector<const Arrow*> all;
    // Whatever an event could begin, whichever message it is of.
    const Fits anything = [](const Arrow&, std::size_t) { return true; };
    for (const auto& step : advance(expectation, LifelineEvent{}, anything)) {
        if (std::find(all.begin(), all.end(), step.arrow) == all.end()) all.push_back(step.arrow);
    }
    return all;
}

bool holds_half(const Expectation& expectation, std::size_t message) {
    if (!expectation) return false;
    if (expectation->kind == Kind::half) return expectation->message == message;
    return std::any_of(expectation->parts.begin(),
                       expectation->parts.end(),
                       [&](const Expectation& part) { return holds_half(part, message); });
}

void append_key(const Expectation& expectation, std::string& into) {
    if (!expectation) {
        into += '_';
        return;
    }
    const Term& term = *expectation;
    into += "ahspol"[static_cast<int>(term.kind)];
    if (term.arrow != nullptr) into += std::to_string(term.arrow->id);
    if (term.kind == Kind::half) into += ":" + std::to_string(term.message);
    if (term.kind == Kind::loop)
        into += std::to_string(term.at_least) + "," + std::to_string(term.at_most);
    if (term.parts.empty()) {
        into += ';';
        return;
    }
    into += '(';
    for (const auto& part : term.parts) append_key(part, into);
    into += ')';
}

}  // namespace imslab::lab
