// The verdicts as JUnit XML, for CI.
#include <fmt/format.h>

#include "lab/report.h"

namespace imslab::lab {
namespace {

// XML 1.0 has no way to write most control characters: they become '?'.
std::string escaped(std::string_view text) {
    std::string result;
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
            case '\n':
                result += "&#10;";
                break;
            case '\t':
                result += ' ';
                break;
            default:
                result += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
        }
    }
    return result;
}

std::string details(const ScenarioRun& run) {
    std::string text = run.verdict.sentence;
    for (const auto& criterion : run.verdict.criteria) {
        if (!criterion.holds && criterion.sentence != text) text += "\n" + criterion.sentence;
    }
    for (const auto& finding : run.verdict.findings) {
        if (finding.departure.empty())
            text += "\n" + finding.rule + " (" + finding.clause + "): " + finding.sentence;
    }
    return text + "\nAgain: " + run.rerun;
}

std::string test_case(const ScenarioRun& run) {
    std::string xml =
        fmt::format("  <testcase classname=\"{}\" name=\"{}\" file=\"{}\" time=\"{:.3f}\"",
                    escaped(run.scenario.topology),
                    escaped(run.scenario.id + " " + run.scenario.title),
                    escaped(run.scenario.file),
                    run.seconds);
    if (run.passed()) return xml + "/>\n";
    xml += ">\n";
    if (run.interrupted) {
        xml += fmt::format("    <skipped message=\"{}\"/>\n", escaped(run.error));
    } else if (!run.error.empty()) {
        xml += fmt::format("    <error message=\"{}\"/>\n", escaped(run.error));
    } else {
        xml += fmt::format("    <failure message=\"{}\">{}</failure>\n",
                           escaped(run.verdict.sentence),
                           escaped(details(run)));
    }
    return xml + "  </testcase>\n";
}

}  // namespace

std::string junit_xml(const std::vector<ScenarioRun>& runs, const RunFacts& facts) {
    std::size_t failures = 0;
    std::size_t errors = 0;
    std::size_t skipped = facts.not_run.size();
    double seconds = 0;
    for (const auto& run : runs) {
        skipped += run.interrupted;
        errors += !run.error.empty() && !run.interrupted;
        failures += run.error.empty() && !run.passed();
        seconds += run.seconds;
    }
    std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    xml += fmt::format(
        "<testsuite name=\"imslab\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
        "time=\"{:.3f}\" "
        "timestamp=\"{}\">\n",
        runs.size() + facts.not_run.size(),
        failures,
        errors,
        skipped,
        seconds,
        escaped(facts.started));
    xml += fmt::format(
        "  <properties>\n    <property name=\"command\" value=\"{}\"/>\n    <property "
        "name=\"seed\" value=\"{}\"/>\n",
        escaped(facts.command),
        facts.seed);
    for (const auto& [component, version] : facts.versions) {
        xml += fmt::format(
            "    <property name=\"{}\" value=\"{}\"/>\n", escaped(component), escaped(version));
    }
    xml += "  </properties>\n";
    for (const auto& run : runs) xml += test_case(run);
    for (const auto& scenario : facts.not_run)
        xml += fmt::format(
            "  <testcase name=\"{}\"><skipped message=\"interrupted before it\"/></testcase>\n",
            escaped(scenario));
    return xml + "</testsuite>\n";
}

}  // namespace imslab::lab
