// A database across a network keeps nobody waiting but who asked it: some connections, a thread
// each, one queue.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/result.h"

namespace imslab::host {

// A Store has a Request and an Answer, is opened with a database's line, performs, and makes an
// answer of a failure (failed()).
template <class Store>
class StoreThreads {
public:
    using Request = typename Store::Request;
    using Answer = typename Store::Answer;
    using Told = std::function<void(Answer)>;  // on one of the threads

    // One sentence if the database cannot be reached. Who asks gives up after `patience`: what
    // waited for so long is not performed any more.
    static Result<std::unique_ptr<StoreThreads>, std::string> open(
        const std::string& database, unsigned connections, std::chrono::milliseconds patience) {
        std::unique_ptr<StoreThreads> all(new StoreThreads(patience));
        for (unsigned i = 0; i < connections; ++i) {
            auto store = Store::open(database);
            if (!store) return failure(store.error());
            all->stores_.push_back(std::move(*store));
        }
        for (const auto& store : all->stores_)
            all->threads_.emplace_back([&one = *all, &held = *store] { one.work(held); });
        return all;
    }

    // After everything that was asked is answered.
    ~StoreThreads() {
        {
            const std::lock_guard lock(mutex_);
            ends_ = true;
        }
        changed_.notify_all();
        for (auto& thread : threads_) thread.join();
    }
    StoreThreads(const StoreThreads&) = delete;
    StoreThreads& operator=(const StoreThreads&) = delete;

    void ask(Request request, Told told) {
        {
            const std::lock_guard lock(mutex_);
            queue_.push_back({std::move(request), std::move(told), Clock::now()});
        }
        changed_.notify_one();
    }

private:
    using Clock = std::chrono::steady_clock;
    struct Waiting {
        Request request;
        Told told;
        Clock::time_point since;
    };
    explicit StoreThreads(std::chrono::milliseconds patience) : patience_(patience) {}

    void work(Store& store) {
        for (;;) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return ends_ || !queue_.empty(); });
            if (queue_.empty()) return;
            auto next = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            next.told(Clock::now() - next.since > patience_
                          ? Store::failed("the database was too slow")
                          : store.perform(next.request));
        }
    }

    const std::chrono::milliseconds patience_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> queue_;
    bool ends_ = false;
    std::vector<std::unique_ptr<Store>> stores_;
    std::vector<std::thread> threads_;
};

}  // namespace imslab::host
