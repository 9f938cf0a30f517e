// Ownership of the procedures under way.
#include "core/task.h"

namespace imslab {

// The frame that owns a spawned task: it takes itself out of the set when the task has ended.
struct Tasks::Root {
    struct promise_type {
        Root get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }  // the frame frees itself
        void return_void() {}
        [[noreturn]] void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<> handle;
};

Tasks::Root Tasks::run(Task<void> task, std::size_t key) {
    co_await std::move(task);
    running_.erase(key);
}

void Tasks::spawn(Task<void> task) {
    const std::size_t key = ++last_key_;
    const Root root = run(std::move(task), key);
    running_.emplace(key, root.handle);
    root.handle.resume();
}

Tasks::~Tasks() {
    const auto running = std::exchange(running_, {});
    for (const auto& [key, handle] : running) handle.destroy();
}

}  // namespace imslab
