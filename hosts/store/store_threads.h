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
#include <vector>

#include "core/result.h"
#include "hosts/store/sql_store.h"

namespace imslab::host {

class StoreThreads {
public:
    using Told = std::function<void(hss::StoreAnswer)>;  // on one of the threads

    // One sentence if the database cannot be reached. Who asks gives up after `patience`: what
    // waited for so long is not performed any more.
    static Result<std::unique_ptr<StoreThreads>, std::string> open(
        const std::string& database, unsigned connections, std::chrono::milliseconds patience);
    ~StoreThreads();
    StoreThreads(const StoreThreads&) = delete;
    StoreThreads& operator=(const StoreThreads&) = delete;

    void ask(hss::StoreRequest request, Told told);

private:
    struct Waiting {
        hss::StoreRequest request;
        Told told;
        std::chrono::steady_clock::time_point since;
    };
    explicit StoreThreads(std::chrono::milliseconds patience) : patience_(patience) {}
    void work(SqlStore& store);

    const std::chrono::milliseconds patience_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> queue_;
    bool ends_ = false;
    std::vector<std::unique_ptr<SqlStore>> stores_;
    std::vector<std::thread> threads_;
};

}  // namespace imslab::host
