// messaging::StoreRequest to the database, its answer to the loop.
#include "hosts/nodes/provide_messages.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "as/messaging/content_filter.h"
#include "hosts/asio/octet_scanner.h"
#include "hosts/store/database_url.h"
#include "hosts/store/message_database.h"

namespace imslab::host {

namespace {

constexpr std::chrono::seconds kPatience{5};

// One after the other, in the order in which they were asked.
class MessageThread {
public:
    MessageThread(std::shared_ptr<MessageDatabase> database, Inbox& inbox)
        : database_(std::move(database)), inbox_(inbox), thread_([this] { work(); }) {}
    ~MessageThread() {
        {
            const std::lock_guard lock(mutex_);
            ends_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    MessageThread(const MessageThread&) = delete;
    MessageThread& operator=(const MessageThread&) = delete;

    void ask(AskId id, messaging::StoreRequest request) {
        {
            const std::lock_guard lock(mutex_);
            queue_.emplace_back(id, std::move(request));
        }
        changed_.notify_one();
    }

private:
    void work() {
        for (;;) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return ends_ || !queue_.empty(); });
            if (queue_.empty()) return;
            auto [id, request] = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            inbox_.answer(id, database_->perform(request));
        }
    }

    std::shared_ptr<MessageDatabase> database_;
    Inbox& inbox_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::pair<AskId, messaging::StoreRequest>> queue_;
    bool ends_ = false;
    std::thread thread_;
};

// "stream: Eicar-Test FOUND", "stream: OK"; anything else is no verdict.
messaging::ScanAnswer verdict_of(const ScanLine& said) {
    using Verdict = messaging::ScanAnswer::Verdict;
    if (!said.error.empty()) return {Verdict::unknown, said.error};
    std::string_view line = said.line;
    if (line.starts_with("stream: ")) line.remove_prefix(8);
    if (line == "OK") return {Verdict::clean, {}};
    if (line.ends_with(" FOUND"))
        return {Verdict::infected, std::string(line.substr(0, line.size() - 6))};
    return {Verdict::unknown, "clamd says " + said.line};
}

}  // namespace

void provide_content_filter(Process& process, const std::string& socket) {
    auto& loop = process.loop();
    loop.provide<messaging::ScanRequest>(
        [socket, &loop](AskId id, messaging::ScanRequest request) {
            scan_octets(loop.io(),
                        socket,
                        std::move(request.octets),
                        kPatience,
                        [id, &loop](const ScanLine& said) { loop.answer(id, verdict_of(said)); });
        },
        2 * kPatience);
}

Result<std::vector<messaging::StoredMessage>, std::string> provide_messages(
    Process& process, const std::string& database) {
    const auto url = DatabaseUrl::parse(database);
    if (!url) return failure(url.error());
    auto opened = MessageDatabase::open(database);
    if (!opened) return failure(opened.error());
    const std::shared_ptr<MessageDatabase> messages = std::move(*opened);
    auto stored = messages->load();
    if (!stored) return stored;
    auto& loop = process.loop();
    if (url->kind == DatabaseKind::sqlite) {
        loop.provide<messaging::StoreRequest>(
            [messages, &loop](AskId id, const messaging::StoreRequest& request) {
                loop.answer(id, messages->perform(request));
            });
        return stored;
    }
    const auto thread = std::make_shared<MessageThread>(messages, loop.inbox());
    loop.provide<messaging::StoreRequest>(
        [thread](AskId id, messaging::StoreRequest request) {
            thread->ask(id, std::move(request));
        },
        kPatience);
    return stored;
}

}  // namespace imslab::host
