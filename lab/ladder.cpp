// Ladders for a terminal: lifelines as columns, messages as arrows, in Unicode or ASCII.
#include "lab/ladder.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "diameter/dictionary.h"
#include "lab/text_canvas.h"

namespace imslab::lab {
namespace {

constexpr std::size_t kTimeWidth = 9;   // "  12.345 "
constexpr std::size_t kPointWidth = 4;  // "Gm  "
constexpr std::size_t kMinColumn = 14, kMaxColumn = 26;

struct Rung {
    std::size_t from = 0, to = 0;  // columns
    std::string label, time, point, note;
    bool dashed = false, lost = false, wrong = false;
    std::string caption;  // a line of its own instead of an arrow
};

struct Signs {
    std::string_view vertical, horizontal, dashed, right, left, lost, mark, tee_right, tee_left;
};
constexpr Signs kUnicode{"│", "─", "╌", "▶", "◀", "✗", "◆", "├", "┤"};
constexpr Signs kAscii{"|", "-", ".", ">", "<", "x", "*", "+", "+"};

enum class Colour { none, request, success, failure, diameter, wrong, faint };

std::string_view code_of(Colour colour) {
    switch (colour) {
        case Colour::request:
            return "\x1b[36m";
        case Colour::success:
            return "\x1b[32m";
        case Colour::failure:
            return "\x1b[33m";
        case Colour::diameter:
            return "\x1b[35m";
        case Colour::wrong:
            return "\x1b[1;31m";
        case Colour::faint:
            return "\x1b[2m";
        case Colour::none:
            break;
    }
    return {};
}

class Painter {
public:
    Painter(std::vector<std::string> names, const LadderStyle& style)
        : names_(std::move(names)), style_(style), signs_(style.ascii ? kAscii : kUnicode) {
        const std::size_t left = left_width();
        const std::size_t room = style.width > left + 2 ? style.width - left - 2 : 0;
        const std::size_t count = std::max<std::size_t>(names_.size(), 1);
        column_ = std::clamp(room / count, kMinColumn, kMaxColumn);
    }

    std::string heading() const {
        Canvas line(width());
        for (std::size_t i = 0; i < names_.size(); ++i) line.centre(at(i), names_[i]);
        return line.to_string() + "\n" + lifelines().to_string() + "\n";
    }

    std::string rung(const Rung& rung, Colour colour) const {
        if (!rung.caption.empty()) {
            Canvas line = lifelines();
            line.put(left_width(), rung.caption);
            return painted(line.to_string(), Colour::faint) + "\n";
        }
        Canvas line = lifelines();
        line.put(0, rung.time);
        if (style_.reference_points) line.put(style_.reference_points ? kTimeWidth : 0, rung.point);
        arrow(line, rung);
        std::string text = line.to_string();
        if (!rung.note.empty()) text += "  " + rung.note;
        if (rung.wrong) text = text + (style_.ascii ? "  <== " : "  ◀━━ ") + "here";
        return painted(text, rung.wrong ? Colour::wrong : colour) + "\n";
    }

    std::size_t width() const { return left_width() + names_.size() * column_; }

private:
    std::size_t left_width() const {
        return kTimeWidth + (style_.reference_points ? kPointWidth : 0);
    }
    std::size_t at(std::size_t column) const {
        return left_width() + column * column_ + column_ / 2;
    }

    Canvas lifelines() const {
        Canvas line(width());
        for (std::size_t i = 0; i < names_.size(); ++i) line.put(at(i), signs_.vertical);
        return line;
    }

    std::string painted(const std::string& text, Colour colour) const {
        if (!style_.colour || colour == Colour::none) return text;
        return std::string(code_of(colour)) + text + "\x1b[0m";
    }

    void arrow(Canvas& line, const Rung& rung) const {
        if (rung.from == rung.to) {
            line.put(at(rung.from) + 1, " " + rung.label);
            return;
        }
        const std::size_t begin = std::min(at(rung.from), at(rung.to)) + 1;
        const std::size_t end = std::max(at(rung.from), at(rung.to));
        const bool rightwards = rung.to > rung.from;
        for (std::size_t x = begin; x < end; ++x)
            line.put(x, rung.dashed ? signs_.dashed : signs_.horizontal);
        // The label stands in the arrow, near its sender, in the first gap.
        const std::size_t gap = column_ - 1;
        const std::string label =
            " " + shortened(rung.label, gap > 5 ? gap - 5 : 1, style_.ascii) + " ";
        const std::size_t size = characters_of(label);
        const std::size_t start = rightwards ? begin + (gap > size ? (gap - size) / 2 : 0)
                                             : end - gap + (gap > size ? (gap - size) / 2 : 0);
        line.put(start, label);
        line.put(rightwards ? end - 1 : begin,
                 rung.lost    ? signs_.lost
                 : rightwards ? signs_.right
                              : signs_.left);
    }

