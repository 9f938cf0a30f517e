// Clause tags: "TS 24.229 §5.4.1.2.2", "TS 29.228 Annex E" wherever the tree says which clause it
// does, tests or shows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace imslab::lab {

enum class TagPlace { code, rule, test, scenario, document };

struct ClauseTag {
    std::string specification;  // "TS 24.229"; empty: a § with no specification to belong to
    std::string clause;         // "5.4.1.2.2", "E"
    TagPlace place = TagPlace::code;
    std::string file;  // relative to the root of the tree
    std::size_t line = 0;
};

// The tags of one file. A § belongs to the specification named before it in the same comment (in a
// file without comments: line), else to the one that the file names first.
std::vector<ClauseTag> clause_tags(const std::string& file, TagPlace place, std::string_view text);

// Those of the whole tree, by file and line.
std::vector<ClauseTag> clause_tags_of_tree(const std::string& root);

}  // namespace imslab::lab
