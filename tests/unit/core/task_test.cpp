// Procedures as coroutines: start, nesting, answers, cancellation.
#include "core/task.h"

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "core/asks.h"

using namespace imslab;

namespace {

struct Question {
    std::string text;
};
struct Spoken {
    std::string text;
};

// Says when the frame that holds it is destroyed.
struct Alive {
    explicit Alive(int& c) : count(c) { ++count; }
    Alive(const Alive&) = delete;
    ~Alive() { --count; }
    int& count;
};

Task<std::string> ask_twice(Asks& asks) {
    const Question first{"first"};
    auto a = co_await asks.ask<Spoken>(first);
    const Question second{"second"};
    auto b = co_await asks.ask<Spoken>(second);
    if (!a || !b) co_return "failed";
    co_return a->text + b->text;
}

Task<void> note(Asks& asks, std::string& into, int& alive) {
    const Alive here(alive);
    into = co_await ask_twice(asks);
}

std::vector<Effect> effects_of(Outbox& outbox) {
    std::vector<Effect> effects;
    outbox.take(effects);
    return effects;
}

}  // namespace

TEST_CASE("a procedure asks, waits for the answer, asks again and ends") {
    Outbox outbox;
    Asks asks(outbox);
    std::string result;
    int alive = 0;
    Tasks tasks;
    tasks.spawn(note(asks, result, alive));

    auto effects = effects_of(outbox);
    REQUIRE(effects.size() == 1);
    const auto first = std::get<Ask>(effects[0]);
    CHECK(std::any_cast<Question>(first.request).text == "first");
    CHECK(alive == 1);

    asks.on_answered({first.id, Spoken{"a"}});
    effects = effects_of(outbox);
    REQUIRE(effects.size() == 1);
    asks.on_answered({std::get<Ask>(effects[0]).id, Spoken{"b"}});
    CHECK(result == "ab");
    CHECK(alive == 0);
    CHECK(tasks.under_way() == 0);
}

TEST_CASE("a failed question is a value, not an exception") {
    Outbox outbox;
    Asks asks(outbox);
    std::string result;
    int alive = 0;
    Tasks tasks;
    tasks.spawn(note(asks, result, alive));
    for (int i = 0; i < 2; ++i) {
        const auto effects = effects_of(outbox);
        REQUIRE(effects.size() == 1);
        asks.on_answered(
            {std::get<Ask>(effects[0]).id, AskFailed{AskFailed::Why::timed_out, "late"}});
    }
    CHECK(result == "failed");
}

TEST_CASE("destroying the set cancels what waits, and the late answer is ignored") {
    Outbox outbox;
    Asks asks(outbox);
    std::string result;
    int alive = 0;
    AskId id = 0;
    {
        Tasks tasks;
        tasks.spawn(note(asks, result, alive));
        id = std::get<Ask>(effects_of(outbox)[0]).id;
        CHECK(asks.open() == 1);
    }
    CHECK(alive == 0);
    CHECK(asks.open() == 0);
    asks.on_answered({id, Spoken{"late"}});
    CHECK(result.empty());
}
