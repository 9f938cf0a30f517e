// What is asked of a database on its threads is answered, also at the end; what waited too long is
// not performed.
#include "hosts/store/store_threads.h"

#include <catch2/catch_test_macros.hpp>
#include <map>

using namespace imslab;
using namespace imslab::host;

namespace {

// Performs by saying the number.
struct Counter {
    using Request = int;
    using Answer = std::string;
    static Answer failed(std::string why) { return why; }
    static Result<std::unique_ptr<Counter>, std::string> open(const std::string& line) {
        if (line.empty()) return failure(std::string("no database"));
        return std::make_unique<Counter>();
    }
    Answer perform(Request request) { return std::to_string(request); }
};

std::map<int, std::string> told_of(int asked, std::chrono::milliseconds patience) {
    std::map<int, std::string> told;
    auto threads = StoreThreads<Counter>::open("here", 1, patience);
    REQUIRE(threads);
    for (int i = 0; i < asked; ++i)
        (*threads)->ask(i, [i, &told](std::string answer) { told[i] = std::move(answer); });
    threads->reset();
    return told;
}

}  // namespace

TEST_CASE("the threads of a database end when everything that was asked is answered") {
    constexpr int kAsked = 1000;
    const auto told = told_of(kAsked, std::chrono::minutes(1));
    REQUIRE(told.size() == kAsked);
    for (const auto& [request, answer] : told) CHECK(answer == std::to_string(request));
}

TEST_CASE("what waited for a database longer than anybody waits is not performed any more") {
    const auto told = told_of(1, std::chrono::milliseconds(-1));
    CHECK(told.at(0) == "the database was too slow");
}

TEST_CASE("a database that cannot be opened has no threads") {
    const auto threads = StoreThreads<Counter>::open("", 2, std::chrono::seconds(1));
    REQUIRE_FALSE(threads);
    CHECK(threads.error() == "no database");
}
