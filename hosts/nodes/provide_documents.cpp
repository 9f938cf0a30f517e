// xdm::StoreRequest to the database, its answer to the loop.
#include "hosts/nodes/provide_documents.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "hosts/store/database_url.h"
#include "hosts/store/document_database.h"

namespace imslab::host {

namespace {

constexpr std::chrono::seconds kPatience{5};

// One after the other, in the order in which they were asked.
class DocumentThread {
public:
    DocumentThread(std::shared_ptr<DocumentDatabase> database, Inbox& inbox)
        : database_(std::move(database)), inbox_(inbox), thread_([this] { work(); }) {}
    ~DocumentThread() {
        {
            const std::lock_guard lock(mutex_);
            ends_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    DocumentThread(const DocumentThread&) = delete;
    DocumentThread& operator=(const DocumentThread&) = delete;

    void ask(AskId id, xdm::StoreRequest request) {
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

    std::shared_ptr<DocumentDatabase> database_;
    Inbox& inbox_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::pair<AskId, xdm::StoreRequest>> queue_;
    bool ends_ = false;
    std::thread thread_;
};

}  // namespace

Result<std::vector<xdm::StoredDocument>, std::string> provide_documents(
    Process& process, const std::string& database) {
    const auto url = DatabaseUrl::parse(database);
    if (!url) return failure(url.error());
    auto opened = DocumentDatabase::open(database);
    if (!opened) return failure(opened.error());
    const std::shared_ptr<DocumentDatabase> documents = std::move(*opened);
    auto stored = documents->load();
    if (!stored) return stored;
    auto& loop = process.loop();
    if (url->kind == DatabaseKind::sqlite) {
        loop.provide<xdm::StoreRequest>(
            [documents, &loop](AskId id, const xdm::StoreRequest& request) {
                loop.answer(id, documents->perform(request));
            });
        return stored;
    }
    const auto thread = std::make_shared<DocumentThread>(documents, loop.inbox());
    loop.provide<xdm::StoreRequest>(
        [thread](AskId id, xdm::StoreRequest request) { thread->ask(id, std::move(request)); },
        kPatience);
    return stored;
}

}  // namespace imslab::host