    std::vector<std::string> names_;
    const LadderStyle& style_;
    Signs signs_;
    std::size_t column_ = kMinColumn;
};

std::string relative_time(std::int64_t ns) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%8.3f", static_cast<double>(ns) / 1e9);
    return text.data();
}

Colour colour_of(const ObservedMessage& message) {
    if (message.protocol == trace::Protocol::diameter) return Colour::diameter;
    if (message.implied) return Colour::faint;
    if (message.request) return Colour::request;
    return message.status >= 300 ? Colour::failure : Colour::success;
}

// Of the result of a Diameter answer what fits beside it.
std::string note_of(const ObservedMessage& message) {
    if (!message.malformed.empty()) return message.malformed;
    if (message.retransmission_of) return "retransmission";
    if (message.lost) return "lost";
    if (!message.diameter || message.diameter->request) return {};
    const auto result = diameter::result_of(*message.diameter);
    if (!result) return {};
    std::string name = diameter::result_name(*result);
    if (name.rfind("DIAMETER_", 0) == 0) name = name.substr(9);
    return name;
}

// Only who takes part, in the topology's order, or in the diagram's if there is one.
std::vector<std::size_t> lifelines_of(const Observation& observation,
                                      const Diagram* diagram,
                                      bool implied) {
    std::set<std::size_t> used;
    for (const auto& message : observation.messages) {
        if (message.implied && !implied) continue;
        used.insert(message.from);
        used.insert(message.to);
    }
    std::vector<std::size_t> order;
    const auto add = [&](std::size_t participant) {
        if (std::find(order.begin(), order.end(), participant) == order.end())
            order.push_back(participant);
    };
    if (diagram != nullptr) {
        for (const auto& lifeline : diagram->lifelines) {
            auto found = observation.network.named(lifeline.name);
            if (!found) found = observation.network.named(lifeline.id);
            if (found) add(*found);
        }
    }
    for (std::size_t i = 0; i < observation.network.participants.size(); ++i) {
        if (used.count(i) != 0) add(i);
    }
    return order;
}

std::string observed_ladder(const Observation& observation,
                            const Verdict* verdict,
                            const Diagram* diagram,
                            const LadderStyle& style) {
    const auto order = lifelines_of(observation, diagram, style.implied);
    std::vector<std::string> names;
    std::vector<std::size_t> column(observation.network.participants.size(), 0);
    for (const auto participant : order) {
        column[participant] = names.size();
        names.push_back(observation.network[participant].name);
    }
    std::set<std::size_t> wrong;
    if (verdict != nullptr && verdict->flow.difference && verdict->flow.difference->observed)
        wrong.insert(*verdict->flow.difference->observed);
    if (verdict != nullptr) {
        for (const auto& criterion : verdict->criteria) {
            if (!criterion.holds && criterion.message) wrong.insert(*criterion.message);
        }
        for (const auto& finding : verdict->findings) {
            if (finding.departure.empty()) wrong.insert(finding.message);
        }
    }
    const Painter painter(names, style);
    std::string text = painter.heading();
    for (const auto& message : observation.messages) {
        const bool marked = wrong.count(message.index) != 0;
        if (message.implied && !style.implied && !marked) continue;
        Rung rung{column[message.from],
                  column[message.to],
                  message.label,
                  relative_time(message.time_ns() - observation.start_ns),
                  message.reference_point,
                  note_of(message),
                  !message.request,
                  message.lost,
                  marked,
                  {}};
        text += painter.rung(rung, colour_of(message));
    }
    return text;
}

class ExpectedDrawer {
public:
    ExpectedDrawer(const Diagram& diagram,
                   const LadderStyle& style,
                   std::optional<std::size_t> marked)
        : style_(without_points(style)), marked_(marked) {
        std::vector<std::string> names;
        for (const auto& lifeline : diagram.lifelines) names.push_back(lifeline.name);
        const Painter painter(names, style_);
        text_ = painter.heading();
        draw(painter, diagram.body, 0);
    }
    std::string take() { return std::move(text_); }

private:
    static LadderStyle without_points(LadderStyle style) {
        style.reference_points = false;
        return style;
    }

