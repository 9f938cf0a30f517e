// The threads that hold the connections to a database server.
#include "hosts/store/store_threads.h"

#include <utility>

namespace imslab::host {

Result<std::unique_ptr<StoreThreads>, std::string> StoreThreads::open(
    const std::string& database, unsigned connections, std::chrono::milliseconds patience) {
    std::unique_ptr<StoreThreads> all(new StoreThreads(patience));
    for (unsigned i = 0; i < connections; ++i) {
        auto store = SqlStore::open(database);
        if (!store) return failure(store.error());
        all->stores_.push_back(std::move(*store));
    }
    for (const auto& store : all->stores_)
        all->threads_.emplace_back([&one = *all, &held = *store] { one.work(held); });
    return all;
}

StoreThreads::~StoreThreads() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
}

void StoreThreads::ask(hss::StoreRequest request, Told told) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back({std::move(request), std::move(told), std::chrono::steady_clock::now()});
    }
    changed_.notify_one();
}

void StoreThreads::work(SqlStore& store) {
    for (;;) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return ends_ || !queue_.empty(); });
        if (ends_) return;
        auto next = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        if (std::chrono::steady_clock::now() - next.since > patience_)
            next.told(hss::StoreError{"the database was too slow"});
        else
            next.told(store.perform(next.request));
    }
}

}  // namespace imslab::host
