// The report's ladders: each row is a small drawing of all lifelines with one arrow, so that rows
// opened keep the picture whole.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/transports.h"
#include "diameter/dictionary.h"
#include "lab/flow_alignment.h"
#include "lab/header_changes.h"
#include "lab/html.h"
#include "lab/ladder.h"
#include "lab/text_canvas.h"

namespace imslab::lab {
namespace {

constexpr int kColumn = 168, kNarrowColumn = 92, kRow = 34;
constexpr int kTightColumn = 112;  // "401 Unauthorized" still stands between two lifelines
constexpr int kRoom = 1220;        // a ladder that fits a window of 1,400 does not scroll
constexpr int kMargin = 112;       // times and reference points
constexpr int kNoteLetter = 7, kNotePadding = 30;

struct Columns {
    int column = kColumn;
    std::vector<std::string> names;
    std::vector<std::string> kinds;
    std::map<std::size_t, std::size_t> of;  // participant -> column

    int x(std::size_t of_lifeline) const {
        return static_cast<int>(of_lifeline) * column + column / 2;
    }
    int width() const { return static_cast<int>(names.size()) * column; }
};

// Columns give way to the notes beside them, as far as their own words allow.
int column_width(std::size_t columns, std::size_t longest_note) {
    const int notes = static_cast<int>(longest_note) * kNoteLetter + kNotePadding;
    const int each =
        (kRoom - kMargin - notes) / static_cast<int>(std::max<std::size_t>(columns, 1));
    return std::clamp(each, kTightColumn, kColumn);
}

Columns columns_of(const ScenarioRun& run) {
    Columns columns;
    const Network& network = run.observation.network;
    const auto add = [&](std::size_t participant) {
        if (!columns.of.try_emplace(participant, columns.names.size()).second) return;
        columns.names.push_back(network[participant].name);
        columns.kinds.push_back(network[participant].kind);
    };
    for (const auto& lifeline : run.scenario.flow.lifelines) {
        auto found = network.named(lifeline.name);
        if (!found) found = network.named(lifeline.id);
        if (found) add(*found);
    }
    for (const auto& message : run.observation.messages) {
        add(message.from);
        add(message.to);
    }
    return columns;
}

std::string head(const Columns& columns, bool reference_points) {
    std::string text = fmt::format(
        "<div class=\"head\"><span class=\"t\"></span>{}<div class=\"names\" "
        "style=\"width:{}px\">",
        reference_points ? "<span class=\"p\"></span>" : "",
        columns.width());
    for (std::size_t i = 0; i < columns.names.size(); ++i) {
        text += fmt::format("<span class=\"who {}\" style=\"width:{}px\">{}</span>",
                            html(columns.kinds.empty() ? "" : columns.kinds[i]),
                            columns.column,
                            html(columns.names[i]));
    }
    return text + "</div></div>";
}

std::string lifelines(const Columns& columns) {
    std::string lines;
    for (std::size_t i = 0; i < columns.names.size(); ++i)
        lines += fmt::format(
            "<line class=\"life\" x1=\"{0}\" x2=\"{0}\" y1=\"0\" y2=\"{1}\"/>", columns.x(i), kRow);
    return lines;
}

// A row in which nothing happens on this side.
std::string still(const Columns& columns, bool reference_points) {
    return fmt::format(
        "<div class=\"row\"><span class=\"t\"></span>{}<svg width=\"{}\" height=\"{}\" "
        "aria-hidden=\"true\">{}</svg></div>",
        reference_points ? "<span class=\"p\"></span>" : "",
        columns.width(),
        kRow,
        lifelines(columns));
}

std::string drawing(const Columns& columns,
                    std::size_t from,
                    std::size_t to,
                    const std::string& label,
                    bool dashed,
                    bool lost) {
    std::string svg = fmt::format(
        "<svg width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" aria-hidden=\"true\">",
        columns.width(),
        kRow);
    svg += lifelines(columns);
    const int begin = columns.x(from);
    const int end = columns.x(to);
    const int sign = end > begin ? 1 : -1;
    const int y = kRow - 10;
    const int tip = lost ? (begin + end) / 2 : end;
    svg += fmt::format("<line class=\"arrow{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
                       dashed ? " dashed" : "",
                       begin,
                       y,
                       tip - sign * 6,
                       y);
    if (lost) {
        svg += fmt::format(
            "<path class=\"cross\" d=\"M{} {} l10 10 m0 -10 l-10 10\"/>", tip - 5, y - 5);
    } else {
        svg += fmt::format("<path class=\"tip\" d=\"M{} {} l{} -4.5 v9 z\"/>", tip, y, -9 * sign);
    }
    svg += fmt::format("<circle class=\"from\" cx=\"{}\" cy=\"{}\" r=\"2.6\"/>", begin, y);
    const int middle = begin + sign * columns.column / 2;
    return svg + fmt::format("<text x=\"{}\" y=\"{}\">{}</text></svg>", middle, y - 7, html(label));
}

std::string css_class(const ObservedMessage& message) {
    std::string name = message.diameter || message.protocol == trace::Protocol::diameter ? "dia"
                       : message.request                                                 ? "req"
                       : message.status >= 300                                           ? "bad"
                                                                                         : "ok";
    if (message.implied) name += " implied";
    return name;
}

std::string note_of(const ObservedMessage& message) {
    if (!message.malformed.empty()) return message.malformed;
    if (message.lost) return "lost";
    if (message.retransmission_of) return "retransmission";
    // UDP, as nearly always, is not worth a word.
    if (message.http) return is_secure(message.transport) ? "over TLS" : std::string();
    if (message.sip && message.transport != Transport::udp)
        return "over " + std::string(to_string(message.transport));
    if (!message.diameter || message.diameter->request) return {};
    const auto result = diameter::result_of(*message.diameter);
    return result ? diameter::result_name(*result) : std::string();
}

std::string change_rows(const ObservedMessage& message, const ScenarioRun& run) {
    const auto changes = changes_of(message, run.observation);
    const std::string& who = run.observation.network[message.from].name;
    if (changes.empty()) {
        if (message.protocol == trace::Protocol::diameter) return {};
        return "<p class=\"first\">" + html(who) +
               (run.observation.hop_before(message) != nullptr ? " passed it on unchanged."
                                                               : " made this message.") +
               "</p>";
    }
    std::string text = "<table class=\"changes\"><caption>What " + html(who) +
                       " did to it</caption><thead><tr><th></th><th>Header "
                       "field</th><th>Value</th><th>Why</th></tr></thead><tbody>";
    for (const auto& change : changes) {
        constexpr std::array<std::string_view, 3> kSigns{"+", "−", "~"};
        constexpr std::array<std::string_view, 3> kNames{"added", "removed", "changed"};
        const auto kind = static_cast<std::size_t>(change.kind);
        std::string value;
        if (!change.before.empty()) value += "<del>" + html(change.before) + "</del>";
        if (!change.after.empty()) value += "<ins>" + html(change.after) + "</ins>";
        text += fmt::format(
            "<tr class=\"{0}\"><td title=\"{0}\">{1}<span class=\"sr\"> {0}</span></td><th "
            "scope=\"row\">{2}</th><td class=\"v\">{3}</td><td class=\"why\">{4}{5}</td></tr>",
            kNames[kind],
            kSigns[kind],
            html(change.header),
            value,
            html(change.says),
            change.clause.empty() ? ""
                                  : " <span class=\"clause\">" + html(change.clause) + "</span>");
    }
    return text + "</tbody></table>";
}

std::string judgements(const ObservedMessage& message, const ScenarioRun& run) {
    std::string text;
    for (const auto& result : run.verdict.criteria) {
        if (result.message != message.index) continue;
        const auto& criterion = run.scenario.criteria[result.criterion];
        text += fmt::format("<li class=\"{}\">{} <span class=\"clause\">{}</span>{}</li>",
                            result.holds ? "holds" : "fails",
                            html_words(criterion.check.text),
                            html(criterion.reference),
                            result.holds ? "" : "<br>" + html_words(result.sentence));
    }
    for (const auto& finding : run.verdict.findings) {
        if (finding.message != message.index) continue;
        text += fmt::format("<li class=\"{}\">{} <span class=\"clause\">{} · {}</span>{}</li>",
                            finding.departure.empty() ? "fails" : "departs",
                            html_words(finding.sentence),
                            html(finding.rule),
                            html(finding.clause),
                            finding.departure.empty()
                                ? ""
                                : " departure by name: <b>" + html(finding.departure) + "</b>");
    }
    return text.empty() ? text : "<ul class=\"judged\">" + text + "</ul>";
}

std::string row(const ObservedMessage& message,
                const ScenarioRun& run,
                const Columns& columns,
                bool wrong) {
    const Network& network = run.observation.network;
    const double seconds = static_cast<double>(message.time_ns() - run.observation.start_ns) / 1e9;
    const std::string spoken =
        message.label + " from " + network[message.from].name + " to " + network[message.to].name;
    std::string text = fmt::format(
        "<details class=\"m {}{}\"><summary aria-label=\"{}\"><span class=\"t\">{:.3f}</span><span "
        "class=\"p\">{}</span>",
        css_class(message),
        wrong ? " wrong" : "",
        html(spoken),
        seconds,
        html(message.reference_point));
    text += drawing(columns,
                    columns.of.at(message.from),
                    columns.of.at(message.to),
                    message.label,
                    !message.request,
                    message.lost);
    text += "<span class=\"n\">" + html(note_of(message)) +
            "</span></summary><div class=\"open\"><div class=\"why-pane\">";
    text += judgements(message, run) + change_rows(message, run);
    text += "</div><pre tabindex=\"0\">" + html(message_text(message)) + "</pre></div></details>";
    return text;
}

// What was drawn, in the columns of what came.
class Expected {
public:
    Expected(const ScenarioRun& run, Columns& columns) : columns_(columns) {
        const Network& network = run.observation.network;
        for (const auto& lifeline : run.scenario.flow.lifelines) {
            auto found = network.named(lifeline.name);
            if (!found) found = network.named(lifeline.id);
            if (found) {
                column_of_.push_back(columns_.of.at(*found));
                continue;
            }
            column_of_.push_back(columns_.names.size());
            columns_.names.push_back(lifeline.name);
            columns_.kinds.emplace_back();
        }
    }

