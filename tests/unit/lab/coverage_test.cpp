// Traceability: clause tags are found, resolve, and each clause that is done has one.
#include "lab/coverage.h"

#include <catch2/catch_test_macros.hpp>

using namespace imslab::lab;

namespace {

std::string as_text(const std::vector<ClauseTag>& tags) {
    std::string text;
    for (const auto& tag : tags)
        text += tag.specification + "/" + tag.clause + "@" + std::to_string(tag.line) + " ";
    return text;
}

const char* const kOne =
    "[[specification]]\n"
    "name = \"TS 24.229\"\n"
    "title = \"the core\"\n"
    "release = 18\n"
    "source = \"its contents\"\n"
    "clauses = [\n"
    "    { number = \"5.2.2.1\", title = \"REGISTER\", status = \"done\" },\n"
    "    { number = \"5.2.10\", title = \"emergency\", status = \"exception\", reason = \"later\" "
    "},\n"
    "]\n";

}  // namespace

TEST_CASE("every tag of the tree resolves, and every clause that is done is tagged") {
    const std::string root = IMSLAB_SOURCE_DIR;
    const auto specifications = load_specifications(root + "/docs/spec");
    std::string mistakes;
    if (!specifications) {
        for (const auto& mistake : specifications.error()) mistakes += mistake.to_string() + "\n";
    }
    REQUIRE(mistakes == "");
    const auto coverage = cover(*specifications, clause_tags_of_tree(root));
    std::string unresolved, untagged;
    for (const auto& tag : coverage.unresolved) {
        unresolved += tag.file + ":" + std::to_string(tag.line) + ": " + tag.specification + " §" +
                      tag.clause + "\n";
    }
    for (const auto& clause : coverage.untagged) untagged += clause + "\n";
    CHECK(unresolved == "");
    CHECK(untagged == "");
    CHECK(coverage.tags > 900);
}

TEST_CASE("a tag keeps its specification across the lines of one comment") {
    const auto tags = clause_tags("a.cpp",
                                  TagPlace::code,
                                  "// Registration (TS 24.229 §5.2.2.1,\n"
                                  "// §5.2.2.2; TS\n"
                                  "// 24.229 §5.4.3 step 7).\n"
                                  "int x;  // §5.2.1\n"
                                  "// TS 29.228 Annex B.2 in the XML of Annex E.\n");
    CHECK(as_text(tags) ==
          "TS 24.229/5.2.2.1@1 TS 24.229/5.2.2.2@2 TS 24.229/5.4.3@3 TS 24.229/5.2.1@4 "
          "TS 29.228/B.2@5 TS 29.228/E@5 ");
}

TEST_CASE("letters belong to a clause's number, words do not") {
    const auto tags = clause_tags("a.md",
                                  TagPlace::scenario,
                                  "| TS 24.229 §5.4.1.2.2F, §5.2.6.3.2A |\n"
                                  "TS 23.228 §5.2.1a and TS 23.002 §6a.7. Annexes are none.\n");
    CHECK(as_text(tags) ==
          "TS 24.229/5.4.1.2.2F@1 TS 24.229/5.2.6.3.2A@1 TS 23.228/5.2.1a@2 TS 23.002/6a.7@2 ");
}

TEST_CASE("a tag that no specification lists and a clause done without a tag are told") {
    const auto specifications = parse_specifications("one.toml", kOne);
    REQUIRE(specifications);
    const auto tags = clause_tags("a.cpp", TagPlace::code, "// TS 24.229 §5.2.6\n");
    const auto coverage = cover(*specifications, tags);
    REQUIRE(coverage.unresolved.size() == 1);
    CHECK(coverage.unresolved[0].clause == "5.2.6");
    CHECK(coverage.untagged == std::vector<std::string>{"TS 24.229 §5.2.2.1"});
}

TEST_CASE("what is tagged is listed with file and line") {
    const auto specifications = parse_specifications("one.toml", kOne);
    REQUIRE(specifications);
    const auto tags = clause_tags(
        "pcscf/a.cpp", TagPlace::code, "// TS 24.229 §5.2.2.1\n\n// TS 24.229 §5.2.2.1\n");
    const auto coverage = cover(*specifications, tags);
    CHECK(places(coverage.specifications[0].clauses[0].code) == "pcscf/a.cpp:1,3");
    CHECK(coverage.untagged.empty());
}

TEST_CASE("a mistake in a specification's file is told with line, column and what was expected") {
    const auto told = [](std::string toml) {
        const auto read = parse_specifications("one.toml", toml);
        return read ? std::string() : read.error().front().to_string();
    };
    CHECK(told("[[specification]\n").starts_with("one.toml:1:"));
    std::string text = kOne;
    CHECK(told(text.replace(text.find("release = 18"), 12, "")) ==
          "one.toml:1:1: found no release, expected the release that TS 24.229 is pinned to");
    text = kOne;
    CHECK(told(text.replace(text.find("\"done\""), 6, "\"almost\"")) ==
          "one.toml:7:5: found status 'almost', expected done or exception");
    text = kOne;
    CHECK(told(text.replace(text.find(", reason = \"later\""), 18, "")) ==
          "one.toml:8:5: found no reason, expected exceptions have one");
}
