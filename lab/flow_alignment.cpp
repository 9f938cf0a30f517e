// The longest common run of what was drawn and what came, and what lies between on either side.
#include "lab/flow_alignment.h"

#include <algorithm>
#include <array>

#include "lab/difference.h"

namespace imslab::lab {
namespace {

void flatten(const Sequence& sequence, std::size_t depth, std::vector<FlowRow>& rows) {
    constexpr std::array<std::string_view, 5> kWords{"", "par", "opt", "alt", "loop"};
    constexpr std::array<std::string_view, 5> kAgain{"", "and", "", "else", ""};
    const auto caption = [&](std::string text) {
        FlowRow row;
        row.caption = std::move(text);
        row.depth = depth;
        rows.push_back(std::move(row));
    };
    for (const auto& element : sequence) {
        if (element.kind == Element::Kind::arrow) {
            FlowRow row;
            row.arrow = &element.arrow;
            row.depth = depth;
            rows.push_back(std::move(row));
            continue;
        }
        const auto kind = static_cast<std::size_t>(element.kind);
        for (std::size_t i = 0; i < element.branches.size(); ++i) {
            caption(std::string(i == 0 ? kWords[kind] : kAgain[kind]) + " " + element.captions[i]);
            flatten(element.branches[i], depth + 1, rows);
        }
        caption("end");
    }
}

class Alignment {
public:
    Alignment(std::vector<FlowRow> drawn,
              std::vector<const ObservedMessage*> came,
              const FlowMatch& match,
              std::vector<std::optional<std::size_t>> participants)
        : drawn_(std::move(drawn)),
          came_(std::move(came)),
          match_(match),
          participant_of_(std::move(participants)) {}

    std::vector<FlowRow> run() {
        measure();
        std::size_t i = 0, j = 0, gap_i = 0, gap_j = 0;
        while (i < drawn_.size() && j < came_.size()) {
            if (belong(i, j) && length(i, j) == length(i + 1, j + 1) + 1) {
                fill_gap(gap_i, i, gap_j, j);
                auto row = drawn_[i++];
                row.message = came_[j++];
                rows_.push_back(std::move(row));
                gap_i = i;
                gap_j = j;
            } else if (length(i + 1, j) >= length(i, j + 1)) {
                ++i;
            } else {
                ++j;
            }
        }
        fill_gap(gap_i, drawn_.size(), gap_j, came_.size());
        return std::move(rows_);
    }

private:
    // As the verdict has it; after the first difference, where it has nothing more to say, what
    // looks alike.
    bool belong(std::size_t i, std::size_t j) const {
        const auto* arrow = drawn_[i].arrow;
        const auto& message = *came_[j];
        if (arrow == nullptr) return false;
        const auto known =
            message.index < match_.arrow_of.size() ? match_.arrow_of[message.index] : std::nullopt;
        if (known) return known == arrow->id;
        const auto& difference = match_.difference;
        const bool after =
            difference && difference->observed && message.index > *difference->observed;
        return after && !message.implied && participant_of_[arrow->from] == message.from &&
               participant_of_[arrow->to] == message.to && label_fits(arrow->label, message);
    }
    std::size_t& length(std::size_t i, std::size_t j) {
        return lengths_[i * (came_.size() + 1) + j];
    }

    void measure() {
        lengths_.assign((drawn_.size() + 1) * (came_.size() + 1), 0);
        for (std::size_t i = drawn_.size(); i-- > 0;) {
            for (std::size_t j = came_.size(); j-- > 0;)
                length(i, j) = belong(i, j) ? length(i + 1, j + 1) + 1
                                            : std::max(length(i + 1, j), length(i, j + 1));
        }
    }

    // Beside each other, though they do not belong together; alone are captions, and what need not
    // be drawn.
    void fill_gap(std::size_t i, std::size_t end_i, std::size_t j, std::size_t end_j) {
        while (i < end_i || j < end_j) {
            FlowRow row;
            const bool implied = j < end_j && came_[j]->implied;
            if (i < end_i && !implied) row = drawn_[i++];
            if (row.caption.empty() && j < end_j) row.message = came_[j++];
            rows_.push_back(std::move(row));
        }
    }

    std::vector<FlowRow> drawn_, rows_;
    std::vector<const ObservedMessage*> came_;
    const FlowMatch& match_;
    std::vector<std::optional<std::size_t>> participant_of_;  // of each lifeline
    std::vector<std::size_t> lengths_;
};

}  // namespace

std::set<std::size_t> wrong_messages(const Verdict& verdict) {
    std::set<std::size_t> wrong;
    if (verdict.flow.difference && verdict.flow.difference->observed)
        wrong.insert(*verdict.flow.difference->observed);
    for (const auto& criterion : verdict.criteria) {
        if (!criterion.holds && criterion.message) wrong.insert(*criterion.message);
    }
    for (const auto& finding : verdict.findings) {
        if (finding.departure.empty()) wrong.insert(finding.message);
    }
    return wrong;
}

std::vector<FlowRow> align_flow(const Diagram& expected,
                                const Observation& observed,
                                const Verdict& verdict,
                                bool implied) {
    const auto wrong = wrong_messages(verdict);
    std::vector<FlowRow> drawn;
    flatten(expected.body, 0, drawn);
    std::vector<const ObservedMessage*> came;
    for (const auto& message : observed.messages) {
        if (!message.implied || implied || wrong.contains(message.index)) came.push_back(&message);
    }
    std::vector<std::optional<std::size_t>> participants;
    for (const auto& lifeline : expected.lifelines) {
        auto found = observed.network.named(lifeline.name);
        participants.push_back(found ? found : observed.network.named(lifeline.id));
    }
    auto rows =
        Alignment(std::move(drawn), std::move(came), verdict.flow, std::move(participants)).run();
    const auto& difference = verdict.flow.difference;
    for (auto& row : rows) {
        if (difference && row.arrow && difference->expected == row.arrow->id) row.differs = true;
        if (row.message && wrong.contains(row.message->index)) row.differs = true;
    }
    return rows;
}

std::vector<bool> rows_around_marks(const std::vector<FlowRow>& rows, std::size_t around) {
    std::vector<bool> shown(rows.size(), false);
    bool any = false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!rows[i].differs) continue;
        any = true;
        const std::size_t first = i > around ? i - around : 0;
        for (std::size_t j = first; j < std::min(rows.size(), i + around + 1); ++j) shown[j] = true;
    }
    if (!any) shown.assign(rows.size(), true);
    return shown;
}

}  // namespace imslab::lab
