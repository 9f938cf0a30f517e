// imslab coverage: clause → code → unit tests → scenarios.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "lab/commands.h"
#include "lab/coverage.h"
#include "lab/places.h"
#include "lab/run.h"

namespace imslab::lab {

namespace {

// A selector is a specification ("24.229", "TS 24.229"), a clause ("5.4.1") or both ("24.229 5.4").
bool is_chosen(const std::vector<std::string>& selectors,
               const std::string& specification,
               const std::string& clause) {
    if (selectors.empty()) return true;
    for (const auto& selector : selectors) {
        const auto name = specification.substr(specification.find(' ') + 1);
        if (selector == specification || selector == name || clause == selector ||
            clause.starts_with(selector + ".")) {
            return true;
        }
        const auto gap = selector.rfind(' ');
        if (gap == selector.npos) continue;
        const auto left = selector.substr(0, gap);
        const auto right = selector.substr(gap + 1);
        if ((left == name || left == specification) &&
            (clause == right || clause.starts_with(right + "."))) {
            return true;
        }
    }
    return false;
}

void print_clause(const ClauseCoverage& clause) {
    fmt::print("  {:<12} {:<10} {}{}\n",
               "§" + clause.clause->number,
               clause.clause->done ? "done" : "exception",
               clause.clause->title,
               clause.clause->verified ? "" : " (number not verified)");
    if (!clause.clause->done) fmt::print("{:16}because {}\n", "", clause.clause->reason);
    const std::pair<const char*, const std::vector<ClauseTag>*> rows[] = {
        {"code", &clause.code},
        {"rules", &clause.rules},
        {"tests", &clause.tests},
        {"scenarios", &clause.scenarios}};
    for (const auto& [name, tags] : rows) {
        if (!tags->empty()) fmt::print("{:16}{:<10}{}\n", "", name, places(*tags));
    }
}

void print_text(const Coverage& coverage, const std::vector<std::string>& selectors) {
    std::size_t clauses = 0, done = 0, verified = 0, in_code = 0, in_tests = 0, in_scenarios = 0;
    for (const auto& specification : coverage.specifications) {
        bool headed = false;
        for (const auto& clause : specification.clauses) {
            const auto& name = specification.specification->name;
            if (!is_chosen(selectors, name, clause.clause->number)) continue;
            if (!headed) {
                const auto release = specification.specification->release;
                fmt::print("{}{} – {}\n",
                           name,
                           release ? fmt::format(" (Release {})", release) : "",
                           specification.specification->title);
            }
            headed = true;
            print_clause(clause);
            ++clauses;
            done += clause.clause->done;
            verified += clause.clause->verified;
            in_code += !clause.code.empty() || !clause.rules.empty();
            in_tests += !clause.tests.empty();
            in_scenarios += !clause.scenarios.empty();
        }
    }
    fmt::print(
        "{} clauses, {} done, {} exceptions; {} of the numbers verified; tagged in code or rules "
        "{}, in tests {}, in scenarios {}; {} tags in all\n",
        clauses,
        done,
        clauses - done,
        verified,
        in_code,
        in_tests,
        in_scenarios,
        coverage.tags);
}

nlohmann::ordered_json as_json(const std::vector<ClauseTag>& tags) {
    auto array = nlohmann::ordered_json::array();
    for (const auto& tag : tags) array.push_back(tag.file + ":" + std::to_string(tag.line));
    return array;
}

void print_json(const Coverage& coverage, const std::vector<std::string>& selectors) {
    auto all = nlohmann::ordered_json::array();
    for (const auto& specification : coverage.specifications) {
        for (const auto& clause : specification.clauses) {
            const auto& name = specification.specification->name;
            if (!is_chosen(selectors, name, clause.clause->number)) continue;
            nlohmann::ordered_json one;
            one["specification"] = name;
            if (const auto release = specification.specification->release) one["release"] = release;
            one["clause"] = clause.clause->number;
            one["title"] = clause.clause->title;
            one["status"] = clause.clause->done ? "done" : "exception";
            if (!clause.clause->done) one["reason"] = clause.clause->reason;
            one["verified"] = clause.clause->verified;
            if (!clause.clause->verified) one["from"] = clause.clause->from;
            one["code"] = as_json(clause.code);
            one["rules"] = as_json(clause.rules);
            one["tests"] = as_json(clause.tests);
            one["scenarios"] = as_json(clause.scenarios);
            all.push_back(std::move(one));
        }
    }
    fmt::print("{}\n", all.dump(2));
}

// OMA's static conformance requirements: item, and the scenarios that show it.
int show_conformance(bool json) {
    const auto selection = select({}, "");
    std::map<std::string, std::vector<std::string>> items;
    for (const auto& prepared : selection.scenarios) {
        if (prepared.scenario.id != prepared.scenario.base_id) continue;  // on another network
        for (const auto& item : prepared.scenario.conformance)
            items[item].push_back(prepared.scenario.id);
    }
    auto all = nlohmann::ordered_json::object();
    std::string group;
    for (const auto& [item, scenarios] : items) {
        all[item] = scenarios;
        if (json) continue;
        const auto prefix = item.substr(0, item.find('-'));
        if (prefix != std::exchange(group, prefix)) fmt::print("{}\n", group);
        fmt::print("  {:24}{}{}\n",
                   item,
                   item.ends_with("-M")   ? "mandatory  "
                   : item.ends_with("-O") ? "optional   "
                                          : "           ",
                   fmt::join(scenarios, ", "));
    }
    if (json)
        fmt::print("{}\n", all.dump(2));
    else
        fmt::print("{} items of static conformance requirements shown by scenarios\n", items.size());
    if (!selection.mistakes.empty()) return report(selection.mistakes);
    return kPassed;
}

int show(const std::vector<std::string>& selectors, bool json) {
    const auto root = root_folder();
    const auto specifications = load_specifications(root + "/docs/spec");
    if (!specifications) return report(specifications.error());
    const auto tags = clause_tags_of_tree(root);
    const auto coverage = cover(*specifications, tags);
    json ? print_json(coverage, selectors) : print_text(coverage, selectors);
    for (const auto& tag : coverage.unresolved) {
        report(tag.file + ":" + std::to_string(tag.line) + ": found: " + tag.specification + " §" +
               tag.clause + "; expected: a clause listed in docs/spec");
    }
    for (const auto& clause : coverage.untagged)
        report(clause + " is listed as done, and nothing is tagged with it");
    return coverage.unresolved.empty() && coverage.untagged.empty() ? kPassed : kFailed;
}

}  // namespace

void add_coverage(CLI::App& app, Context& context) {
    auto* verb =
        app.add_subcommand("coverage", "Clause by clause: the code, the tests, the scenarios");
    struct Options {
        std::vector<std::string> selectors;
        bool json = false, scr = false;
    };
    auto options = std::make_shared<Options>();
    verb->add_option("selector", options->selectors, "specifications or clauses; none: all");
    verb->add_flag("--json", options->json, "as JSON");
    verb->add_flag("--scr", options->scr, "OMA's static conformance requirements instead");
    verb->footer(
        "Examples:\n  imslab coverage\n  imslab coverage 24.229\n  imslab coverage '24.229 5.4.3'\n"
        "  imslab coverage --scr\n"
        "Exit status 1: a tag resolves to no listed clause, or a clause is done without a tag.");
    verb->callback([options, &context] {
        context.exit = options->scr ? show_conformance(options->json)
                                    : show(options->selectors, options->json);
    });
}

}  // namespace imslab::lab
