// Traceability: clause → code → unit tests → scenarios.
#include "lab/coverage.h"

#include <map>

namespace imslab::lab {

namespace {

void put(ClauseCoverage& clause, const ClauseTag& tag) {
    switch (tag.place) {
        case TagPlace::code:
            clause.code.push_back(tag);
            return;
        case TagPlace::rule:
            clause.rules.push_back(tag);
            return;
        case TagPlace::test:
            clause.tests.push_back(tag);
            return;
        case TagPlace::scenario:
            clause.scenarios.push_back(tag);
            return;
        case TagPlace::document:
            return;
    }
}

}  // namespace

Coverage cover(const std::vector<Specification>& specifications,
               const std::vector<ClauseTag>& tags) {
    Coverage coverage;
    coverage.tags = tags.size();
    std::map<std::pair<std::string, std::string>, std::pair<std::size_t, std::size_t>> listed;
    for (const auto& specification : specifications) {
        SpecificationCoverage one{&specification, {}};
        for (const auto& clause : specification.clauses) {
            listed[{specification.name, clause.number}] = {coverage.specifications.size(),
                                                           one.clauses.size()};
            one.clauses.emplace_back().clause = &clause;
        }
        coverage.specifications.push_back(std::move(one));
    }
    for (const auto& tag : tags) {
        const auto found = listed.find({tag.specification, tag.clause});
        if (found == listed.end()) {
            coverage.unresolved.push_back(tag);
        } else {
            const auto& [specification, clause] = found->second;
            put(coverage.specifications[specification].clauses[clause], tag);
        }
    }
    for (const auto& one : coverage.specifications) {
        for (const auto& clause : one.clauses) {
            if (clause.clause->done && !clause.is_tagged())
                coverage.untagged.push_back(one.specification->name + " §" + clause.clause->number);
        }
    }
    return coverage;
}

std::string places(const std::vector<ClauseTag>& tags) {
    std::string text;
    const ClauseTag* last = nullptr;
    for (const auto& tag : tags) {
        if (last && last->file == tag.file) {
            if (last->line != tag.line) text += "," + std::to_string(tag.line);
        } else {
            text += (last ? ", " : "") + tag.file + ":" + std::to_string(tag.line);
        }
        last = &tag;
    }
    return text;
}

}  // namespace imslab::lab