    std::string cell(const FlowRow& row) const {
        if (row.arrow == nullptr && row.caption.empty())
            return "<div class=\"m\">" + still(columns_, false) + "</div>";
        if (row.arrow == nullptr) {
            return fmt::format("<div class=\"block\" style=\"padding-left:{}px\">{}</div>",
                               100 + 16 * row.depth,
                               html(row.caption));
        }
        const Arrow& arrow = *row.arrow;
        return fmt::format("<div class=\"m x{}\"><div class=\"row\"><span class=\"t\">l.{}</span>",
                           row.differs ? " wrong" : "",
                           arrow.line) +
               drawing(columns_,
                       column_of_[arrow.from],
                       column_of_[arrow.to],
                       arrow.label.text,
                       arrow.label.is_response() || arrow.dashed,
                       arrow.lost) +
               "</div></div>";
    }

private:
    Columns& columns_;
    std::vector<std::size_t> column_of_;  // by lifeline of the diagram
};

}  // namespace

std::string html(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            case '\'':
                result += "&#39;";
                break;
            default:
                result += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
        }
    }
    return result;
}

std::string html_words(std::string_view text) {
    std::string result;
    bool code = false;
    while (true) {
        const std::size_t tick = text.find('`');
        result += html(text.substr(0, tick));
        if (tick == std::string_view::npos) break;
        result += code ? "</code>" : "<code>";
        code = !code;
        text.remove_prefix(tick + 1);
    }
    return code ? result + "</code>" : result;
}

