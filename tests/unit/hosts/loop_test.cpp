// The event loop between a node, its services and its deadline.
#include "hosts/asio/loop.h"

#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>

#include "tests/unit/hosts/running_loop.h"

using namespace imslab;
using namespace imslab::host;
using std::chrono::milliseconds;

namespace {

struct Lookup {
    int value = 0;
};
struct Found {
    int value = 0;
};

// Asks once it is woken.
void ask_once(ScriptedNode& node) {
    node.deadline = Time{};
    node.on_event = [&node](const Event& event, Outbox& outbox, Time) {
        if (!std::holds_alternative<Woken>(event)) return;
        node.deadline.reset();
        outbox.emit(Ask{outbox.next_ask_id(), Lookup{20}});
    };
}

std::string ask_control(const std::string& path, const std::string& line) {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
    Peer peer(std::in_place, socket);
    peer.send(line);
    return peer.receive_all();
}

}  // namespace

TEST_CASE("a question goes to the service for its type, the answer comes back as an event") {
    RunningLoop running;
    running.loop.provide<Lookup>(
        [&](AskId id, const Lookup& lookup) { running.loop.answer(id, Found{lookup.value + 1}); });
    ask_once(running.node);
    running.start();

    const auto answered = running.node.await<Answered>();
    CHECK(std::any_cast<Found>(answered.answer).value == 21);
}

TEST_CASE("a service answers from a thread of its own") {
    RunningLoop running;
    std::thread service;
    running.loop.provide<Lookup>([&](AskId id, Lookup lookup) {
        service = std::thread(
            [&running, id, lookup] { running.loop.inbox().answer(id, Found{lookup.value * 2}); });
    });
    ask_once(running.node);
    running.start();

    CHECK(std::any_cast<Found>(running.node.await<Answered>().answer).value == 40);
    service.join();
}

TEST_CASE("a question nobody answers times out, a late answer is dropped") {
    RunningLoop running;
    AskId asked = 0;
    running.loop.provide<Lookup>([&](AskId id, const Lookup&) { asked = id; }, milliseconds(5));
    ask_once(running.node);
    running.start();

    const auto answered = running.node.await<Answered>();
    CHECK(std::any_cast<AskFailed>(answered.answer).why == AskFailed::Why::timed_out);
    running.loop.inbox().answer(asked, Found{1});
    running.stop();
    CHECK(running.node.count<Answered>() == 1);
}

TEST_CASE("a question for which there is no service is unreachable") {
    RunningLoop running;
    ask_once(running.node);
    running.start();
    CHECK(std::any_cast<AskFailed>(running.node.await<Answered>().answer).why ==
          AskFailed::Why::unreachable);
}

TEST_CASE("10,000 questions of another thread are all answered, in order") {
    RunningLoop running;
    running.node.on_event = [](const Event& event, Outbox& outbox, Time) {
        if (const auto* asked = std::get_if<Asked>(&event))
            outbox.emit(Reply{asked->id, std::any_cast<int>(asked->request)});
    };
    running.start();
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<int> answers;
    std::thread asker([&] {
        for (int i = 0; i < 10'000; ++i) {
            running.loop.inbox().ask(Question{"peer", i, [&](std::any answer) {
                                                  const std::lock_guard lock(mutex);
                                                  answers.push_back(std::any_cast<int>(answer));
                                                  changed.notify_one();
                                              }});
        }
    });
    asker.join();
    std::unique_lock lock(mutex);
    REQUIRE(
        changed.wait_for(lock, std::chrono::seconds(5), [&] { return answers.size() == 10'000; }));
    for (int i = 0; i < 10'000; ++i) REQUIRE(answers[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("the node is woken at its deadline, not before") {
    RunningLoop running;
    const Time wanted = running.loop.now() + milliseconds(20);
    Time woken{};
    running.node.deadline = wanted;
    running.node.on_event = [&](const Event& event, Outbox&, Time now) {
        if (!std::holds_alternative<Woken>(event)) return;
        woken = now;
        running.node.deadline.reset();
    };
    running.start();
    running.node.await<Woken>();
    running.stop();
    CHECK(woken >= wanted);
    CHECK(woken < wanted + std::chrono::seconds(2));
}

TEST_CASE("the control socket is its owner's alone and answers state, stats and what it knows") {
    const auto path = std::filesystem::temp_directory_path() /
                      ("imslab-test-" + std::to_string(::getpid()) + ".sock");
    RunningLoop running;
    REQUIRE(running.loop.control().listen(path.string()));
    running.start();
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);

    CHECK(ask_control(path.string(), "state\n") == "{\n  \"bindings\": 1\n}\n");
    CHECK(ask_control(path.string(), "stats\n").find("\"connections\": 0") != std::string::npos);
    CHECK(ask_control(path.string(), "reboot now\n") ==
          "error: unknown command \"reboot\"; expected one of: die settled state stats\n");
    CHECK(ask_control(path.string(), "die soon\n") == "expected die and at which message: die 1\n");
    running.stop();
    CHECK(!std::filesystem::exists(path));
}

TEST_CASE("every message is in the trace, in the order of the lifeline") {
    const auto path = (std::filesystem::temp_directory_path() /
                       ("imslab-test-" + std::to_string(::getpid()) + ".trace"))
                          .string();
    Address at;
    Address ue_address;
    {
        RunningLoop running({}, std::move(*trace::Writer::create(path)));
        running.node.on_event = echo;
        at = running.listen();
        running.start();
        Peer ue(SOCK_DGRAM);
        ue_address = ue.local();
        ue.send_to(at, "REGISTER");
        CHECK(ue.receive() == "REGISTER");
        running.stop();
    }
    const auto records = trace::read(path);
    REQUIRE(records);
    REQUIRE(records->size() == 2);
    CHECK((*records)[0].direction == trace::Direction::received);
    CHECK((*records)[1].direction == trace::Direction::sent);
    CHECK((*records)[0].bytes == "REGISTER");
    CHECK((*records)[0].flow.local == at);
    CHECK((*records)[1].flow.remote == ue_address);
    CHECK((*records)[0].sequence < (*records)[1].sequence);
    std::filesystem::remove(path);
}
