// The checks of scenarios and rules, decided on observed messages.
#include "lab/criteria.h"

#include <regex.h>

#include <algorithm>
#include <cstdlib>

#include "lab/difference.h"
#include "lab/message_values.h"
#include "lab/text_canvas.h"
#include "sip/params.h"

namespace imslab::lab {
namespace {

using Operator = Check::Operator;
constexpr std::size_t kMaxShown = 400;  // of a value in a sentence

bool matches(const std::string& value, const std::string& pattern) {
    regex_t compiled;
    if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) != 0) return false;
    const bool found = regexec(&compiled, value.c_str(), 0, nullptr, 0) == 0;
    regfree(&compiled);
    return found;
}

// "DIAMETER_SUCCESS (2001)" is 2001 and is DIAMETER_SUCCESS.
bool is_value(const std::string& value, const std::string& wanted) {
    if (value == wanted) return true;
    const std::size_t open = value.rfind(" (");
    if (open == std::string::npos || value.back() != ')') return false;
    return value.substr(0, open) == wanted ||
           value.substr(open + 2, value.size() - open - 3) == wanted;
}

std::optional<long> number_of(const std::vector<std::string>& values) {
    if (values.empty()) return std::nullopt;
    const auto number = sip::to_number(values.front());
    return number ? std::optional(static_cast<long>(*number)) : std::nullopt;
}

// A longer value ends after a whole part of it, and an ellipsis says that there is more.
std::string shown(const std::string& value) {
    if (characters_of(value) <= kMaxShown) return value;
    auto text = value.substr(0, kMaxShown);
    text.resize(std::min(text.find_last_of(",; ") + 1, text.size()));
    return (text.empty() ? shortened(value, kMaxShown - 1, false) : text + "…");
}

std::string joined(const std::vector<std::string>& values) {
    if (values.empty()) return "absent";
    std::string text;
    for (const auto& value : values) text += (text.empty() ? "`" : ", `") + shown(value) + "`";
    return text;
}

bool compares(Operator op, long left, long right) {
    if (op == Operator::less_than) return left < right;
    return op == Operator::at_most ? left <= right : left >= right;
}

Outcome decide_presence(const Check& check, const ObservedMessage& message) {
    const bool wanted = check.op == Operator::has;
    const auto values = values_of(check.subject, message);
    const bool there =
        check.argument.empty() ? !values.empty() : carries(check.subject, check.argument, message);
    return {true, there == wanted, joined(values)};
}

// same as, differs from, less than …: against another message.
Outcome decide_comparison(const Check& check,
                          const ObservedMessage& message,
                          const Observation& observation) {
    const auto others = select(*check.other_message, observation, &message);
    if (others.empty()) {
        const auto which = check.other_message->which;
        const bool relative =
            which == Selector::Which::its_request || which == Selector::Which::hop_before;
        return {!relative, false, "no " + check.other_message->text + " to compare with"};
    }
    const auto left = values_of(check.subject, message);
    const auto right = values_of(check.other.value_or(check.subject), *others.front());
    const std::string actual = joined(left) + ", the other " + joined(right);
    if (check.op == Operator::same_as) return {true, !left.empty() && left == right, actual};
    if (check.op == Operator::differs_from) return {true, left != right, actual};
    const auto a = number_of(left);
    const auto b = number_of(right);
    if (!a || !b) return {!(left.empty() && right.empty()), false, actual};
    return {true, compares(check.op, *a, *b), actual};
}

std::string name_of(const Network& network, std::size_t participant) {
    return network[participant].name;
}

bool end_fits(const std::string& wanted, const Network& network, std::size_t participant) {
    if (wanted.empty()) return true;
    const auto index = network.named(wanted);
    if (index) return *index == participant;
    return name_of(network, participant) == wanted ||
           (!kind_from(wanted).empty() && kind_from(wanted) == network[participant].kind);
}

// How the argument stands in the message: "`ck` in its `WWW-Authenticate`"
std::string thing(const Check& check) {
    if (check.argument.empty()) return check.subject.text;
    return "`" + check.argument + "` in " + check.subject.text;
}

std::string what_is_wrong(const Check& check, const Outcome& outcome, bool passed_on) {
    switch (check.op) {
        case Operator::has:
            return "without " + thing(check) +
                   (outcome.actual == "absent" || check.argument.empty()
                        ? ""
                        : ", which is " + outcome.actual);
        case Operator::has_no:
            if (check.argument.empty())
                return std::string("with ") + check.subject.text +
                       (passed_on ? " still in it" : "") + " (" + outcome.actual + ")";
            return "with `" + check.argument + "`" + (passed_on ? " still" : "") + " in its " +
                   check.subject.text;
        case Operator::is:
            return "where " + check.subject.text + " is " + outcome.actual + ", not `" +
                   check.argument + "`";
        case Operator::is_not:
            return "where " + check.subject.text + " is `" + check.argument + "`";
        case Operator::contains:
            return "where " + check.subject.text + " is " + outcome.actual +
                   " and does not contain `" + check.argument + "`";
        case Operator::contains_no:
            return "where " + check.subject.text + " is " + outcome.actual + " and contains `" +
                   check.argument + "`";
        case Operator::matches:
            return "where " + check.subject.text + " is " + outcome.actual +
                   " and does not match `" + check.argument + "`";
        case Operator::matches_no:
            return "where " + check.subject.text + " is " + outcome.actual + " and matches `" +
                   check.argument + "`";
        case Operator::same_as:
            return "where " + check.subject.text + " is not the same as in " +
                   (check.other_message ? check.other_message->text : "") + ": " + outcome.actual;
        case Operator::differs_from:
            return "where " + check.subject.text + " is the same as in " +
                   (check.other_message ? check.other_message->text : "") + ": " + outcome.actual;
        case Operator::less_than:
        case Operator::at_most:
        case Operator::at_least:
            break;
    }
    return "where " + check.text + " does not hold: " + outcome.actual;
}

