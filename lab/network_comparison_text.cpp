// What one network adds to another, for the terminal and for the report.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lab/html.h"
#include "lab/network_comparison.h"

namespace imslab::lab {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between) {
    std::string text;
    for (const auto& word : words) text.append(text.empty() ? "" : between).append(word);
    return text;
}

std::size_t hops(const std::vector<std::string>& way) { return way.empty() ? 0 : way.size() - 1; }

std::string counted(std::size_t count, const std::string& what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string story_of(const AddedField& field) {
    return field.by + " puts it in, " +
           (field.until.empty() ? "it reaches the end" : field.until + " takes it out");
}

std::string reason_of(const AddedField& field) {
    if (field.clause.empty()) return {};
    return field.clause + (field.says.empty() ? "" : ": " + field.says);
}

// Messages that took the same ways and differ in nothing that has not been told stand in one line.
struct Group {
    std::vector<std::string> labels;
    const ComparedMessage* message = nullptr;
};
std::vector<Group> groups_of(const NetworkComparison& comparison) {
    std::vector<Group> groups;
    for (const auto& message : comparison.messages) {
        const auto same = std::find_if(groups.begin(), groups.end(), [&](const Group& group) {
            return group.message->first == message.first &&
                   group.message->second == message.second && message.added.empty() &&
                   message.missing.empty() && message.taken_out.empty();
        });
        if (same == groups.end()) {
            groups.push_back({{message.label}, &message});
        } else if (std::find(same->labels.begin(), same->labels.end(), message.label) ==
                   same->labels.end()) {
            same->labels.push_back(message.label);
        }
    }
    return groups;
}

}  // namespace

std::string summary_of(const NetworkComparison& comparison) {
    std::string text = fmt::format("{}: {} on {}, {} on {}",
                                   comparison.scenario,
                                   counted(comparison.first_messages, "message"),
                                   comparison.first,
                                   comparison.second_messages,
                                   comparison.second);
    if (!comparison.messages.empty()) {
        const auto& one = comparison.messages.front();
        text += fmt::format(
            "; {} over {} and {}", one.label, counted(hops(one.first), "hop"), hops(one.second));
    }
    std::vector<std::string> headers;
    for (const auto& message : comparison.messages) {
        for (const auto& field : message.added) {
            if (std::find(headers.begin(), headers.end(), field.header) == headers.end())
                headers.push_back(field.header);
        }
    }
    if (!headers.empty()) text += "; " + comparison.first + " adds " + joined(headers, ", ");
    return text;
}

std::string draw_comparison(const NetworkComparison& comparison, const LadderStyle& style) {
    const std::string arrow = style.ascii ? " -> " : " → ";
    const auto width = std::max(comparison.first.size(), comparison.second.size());
    std::string text = fmt::format("{} on {} and on {}: {} and {}\n",
                                   comparison.scenario,
                                   comparison.first,
                                   comparison.second,
                                   counted(comparison.first_messages, "message"),
                                   comparison.second_messages);
    if (!comparison.diameter.empty())
        text +=
            fmt::format("  only on {}: {}\n", comparison.first, joined(comparison.diameter, ", "));
    const auto way = [&](const std::string& network, const std::vector<std::string>& lifelines) {
        text += fmt::format("    {:<{}}  {}  ({})\n",
                            network,
                            width,
                            joined(lifelines, arrow),
                            counted(hops(lifelines), "hop"));
    };
    const auto fields = [&](char sign, const std::vector<AddedField>& list) {
        for (const auto& field : list) {
            text += fmt::format("    {} {:<30} {}\n", sign, field.header, story_of(field));
            if (const auto reason = reason_of(field); !reason.empty())
                text += fmt::format("      {:<30} {}\n", "", reason);
        }
    };
    for (const auto& group : groups_of(comparison)) {
        text += "  " + joined(group.labels, ", ") + "\n";
        way(comparison.first, group.message->first);
        way(comparison.second, group.message->second);
        fields('+', group.message->added);
        fields('-', group.message->missing);
        fields('~', group.message->taken_out);
    }
    return text;
}

nlohmann::ordered_json to_json(const NetworkComparison& comparison) {
    nlohmann::ordered_json result;
    result["scenario"] = comparison.scenario;
    result["networks"] = {comparison.first, comparison.second};
    result["messages"] = {comparison.first_messages, comparison.second_messages};
    for (const auto& message : comparison.messages) {
        nlohmann::ordered_json entry;
        entry["label"] = message.label;
        entry["ways"] = {message.first, message.second};
        const auto fields = [&](const char* key, const std::vector<AddedField>& list) {
            for (const auto& field : list)
                entry[key].push_back({{"header", field.header},
                                      {"by", field.by},
                                      {"until", field.until},
                                      {"clause", field.clause}});
        };
        fields("added", message.added);
        fields("missing", message.missing);
        fields("taken_out", message.taken_out);
        result["ways"].push_back(std::move(entry));
    }
    return result;
}

std::string html_comparison(const NetworkComparison& comparison) {
    std::string text = fmt::format(
        "<section class=\"comparison\"><h2><span class=\"id\">{0}</span> What {1} adds to {2}</h2>"
        "<p>{3} on <a href=\"#{0}\">{1}</a>, {4} on <a href=\"#{0}@{2}\">{2}</a>{5}.</p>",
        html(comparison.scenario),
        html(comparison.first),
        html(comparison.second),
        counted(comparison.first_messages, "message"),
        comparison.second_messages,
        comparison.diameter.empty() ? ""
                                    : "; only on " + html(comparison.first) + ": " +
                                          html(joined(comparison.diameter, ", ")));
    text +=
        "<table class=\"changes\"><thead><tr><th></th><th>Header field</th><th>Who</th><th>Why"
        "</th></tr></thead><tbody>";
    const auto fields =
        [&](std::string_view kind, std::string_view sign, const std::vector<AddedField>& list) {
            for (const auto& field : list)
                text += fmt::format(
                    "<tr class=\"{}\"><td>{}</td><th scope=\"row\">{}</th><td>{}</td><td "
                    "class=\"why\">{} <span class=\"clause\">{}</span></td></tr>",
                    kind,
                    sign,
                    html(field.header),
                    html(story_of(field)),
                    html(field.says),
                    html(field.clause));
        };
    for (const auto& group : groups_of(comparison)) {
        const auto& message = *group.message;
        text += fmt::format(
            "<tr class=\"way\"><td></td><th scope=\"row\">{}</th><td colspan=\"2\">{} <span "
            "class=\"clause\">{}</span><br>{} <span class=\"clause\">{}</span></td></tr>",
            html(joined(group.labels, ", ")),
            html(joined(message.first, " → ")),
            counted(hops(message.first), "hop"),
            html(joined(message.second, " → ")),
            counted(hops(message.second), "hop"));
        fields("added", "+", message.added);
        fields("removed", "−", message.missing);
        fields("changed", "~", message.taken_out);
    }
    return text + "</tbody></table></section>";
}

}  // namespace imslab::lab
