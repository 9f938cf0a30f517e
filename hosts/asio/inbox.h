// What other threads hand to the event loop: answers to the node's questions, and questions of
// others. One mutex, and one wake-up for a whole batch.
#pragma once

#include <any>
#include <functional>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "core/node.h"

namespace imslab::host {

// Somebody asks the node; `reply` is called once, on the loop's thread, with what the node answers.
struct Question {
    std::string peer;
    std::any request;
    std::function<void(std::any answer)> reply;
};

class Inbox {
public:
    using Item = std::variant<Answered, Question, std::function<void()>>;

    Inbox();
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;
    ~Inbox();

    // From any thread.
    void answer(AskId id, std::any answer);
    void ask(Question question);
    void run(std::function<void()> on_the_loop);

    // On the loop's thread. The descriptor is readable while something waits.
    int descriptor() const { return event_; }
    void take(std::vector<Item>& into);

private:
    void post(Item item);

    int event_;
    std::mutex mutex_;
    std::vector<Item> items_;
    bool woken_ = false;
};

}  // namespace imslab::host