std::string html_ladder(const ScenarioRun& run) {
    Columns columns = columns_of(run);
    std::size_t longest_note = 0;
    for (const auto& message : run.observation.messages)
        longest_note = std::max(longest_note, characters_of(note_of(message)));
    columns.column = column_width(columns.names.size(), longest_note);
    const auto wrong = wrong_messages(run.verdict);
    std::string text = "<div class=\"ladder\">" + head(columns, true);
    for (const auto& message : run.observation.messages)
        text += row(message, run, columns, wrong.count(message.index) != 0);
    return text + "</div>";
}

std::string html_pair(const ScenarioRun& run) {
    Columns columns = columns_of(run);
    columns.column = kNarrowColumn;
    const Expected expected(run, columns);
    std::string text = "<div class=\"ladder pair\"><div class=\"side\"><h4>Expected</h4>" +
                       head(columns, false) + "</div><div class=\"side\"><h4>Observed</h4>" +
                       head(columns, true) + "</div>";
    for (const auto& one : align_flow(run.scenario.flow, run.observation, run.verdict, true)) {
        const bool implied = one.message && one.message->implied && !one.arrow && !one.differs;
        text += fmt::format("<div class=\"side{0}\">{1}</div><div class=\"side{0}\">{2}</div>",
                            implied ? " implied" : "",
                            expected.cell(one),
                            one.message ? row(*one.message, run, columns, one.differs)
                                        : "<div class=\"m\">" + still(columns, true) + "</div>");
    }
    return text + "</div>";
}

}  // namespace imslab::lab
