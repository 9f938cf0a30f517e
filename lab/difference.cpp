// One sentence for the first difference between a run and its diagram.
#include "lab/difference.h"

#include <algorithm>

namespace imslab::lab {
namespace {

std::string capitalised(std::string text) {
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z' && text.rfind("the ", 0) == 0)
        text[0] = 'T';
    return text;
}

std::string drawn(const DifferenceView& view, const Arrow& arrow) {
    const auto name = [&](std::size_t lifeline) {
        const auto participant = view.participant_of[lifeline];
        return participant ? spoken(view.observed.network[*participant])
                           : view.expected.lifelines[lifeline].name;
    };
    return "`" + arrow.label.text + "` from " + name(arrow.from) + " to " + name(arrow.to);
}

std::string line_of(const Arrow& arrow) { return " (line " + std::to_string(arrow.line) + ")"; }

// "The S-CSCF answered the REGISTER of the I-CSCF with `403 Forbidden`", "Alice sent `INVITE` to
// the P-CSCF"
std::string what_happened(const DifferenceView& view, const ObservedMessage& message) {
    const Network& network = view.observed.network;
    const std::string from = spoken(network[message.from]);
    const std::string to = spoken(network[message.to]);
    const ObservedMessage* request = view.observed.request_of(message);
    if (request != nullptr && message.protocol != trace::Protocol::diameter) {
        return capitalised(from + " answered the " + request->method + " of " + to + " with `" +
                           message.label + "`");
    }
    if (!message.malformed.empty()) {
        return capitalised(from + " sent " + to + " a message that cannot be read (" +
                           message.malformed + ")");
    }
    return capitalised(from + " sent `" + message.label + "` to " + to);
}

bool comes_later(const DifferenceView& view, const Arrow& arrow, std::size_t after) {
    return std::any_of(view.observed.messages.begin(),
                       view.observed.messages.end(),
                       [&](const ObservedMessage& message) {
                           return message.index > after && !message.implied &&
                                  view.participant_of[arrow.from] == message.from &&
                                  view.participant_of[arrow.to] == message.to &&
                                  label_fits(arrow.label, message);
                       });
}

bool touches(const Arrow& arrow, std::size_t lifeline) {
    return arrow.from == lifeline || arrow.to == lifeline;
}

// The drawn arrow that stands in the way of `arrow`: the first one above it on that lifeline that
// has not happened.
const Arrow* blocker_of(const Arrow& arrow, std::size_t lifeline, const Expectation& rest) {
    for (const Arrow* above : remaining(rest, true)) {
        if (above->id == arrow.id) break;
        if (touches(*above, lifeline)) return above;
    }
    return nullptr;
}

Difference out_of_order(const DifferenceView& view,
                        const ObservedMessage& message,
                        const Arrow& arrow,
                        std::size_t lifeline,
                        const Arrow& blocker) {
    Difference difference;
    difference.observed = message.index;
    if (comes_later(view, blocker, message.index)) {
        difference.kind = Difference::Kind::out_of_order;
        difference.expected = arrow.id;
        const auto participant = view.participant_of[lifeline];
        const std::string where = participant ? spoken(view.observed.network[*participant])
                                              : view.expected.lifelines[lifeline].name;
        difference.sentence = "At " + where + ", `" + message.label + "`" + line_of(arrow) +
                              " came before " + drawn(view, blocker) + ", which is drawn above it" +
                              line_of(blocker) + ".";
        return difference;
    }
    difference.kind = Difference::Kind::missing;
    difference.expected = blocker.id;
    difference.sentence = capitalised(drawn(view, blocker)) + " is drawn" + line_of(blocker) +
                          " and never came; " + what_happened(view, message) + " instead.";
    return difference;
}

// What the diagram would have had the same participant do.
const Arrow* expected_instead(const DifferenceView& view,
                              const ObservedMessage& message,
                              const Expectation& rest) {
    const auto next = next_arrows(rest);
    const Arrow* from_the_same = nullptr;
    for (const Arrow* arrow : next) {
        if (view.participant_of[arrow->from] != message.from) continue;
        if (view.participant_of[arrow->to] == message.to) return arrow;
        if (from_the_same == nullptr) from_the_same = arrow;
    }
    if (from_the_same != nullptr) return from_the_same;
    const auto left = remaining(rest, true);
    return left.empty() ? nullptr : left.front();
}

Difference unexpected(const DifferenceView& view,
                      const ObservedMessage& message,
                      const Expectation& rest) {
    Difference difference;
    difference.kind = Difference::Kind::unexpected;
    difference.observed = message.index;
    const Arrow* instead = expected_instead(view, message, rest);
    difference.sentence = what_happened(view, message);
    if (instead == nullptr) {
        difference.sentence += ", which is not drawn; the diagram has ended before it.";
        return difference;
    }
    difference.expected = instead->id;
    const bool same_ends = view.participant_of[instead->from] == message.from &&
                           view.participant_of[instead->to] == message.to;
    difference.sentence +=
        same_ends
            ? "; the diagram has `" + instead->label.text + "` there" + line_of(*instead) + "."
            : ", which is not drawn there; the diagram has " + drawn(view, *instead) + " next" +
                  line_of(*instead) + ".";
    return difference;
}

Difference lost(const DifferenceView& view,
                const ObservedMessage& message,
                const Expectation& rest) {
    Difference difference;
    difference.kind = Difference::Kind::lost;
    difference.observed = message.index;
    if (const Arrow* instead = expected_instead(view, message, rest))
        difference.expected = instead->id;
    difference.sentence = what_happened(view, message) + ", and it never arrived.";
    return difference;
}

}  // namespace

std::string spoken(const Participant& participant) {
    return participant.kind == "ue" || participant.kind == "unknown" ? participant.name
                                                                     : "the " + participant.name;
}

std::string spoken(const ObservedMessage& message, const Network& network) {
    return "the " + message.label + " from " + spoken(network[message.from]) + " to " +
           spoken(network[message.to]);
}

Difference explain_event(const DifferenceView& view,
                         const LifelineEvent& event,
                         const Expectation& rest,
                         const Fits& fits) {
    const ObservedMessage& message = view.observed.messages[event.message];
    if (!event.send) {
        // Its sending was in order, its receipt was not.
        for (const Arrow* arrow : remaining(rest, false)) {
            if (view.participant_of[arrow->to] != message.to ||
                view.participant_of[arrow->from] != message.from ||
                !label_fits(arrow->label, message))
                continue;
            if (const Arrow* blocker = blocker_of(*arrow, arrow->to, rest))
                return out_of_order(view, message, *arrow, arrow->to, *blocker);
        }
        return unexpected(view, message, rest);
    }
    if (message.lost) return lost(view, message, rest);
    for (const Arrow* arrow : remaining(rest, false)) {
        if (!fits(*arrow, message.index) && !(label_fits(arrow->label, message) &&
                                              view.participant_of[arrow->from] == message.from &&
                                              view.participant_of[arrow->to] == message.to)) {
            continue;
        }
        if (const Arrow* blocker = blocker_of(*arrow, arrow->from, rest))
            return out_of_order(view, message, *arrow, arrow->from, *blocker);
    }
    return unexpected(view, message, rest);
}

Difference explain_end(const DifferenceView& view, const Expectation& rest) {
    Difference difference;
    difference.kind = Difference::Kind::missing;
    const auto left = remaining(rest, true);
    if (left.empty()) return difference;
    const Arrow& arrow = *left.front();
    difference.expected = arrow.id;
    difference.sentence =
        capitalised(drawn(view, arrow)) + " is drawn" + line_of(arrow) + " and never came";
    const auto from = view.participant_of[arrow.from];
    if (!from) {
        difference.sentence +=
            ": there is no " + view.expected.lifelines[arrow.from].name + " in the topology.";
        return difference;
    }
    const ObservedMessage* last = nullptr;
    for (const auto& message : view.observed.messages) {
        if (!message.implied && (message.from == *from || message.to == *from)) last = &message;
    }
    if (last == nullptr) {
        difference.sentence +=
            "; " + spoken(view.observed.network[*from]) + " neither sent nor received anything.";
    } else {
        difference.sentence += "; the last thing " + spoken(view.observed.network[*from]) +
                               (last->from == *from ? " sent was `" : " received was `") +
                               last->label + "`.";
    }
    return difference;
}

}  // namespace imslab::lab
