// What was seen, as a ladder, as a Mermaid diagram, message by message.
#include "lab/ladder.h"

#include <set>

#include "diameter/dictionary.h"
#include "lab/flow_alignment.h"
#include "lab/ladder_painter.h"

namespace imslab::lab {
namespace {

// Only who takes part, in the topology's order.
std::vector<std::size_t> lifelines_of(const Observation& observation, bool implied) {
    std::set<std::size_t> used;
    for (const auto& message : observation.messages) {
        if (message.implied && !implied) continue;
        used.insert(message.from);
        used.insert(message.to);
    }
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < observation.network.participants.size(); ++i) {
        if (used.contains(i)) order.push_back(i);
    }
    return order;
}

std::string observed_ladder(const Observation& observation,
                            const Verdict* verdict,
                            const LadderStyle& style) {
    const auto order = lifelines_of(observation, style.implied);
    std::vector<std::string> names;
    std::vector<std::size_t> column(observation.network.participants.size(), 0);
    for (const auto participant : order) {
        column[participant] = names.size();
        names.push_back(observation.network[participant].name);
    }
    const auto wrong = verdict == nullptr ? std::set<std::size_t>() : wrong_messages(*verdict);
    const Painter painter(names, style);
    std::string text = painter.heading();
    for (const auto& message : observation.messages) {
        const bool marked = wrong.contains(message.index);
        if (message.implied && !style.implied && !marked) continue;
        const auto rung = rung_of(
            message, column[message.from], column[message.to], observation.start_ns, marked);
        text += painter.rung(rung, colour_of(message));
        if (marked) text += painter.painted(std::string(painter.signs().here), Colour::wrong);
        text += "\n";
    }
    return text;
}

}  // namespace

std::string draw_mermaid(const Observation& observation) {
    std::string text = "sequenceDiagram\n";
    for (const auto participant : lifelines_of(observation, false))
        text += "    participant " + observation.network[participant].name + "\n";
    for (const auto& message : observation.messages) {
        if (message.implied) continue;
        const auto label = message.request || message.diameter
                               ? message.label
                               : std::to_string(message.status) + " (" + message.method + ")";
        text += "    " + observation.network[message.from].name;
        text += message.request ? "->>" : "-->>";
        text += observation.network[message.to].name + ": " + label + "\n";
    }
    return text;
}

std::string draw_ladder(const Observation& observation, const LadderStyle& style) {
    return observed_ladder(observation, nullptr, style);
}

std::string draw_ladder(const Observation& observation,
                        const Verdict& verdict,
                        const LadderStyle& style) {
    return observed_ladder(observation, &verdict, style);
}

std::string message_text(const ObservedMessage& message) {
    if (message.diameter) return diameter::describe(*message.diameter);
    if (message.protocol == trace::Protocol::diameter)
        return "(" + std::to_string(message.bytes.size()) + " octets: " + message.malformed + ")\n";
    std::string text = message.bytes;
    std::erase(text, '\r');
    return text;
}

}  // namespace imslab::lab
