// A node's database for its process: a file is read and written where the node runs; a server may
// be slow or away, and has threads of its own.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "hosts/asio/loop.h"
#include "hosts/store/database_url.h"
#include "hosts/store/store_threads.h"

namespace imslab::host {

// Answers Store::Request from now on. One sentence if the database cannot be opened.
template <class Store>
Result<void, std::string> provide_store(Loop& loop,
                                        const std::string& database,
                                        unsigned connections) {
    // Who asks the HSS on Cx gives up after so long.
    constexpr std::chrono::seconds kPatience{5};
    using Request = typename Store::Request;
    const auto url = DatabaseUrl::parse(database);
    if (!url) return failure(url.error());
    if (url->kind == DatabaseKind::sqlite) {
        auto opened = Store::open(database);
        if (!opened) return failure(opened.error());
        const std::shared_ptr<Store> store = std::move(*opened);
        loop.provide<Request>([store, &loop](AskId id, const Request& request) {
            loop.answer(id, store->perform(request));
        });
        return {};
    }
    auto opened = StoreThreads<Store>::open(database, connections, kPatience);
    if (!opened) return failure(opened.error());
    const std::shared_ptr<StoreThreads<Store>> store = std::move(*opened);
    loop.provide<Request>(
        [store, &inbox = loop.inbox()](AskId id, Request request) {
            store->ask(std::move(request), [id, &inbox](typename Store::Answer answer) {
                inbox.answer(id, std::move(answer));
            });
        },
        kPatience);
    return {};
}

// The same for what its node holds whole, and writes in the order in which it changes: what was
// stored before.
template <class Store>
auto provide_loaded_store(Loop& loop, const std::string& database)
    -> decltype(std::declval<Store&>().load()) {
    auto opened = Store::open(database);
    if (!opened) return failure(opened.error());
    auto stored = (*opened)->load();
    if (!stored) return stored;
    if (auto provided = provide_store<Store>(loop, database, 1); !provided)
        return failure(provided.error());
    return stored;
}

}  // namespace imslab::host
