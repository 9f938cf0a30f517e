// Coroutines for procedures whose steps the specification numbers. A Task starts when it is awaited
// or spawned; it is cancelled by being destroyed. Parameters are taken by value; nothing borrowed
// lives across a co_await; no braced argument stands inside a co_await expression (g++ 12.2
// destroys it twice).
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <unordered_map>
#include <utility>

#include "core/invariant.h"

namespace imslab {

template <class T>
class Task;

namespace detail {

struct PromiseBase {
    std::coroutine_handle<> continuation = std::noop_coroutine();

    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
        struct Resume {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<>) noexcept { return next; }
            void await_resume() noexcept {}
            std::coroutine_handle<> next;
        };
        return Resume{continuation};
    }
    [[noreturn]] void unhandled_exception() { std::terminate(); }  // procedures do not throw
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value;
    Task<T> get_return_object();
    void return_value(T result) { value.emplace(std::move(result)); }
    T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object();
    void return_void() {}
    void take() {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;

    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            if (handle_) handle_.destroy();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    ~Task() {
        if (handle_) handle_.destroy();
    }

    auto operator co_await() && {
        struct Awaiter {
            bool await_ready() { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
                handle.promise().continuation = awaiting;
                return handle;
            }
            T await_resume() { return handle.promise().take(); }
            std::coroutine_handle<promise_type> handle;
        };
        return Awaiter{handle_};
    }

private:
    template <class>
    friend class Task;
    friend class Tasks;
    std::coroutine_handle<promise_type> handle_;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() {
    return Task<T>{std::coroutine_handle<Promise>::from_promise(*this)};
}
inline Task<void> Promise<void>::get_return_object() {
    return Task<void>{std::coroutine_handle<Promise>::from_promise(*this)};
}
}  // namespace detail

// The procedures under way in a node. Destroying it cancels them all.
class Tasks {
public:
    Tasks() = default;
    Tasks(const Tasks&) = delete;
    Tasks& operator=(const Tasks&) = delete;
    ~Tasks();

    // Starts the procedure now; it is forgotten when it ends.
    void spawn(Task<void> task);
    std::size_t under_way() const { return running_.size(); }

private:
    struct Root;
    friend struct Root;
    Root run(Task<void> task, std::size_t key);

    std::unordered_map<std::size_t, std::coroutine_handle<>> running_;
    std::size_t last_key_ = 0;
};

}  // namespace imslab