    void caption(const Painter& painter, std::size_t depth, const std::string& text) {
        Rung rung;
        rung.caption = std::string(2 * depth, ' ') + text;
        text_ += painter.rung(rung, Colour::none);
    }

    void draw(const Painter& painter, const Sequence& sequence, std::size_t depth) {
        constexpr std::array<std::string_view, 5> kWords{"", "par", "opt", "alt", "loop"};
        constexpr std::array<std::string_view, 5> kAgain{"", "and", "", "else", ""};
        for (const auto& element : sequence) {
            if (element.kind == Element::Kind::arrow) {
                const Arrow& arrow = element.arrow;
                Rung rung{arrow.from,
                          arrow.to,
                          arrow.label.text,
                          "l." + std::to_string(arrow.line),
                          {},
                          {},
                          arrow.label.is_response() || arrow.dashed,
                          arrow.lost,
                          marked_ == arrow.id,
                          {}};
                text_ += painter.rung(rung, Colour::none);
                continue;
            }
            const auto kind = static_cast<std::size_t>(element.kind);
            for (std::size_t i = 0; i < element.branches.size(); ++i) {
                caption(
                    painter,
                    depth,
                    std::string(i == 0 ? kWords[kind] : kAgain[kind]) + " " + element.captions[i]);
                draw(painter, element.branches[i], depth + 1);
            }
            caption(painter, depth, "end");
        }
    }

    LadderStyle style_;
    std::optional<std::size_t> marked_;
    std::string text_;
};

}  // namespace

std::string draw_mermaid(const Observation& observation) {
    std::string text = "sequenceDiagram\n";
    for (const auto participant : lifelines_of(observation, nullptr, false))
        text += "    participant " + observation.network[participant].name + "\n";
    for (const auto& message : observation.messages) {
        if (message.implied) continue;
        const auto label = message.request || message.diameter ? message.label
                                                               : std::to_string(message.status) +
                                                                     " (" + message.method + ")";
        text += "    " + observation.network[message.from].name;
        text += message.request ? "->>" : "-->>";
        text += observation.network[message.to].name + ": " + label + "\n";
    }
    return text;
}

std::string draw_ladder(const Observation& observation, const LadderStyle& style) {
    return observed_ladder(observation, nullptr, nullptr, style);
}

std::string draw_ladder(const Observation& observation,
                        const Verdict& verdict,
                        const LadderStyle& style) {
    return observed_ladder(observation, &verdict, nullptr, style);
}

std::string draw_expected(const Diagram& diagram, const LadderStyle& style) {
    return ExpectedDrawer(diagram, style, std::nullopt).take();
}

std::string explain_failure(const Scenario& scenario,
                            const Observation& observation,
                            const Verdict& verdict,
                            const LadderStyle& style) {
    std::string text =
        scenario.id + " " + scenario.title + ": failed\n" + verdict.sentence + "\n\n";
    if (verdict.flow.difference) {
        LadderStyle half = style;
        const bool beside =
            style.width >=
            2 * (kTimeWidth + scenario.flow.lifelines.size() * kMinColumn) + kPointWidth + 12;
        if (beside) half.width = style.width / 2 - 6;
        const std::string expected =
            "Expected (" + scenario.file + ")\n\n" +
            ExpectedDrawer(scenario.flow, half, verdict.flow.difference->expected).take();
        const std::string observed =
            "Observed\n\n" + observed_ladder(observation, &verdict, &scenario.flow, half);
        text += beside ? side_by_side(expected, observed, style.ascii ? " | " : " ┃ ")
                       : expected + "\n" + observed;
    } else {
        text += observed_ladder(observation, &verdict, &scenario.flow, style);
    }
    for (const auto& criterion : verdict.criteria) {
        if (criterion.holds) continue;
        const auto& place = scenario.criteria[criterion.criterion];
        text += "\n" + scenario.file + ":" + std::to_string(place.line) + ": " + criterion.sentence;
    }
    for (const auto& finding : verdict.findings) {
        if (finding.departure.empty()) text += "\n" + finding.rule + ": " + finding.sentence;
    }
    std::set<std::string> departures;
    for (const auto& finding : verdict.findings) {
        if (!finding.departure.empty()) departures.insert(finding.departure);
    }
    for (const auto& departure : departures) text += "\ndeparture by name: " + departure;
    return text + "\n";
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