std::string what_is_right(const Check& check, bool passed_on) {
    if (check.op == Operator::has_no) return passed_on ? " has it removed" : " has it without";
    if (check.op == Operator::has) return " has it there";
    return " has it otherwise";
}

}  // namespace

bool selects(const Selector& selector, const ObservedMessage& message, const Network& network) {
    if (selector.kind == Selector::Kind::request && !message.request) return false;
    if (selector.kind == Selector::Kind::response && message.request) return false;
    // Ua is Ut with a bootstrapped key.
    const auto& point = message.reference_point;
    const bool is_there =
        selector.reference_point == point || (selector.reference_point == "Ut" && point == "Ua");
    if (!selector.reference_point.empty() && !is_there) return false;
    if (!end_fits(selector.from, network, message.from) ||
        !end_fits(selector.to, network, message.to))
        return false;
    return selector.labels.empty() ||
           std::any_of(selector.labels.begin(), selector.labels.end(), [&](const Label& label) {
               return label_fits(label, message);
           });
}

std::vector<const ObservedMessage*> select(const Selector& selector,
                                           const Observation& observation,
                                           const ObservedMessage* base) {
    std::vector<const ObservedMessage*> found;
    const auto add = [&](const ObservedMessage* message) {
        if (message != nullptr) found.push_back(message);
    };
    if (selector.which == Selector::Which::its_request) {
        if (base != nullptr) add(observation.request_of(*base));
        return found;
    }
    if (selector.which == Selector::Which::hop_before) {
        if (base != nullptr) add(observation.hop_before(*base));
        return found;
    }
    if (selector.which == Selector::Which::same_message) {
        add(base);
        return found;
    }
    for (const auto& message : observation.messages) {
        if (!message.retransmission_of && selects(selector, message, observation.network))
            found.push_back(&message);
    }
    if (selector.which == Selector::Which::every || found.empty()) return found;
    if (selector.which == Selector::Which::last) return {found.back()};
    if (found.size() < selector.nth) return {};
    return {found[selector.nth - 1]};
}

Outcome decide(const Check& check, const ObservedMessage& message, const Observation& observation) {
    if (check.op == Operator::has || check.op == Operator::has_no)
        return decide_presence(check, message);
    if (check.other_message) return decide_comparison(check, message, observation);
    const auto values = values_of(check.subject, message);
    const auto any = [&](auto&& holds) { return std::any_of(values.begin(), values.end(), holds); };
    const auto contains = [&](const std::string& value) {
        return value.find(check.argument) != std::string::npos;
    };
    Outcome outcome{true, false, joined(values)};
    switch (check.op) {
        case Operator::is:
            outcome.holds =
                any([&](const std::string& value) { return is_value(value, check.argument); });
            break;
        case Operator::is_not:
            outcome.holds =
                !any([&](const std::string& value) { return is_value(value, check.argument); });
            break;
        case Operator::contains:
            outcome.holds = any(contains);
            break;
        case Operator::contains_no:
            outcome.holds = !any(contains);
            break;
        case Operator::matches:
            outcome.holds =
                any([&](const std::string& value) { return matches(value, check.argument); });
            break;
        case Operator::matches_no:
            outcome.holds =
                !any([&](const std::string& value) { return matches(value, check.argument); });
            break;
        default: {
            const auto left = number_of(values);
            const auto right = sip::to_number(check.argument);
            outcome.holds = left && right && compares(check.op, *left, static_cast<long>(*right));
        }
    }
    return outcome;
}

std::string sentence_of(const Check& check,
                        const std::string& reference,
                        const ObservedMessage& message,
                        const Outcome& outcome,
                        const Observation& observation) {
    // Whoever got it the same way and passed it on, passed it on.
    const ObservedMessage* before = observation.hop_before(message);
    const bool passed_on = before != nullptr && !decide(check, *before, observation).holds;
    std::string who = spoken(observation.network[message.from]);
    if (who.rfind("the ", 0) == 0) who[0] = 'T';
    const std::string label =
        message.request || message.diameter ? message.label : std::to_string(message.status);
    std::string text = who + (before != nullptr ? " forwarded the " : " sent the ") + label;
    if (!message.request && !message.diameter && before == nullptr)
        text += " to the " + message.method;
    text += " " + what_is_wrong(check, outcome, passed_on);
    if (!reference.empty()) text += "; " + reference + what_is_right(check, passed_on);
    return text + ".";
}

std::vector<CriterionResult> check_criteria(const std::vector<Criterion>& criteria,
                                            const Observation& observation) {
    std::vector<CriterionResult> results;
    for (std::size_t i = 0; i < criteria.size(); ++i) {
        const Criterion& criterion = criteria[i];
        CriterionResult result;
        result.criterion = i;
        const auto messages = select(criterion.message, observation);
        if (messages.empty())
            result.sentence = "There was no " + criterion.message.text + " to check.";
        result.holds = !messages.empty();
        for (const auto* message : messages) {
            const Outcome outcome = decide(criterion.check, *message, observation);
            result.message = message->index;
            if (outcome.holds) continue;
            result.holds = false;
            result.sentence =
                sentence_of(criterion.check, criterion.reference, *message, outcome, observation);
            break;
        }
        results.push_back(std::move(result));
    }
    return results;
}

}  // namespace imslab::lab
