// The HTML report: one file that needs nothing beside it.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lab/embedded.h"
#include "lab/html.h"
#include "lab/network_comparison.h"

namespace imslab::lab {
namespace {

std::string_view word_of(const ScenarioRun& run) {
    if (run.interrupted) return "interrupted";
    if (!run.error.empty()) return "error";
    return run.passed() ? "passed" : "failed";
}

std::size_t implied_messages(const ScenarioRun& run) {
    return static_cast<std::size_t>(
        std::count_if(run.observation.messages.begin(),
                      run.observation.messages.end(),
                      [](const ObservedMessage& message) { return message.implied; }));
}

std::set<std::string> departures_of(const ScenarioRun& run) {
    std::set<std::string> names;
    for (const auto& finding : run.verdict.findings) {
        if (!finding.departure.empty()) names.insert(finding.departure);
    }
    return names;
}

std::string index_row(const ScenarioRun& run) {
    return fmt::format(
        "<tr class=\"{0}\"><td><a href=\"#{1}\">{1}</a></td><td>{2}</td><td><span class=\"badge "
        "{0}\">{0}</span></td><td class=\"num\" title=\"{5} of them implied\">{3}</td><td "
        "class=\"num\">{4:.2f} s</td></tr>",
        word_of(run),
        html(run.scenario.id),
        html(run.scenario.title),
        run.observation.messages.size(),
        run.seconds,
        implied_messages(run));
}

std::string index(const std::vector<ScenarioRun>& runs) {
    std::string text =
        "<table class=\"index\"><thead><tr><th>Scenario</th><th>Title</th><th>Verdict</th><th "
        "class=\"num\">Messages</th><th class=\"num\">Time</th></tr></thead><tbody>";
    for (const auto& run : runs) text += index_row(run);
    return text + "</tbody></table>";
}

std::string criteria_table(const ScenarioRun& run) {
    if (run.verdict.criteria.empty()) return {};
    std::string text =
        "<table class=\"criteria\"><caption>Pass "
        "criteria</caption><thead><tr><th></th><th>Message</th><th>Check</th><th>Reference</th></"
        "tr></thead><tbody>";
    for (const auto& result : run.verdict.criteria) {
        const auto& criterion = run.scenario.criteria[result.criterion];
        text += fmt::format(
            "<tr class=\"{}\"><td>{}</td><td>{}</td><td>{}{}</td><td class=\"clause\">{}</td></tr>",
            result.holds ? "holds" : "fails",
            result.holds ? "✓" : "✗",
            html(criterion.message.text),
            html_words(criterion.check.text),
            result.holds ? "" : "<br><b>" + html_words(result.sentence) + "</b>",
            html(criterion.reference));
    }
    return text + "</tbody></table>";
}

std::string findings_of(const ScenarioRun& run) {
    std::string text;
    for (const auto& finding : run.verdict.findings) {
        if (finding.departure.empty())
            text += fmt::format("<li><b>{}</b> {} <span class=\"clause\">{}</span></li>",
                                html(finding.rule),
                                html_words(finding.sentence),
                                html(finding.clause));
    }
    return text.empty() ? text : "<h4>The rule book</h4><ul class=\"findings\">" + text + "</ul>";
}

std::string section(const ScenarioRun& run) {
    const Scenario& scenario = run.scenario;
    std::string text = fmt::format(
        "<section id=\"{0}\" class=\"{1}\"><h2><span class=\"id\">{0}</span> {2} <span "
        "class=\"badge {1}\">{1}</span></h2>",
        html(scenario.id),
        word_of(run),
        html(scenario.title));
    text += fmt::format("<p class=\"meta\">{} · {} · topology <code>{}</code>",
                        html(scenario.test_object),
                        html(scenario.specification),
                        html(scenario.topology));
    for (const auto& departure : departures_of(run))
        text += " · departure <code>" + html(departure) + "</code>";
    if (!run.capture.empty())
        text += fmt::format(" · <a href=\"{}\">capture</a>", html(run.capture));
    for (const auto& log : run.logs)
        text += fmt::format(
            " · <a href=\"{0}\">{1}</a>", html(log), html(log.substr(log.rfind('/') + 1)));
    text += "</p>";
    if (!scenario.purpose.empty()) text += "<p>" + html_words(scenario.purpose) + "</p>";
    if (!run.error.empty()) text += "<p class=\"sentence\">" + html(run.error) + "</p>";
    if (run.error.empty() && !run.passed())
        text += "<p class=\"sentence\">" + html_words(run.verdict.sentence) + "</p>";
    if (!run.passed() && !run.rerun.empty())
        text += "<p>Again: <code>" + html(run.rerun) + "</code></p>";
    if (run.verdict.flow.difference) {
        text += "<div class=\"scroll\">" + html_pair(run) + "</div>";
    } else if (!run.observation.messages.empty()) {
        text += "<div class=\"scroll\">" + html_ladder(run) + "</div>";
    }
    return text + criteria_table(run) + findings_of(run) + "</section>";
}

std::string facts_list(const RunFacts& facts) {
    std::string text =
        "<details class=\"facts\"><summary>What it takes to repeat this run</summary><dl>";
    const auto add = [&](std::string_view name, std::string_view value) {
        text += "<dt>" + html(name) + "</dt><dd>" + html(value) + "</dd>";
    };
    add("command", facts.command);
    add("seed", std::to_string(facts.seed));
    add("started", facts.started);
    for (const auto& [component, version] : facts.versions) add(component, version);
    return text + "</dl></details>";
}

}  // namespace

std::string html_report(const std::vector<ScenarioRun>& runs, const RunFacts& facts) {
    const auto passed = static_cast<std::size_t>(std::count_if(
        runs.begin(), runs.end(), [](const ScenarioRun& run) { return run.passed(); }));
    const auto played = static_cast<std::size_t>(std::count_if(
        runs.begin(), runs.end(), [](const ScenarioRun& run) { return !run.interrupted; }));
    std::string page =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\"><title>imslab report</title><style>";
    page += embedded::report_css;
    page += "</style></head><body><header><h1>imslab</h1><p class=\"score " +
            std::string(passed == played ? "passed" : "failed") + "\"><b>" +
            std::to_string(passed) + "</b> of <b>" + std::to_string(played) +
            "</b> scenarios passed" + html(what_was_not_run(runs, facts.not_run)) +
            "</p><p class=\"meta\">" + html(facts.started) + " · <code>" + html(facts.command) +
            "</code></p></header>";
    page +=
        "<nav class=\"tools\"><button type=\"button\" data-do=\"implied\" "
        "aria-pressed=\"false\">Show implied messages</button><button type=\"button\" "
        "data-do=\"open\">Open all</button><button "
        "type=\"button\" data-do=\"close\">Close all</button><span class=\"hint\">A message opens "
        "with a click or Enter; ↑ ↓ move along the ladder.</span></nav><main>";
    page += index(runs);
    const auto comparisons = comparisons_of(runs);
    for (const auto& run : runs) {
        page += section(run);
        for (const auto& comparison : comparisons) {
            if (run.scenario.id == comparison.scenario + "@" + comparison.second)
                page += html_comparison(comparison);
        }
    }
    page += facts_list(facts) + "</main><script>";
    page += embedded::report_js;
    return page + "</script></body></html>\n";
}

}  // namespace imslab::lab
