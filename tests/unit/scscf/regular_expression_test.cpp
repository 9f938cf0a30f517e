// Extended regular expressions (IEEE 1003.1, chapter 9.4) as trigger points use them.
#include "scscf/regular_expression.h"

#include <regex.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <random>
#include <string>

using imslab::scscf::RegularExpression;

namespace {

bool found(std::string_view pattern, std::string_view text, bool ignore_case = false) {
    const auto expression = RegularExpression::compile(pattern, ignore_case);
    REQUIRE(expression);
    return expression->is_found_in(text);
}

// What the C library says of it.
bool found_by_library(const std::string& pattern, const std::string& text) {
    regex_t compiled;
    REQUIRE(regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB) == 0);
    const bool matches = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
    regfree(&compiled);
    return matches;
}

}  // namespace

TEST_CASE("A pattern is found anywhere, unless it is anchored") {
    CHECK(found("audio", "m=audio 49170"));
    CHECK_FALSE(found("video", "m=audio 49170"));
    CHECK(found("^sip:.*@home$", "sip:alice@home"));
    CHECK_FALSE(found("^sip:.*@home$", "sip:alice@home.example"));
    CHECK(found("", ""));
    CHECK(found("^$", ""));
    CHECK_FALSE(found("^$", "x"));
}

TEST_CASE("Repetition, choice, groups and brackets are those of POSIX") {
    CHECK(found("^(ab|c)+d?$", "abcab"));
    CHECK(found("^[0-9]{3,5}$", "1234"));
    CHECK_FALSE(found("^[0-9]{3,5}$", "123456"));
    CHECK(found("^[[:alpha:]_][^]x-z]*$", "a_b"));
    CHECK_FALSE(found("^[^]x-z]$", "]"));
    CHECK(found("sip:\\+1[.]?555", "sip:+1555"));
    CHECK(found("^a{0}b$", "b"));
    CHECK(found("ALICE", "sip:alice@home", true));
}

TEST_CASE("What is no expression is refused with a sentence") {
    for (const auto* wrong : {"(", "a)", "[a", "*a", "a\\", "a{300}", "a{3,1}", "[[:nope:]]"}) {
        INFO(wrong);
        const auto expression = RegularExpression::compile(wrong);
        REQUIRE_FALSE(expression);
        CHECK(expression.error().find("at character") != std::string::npos);
    }
    // Nested repetitions that would become millions of instructions.
    CHECK_FALSE(RegularExpression::compile("((a{200}){200}){200}"));
    CHECK_FALSE(RegularExpression::compile(std::string(1000, '(')));
}

TEST_CASE("A pathological expression takes time linear in the text") {
    const auto expression = RegularExpression::compile("^(a|a)*(a*)*(a+)+b$");
    REQUIRE(expression);
    const auto exploding = RegularExpression::compile("(a|b)*a(a|b){14}$");
    REQUIRE(exploding);
    const std::string text(100'000, 'a');
    const auto begin = std::chrono::steady_clock::now();
    CHECK_FALSE(expression->is_found_in(text));
    std::string mixed;
    std::mt19937 any(1);
    for (int i = 0; i < 20'000; ++i) mixed += any() % 2 == 0 ? 'a' : 'b';
    exploding->is_found_in(mixed);  // 2^14 states, were they kept
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
}

TEST_CASE("It agrees with the C library on expressions made at random") {
    std::mt19937 any(7);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(any() % bound); };
    const char* const atoms[] = {"a", "b", "c", ".", "[ab]", "[^a]", "(a|bc)", "(ab)", "(c|)"};
    const char* const repeats[] = {"", "", "", "*", "+", "?", "{1,2}", "{2}"};
    for (int i = 0; i < 2000; ++i) {
        std::string pattern = below(4) == 0 ? "^" : "";
        for (unsigned parts = 1 + below(4); parts > 0; --parts) {
            pattern += atoms[below(9)];
            pattern += repeats[below(8)];
        }
        if (below(4) == 0) pattern += "$";
        if (below(5) == 0) pattern += "|cc";
        std::string text;
        for (unsigned length = below(8); length > 0; --length) text += "abc"[below(3)];
        INFO(pattern << " in " << text);
        CHECK(found(pattern, text) == found_by_library(pattern, text));
    }
}
