// A failed scenario explains itself: expected beside observed, around the first difference.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lab/flow_alignment.h"
#include "lab/ladder_painter.h"

namespace imslab::lab {
namespace {

constexpr std::size_t kAround = 4;         // rows before and after a mark
constexpr std::size_t kNarrowColumn = 12;  // beside each other a column may be that narrow

// The columns of both ladders: the diagram's lifelines, then who took part undrawn.
class Columns {
public:
    Columns(const Diagram& diagram, const Network& network)
        : diagram_(diagram), network_(network) {}

    void add(const FlowRow& row) {
        if (row.arrow) {
            used_.insert(lifeline(row.arrow->from));
            used_.insert(lifeline(row.arrow->to));
        }
        if (row.message) {
            used_.insert(network_[row.message->from].name);
            used_.insert(network_[row.message->to].name);
        }
    }
    void settle() {
        const auto add_name = [&](const std::string& name) {
            if (used_.contains(name) && of_.try_emplace(name, names_.size()).second)
                names_.push_back(name);
        };
        for (std::size_t i = 0; i < diagram_.lifelines.size(); ++i) add_name(lifeline(i));
        for (const auto& participant : network_.participants) add_name(participant.name);
    }
    const std::vector<std::string>& names() const { return names_; }
    Rung rung(const Arrow& arrow, bool wrong) const {
        return rung_of(arrow, of_.at(lifeline(arrow.from)), of_.at(lifeline(arrow.to)), wrong);
    }
    Rung rung(const ObservedMessage& message, std::int64_t start_ns, bool wrong) const {
        return rung_of(message,
                       of_.at(network_[message.from].name),
                       of_.at(network_[message.to].name),
                       start_ns,
                       wrong);
    }

private:
    // As the network calls it, so that both sides have one column for it.
    std::string lifeline(std::size_t index) const {
        const auto& drawn = diagram_.lifelines[index];
        auto found = network_.named(drawn.name);
        if (!found) found = network_.named(drawn.id);
        return found ? network_[*found].name : drawn.name;
    }

    const Diagram& diagram_;
    const Network& network_;
    std::set<std::string> used_;
    std::vector<std::string> names_;
    std::map<std::string, std::size_t> of_;
};

class Pair {
public:
    Pair(const Scenario& scenario,
         const Observation& observation,
         const Verdict& verdict,
         const LadderStyle& style,
         bool whole)
        : observation_(observation),
          style_(style),
          rows_(align_flow(scenario.flow, observation, verdict, style.implied)),
          shown_(rows_around_marks(rows_, whole ? rows_.size() : kAround)),
          columns_(scenario.flow, observation.network) {
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (shown_[i]) columns_.add(rows_[i]);
        }
        columns_.settle();
        left_style_ = style;
        left_style_.reference_points = false;
    }

    std::string draw(bool with_expected) const {
        const std::size_t count = std::max<std::size_t>(columns_.names().size(), 1);
        const std::size_t edges =
            Painter::left_width(left_style_) + Painter::left_width(style_) + 3;
        const std::size_t column =
            std::min(style_.width > edges ? (style_.width - edges) / (2 * count) : 0, kMaxColumn);
        if (with_expected && column >= kNarrowColumn) return beside(column);
        std::string text;
        if (with_expected) text += "Expected\n\n" + below(true) + "\nObserved\n\n";
        return text + below(false);
    }

private:
    std::string beside(std::size_t column) const {
        const Painter left(columns_.names(), left_style_, column);
        const Painter right(columns_.names(), style_, column);
        std::string lines;
        const auto line = [&](const std::string& a, const std::string& b, bool differs) {
            const auto used = visible_width(a);
            lines += a + std::string(left.width() > used ? left.width() - used : 0, ' ');
            lines +=
                left.painted(std::string(differs ? left.signs().differs : left.signs().between),
                             differs ? Colour::wrong : Colour::faint);
            lines += b + "\n";
        };
        line("Expected", "Observed", false);
        line(left.names(), right.names(), false);
        line(left.lifelines(), right.lifelines(), false);
        each_row(
            [&](const FlowRow& row) {
                line(expected(left, row), observed(right, row), row.differs);
            },
            [&](const std::string& skipped) { lines += skipped; });
        return lines;
    }

    std::string below(bool expected_side) const {
        const auto& style = expected_side ? left_style_ : style_;
        const Painter painter(columns_.names(), style);
        std::string lines = painter.heading();
        each_row(
            [&](const FlowRow& row) {
                const bool here = expected_side ? row.arrow != nullptr || !row.caption.empty()
                                                : row.message != nullptr;
                if (!here) return;
                lines += expected_side ? expected(painter, row) : observed(painter, row);
                if (row.differs)
                    lines += painter.painted(std::string(painter.signs().here), Colour::wrong);
                lines += "\n";
            },
            [&](const std::string& skipped) { lines += skipped; });
        return lines;
    }

    template <typename OnRow, typename OnSkipped>
    void each_row(OnRow on_row, OnSkipped on_skipped) const {
        std::size_t skipped = 0;
        const auto tell = [&] {
            if (skipped > 0)
                on_skipped(fmt::format("{}{} more row{}\n",
                                       std::string(kTimeWidth, ' '),
                                       skipped,
                                       skipped == 1 ? "" : "s"));
            skipped = 0;
        };
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            if (!shown_[i]) {
                ++skipped;
                continue;
            }
            tell();
            on_row(rows_[i]);
        }
        tell();
    }

    std::string expected(const Painter& painter, const FlowRow& row) const {
        if (row.arrow) return painter.rung(columns_.rung(*row.arrow, row.differs), Colour::none);
        if (row.caption.empty()) return painter.lifelines();
        Rung rung;
        rung.caption = std::string(2 * row.depth, ' ') + row.caption;
        return painter.rung(rung, Colour::none);
    }
    std::string observed(const Painter& painter, const FlowRow& row) const {
        if (!row.message) return painter.lifelines();
        return painter.rung(columns_.rung(*row.message, observation_.start_ns, row.differs),
                            colour_of(*row.message));
    }

    const Observation& observation_;
    LadderStyle style_, left_style_;
    std::vector<FlowRow> rows_;
    std::vector<bool> shown_;
    Columns columns_;
};

std::string what_failed(const Scenario& scenario, const Verdict& verdict) {
    std::string text;
    for (const auto& criterion : verdict.criteria) {
        if (criterion.holds) continue;
        const auto& place = scenario.criteria[criterion.criterion];
        text += "\n" + scenario.file + ":" + std::to_string(place.line) + ": " + criterion.sentence;
    }
    std::set<std::string> departures;
    for (const auto& finding : verdict.findings) {
        if (finding.departure.empty())
            text += "\n" + finding.rule + ": " + finding.sentence;
        else
            departures.insert(finding.departure);
    }
    for (const auto& departure : departures) text += "\ndeparture by name: " + departure;
    return text.empty() ? text : text + "\n";
}

}  // namespace

std::string explain_failure(const Scenario& scenario,
                            const Observation& observation,
                            const Verdict& verdict,
                            const LadderStyle& style,
                            bool whole) {
    return verdict.sentence + "\n\n" +
           Pair(scenario, observation, verdict, style, whole)
               .draw(verdict.flow.difference.has_value()) +
           what_failed(scenario, verdict);
}

}  // namespace imslab::lab
