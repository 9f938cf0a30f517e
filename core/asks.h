// The questions a node has open with its host's services (Diameter, store), awaited by procedures.
#pragma once

#include <any>
#include <coroutine>
#include <map>
#include <utility>

#include "core/invariant.h"
#include "core/node.h"
#include "core/result.h"

namespace imslab {

// Usage, inside a coroutine:   Result<cx::Answer, AskFailed> answer = co_await
// asks_.ask<cx::Answer>(request); A cancelled procedure takes its open question with it: a late
// answer is ignored.
class Asks {
public:
    explicit Asks(Outbox& outbox) : outbox_(outbox) {}
    Asks(const Asks&) = delete;
    Asks& operator=(const Asks&) = delete;

    template <class Answer>
    class Awaiter {
    public:
        Awaiter(Asks& asks, std::any request) : asks_(asks), request_(std::move(request)) {}
        Awaiter(const Awaiter&) = delete;
        Awaiter& operator=(const Awaiter&) = delete;
        ~Awaiter() {
            if (id_ != 0) asks_.waiting_.erase(id_);
        }
        bool await_ready() { return false; }
        void await_suspend(std::coroutine_handle<> handle) {
            id_ = asks_.outbox_.next_ask_id();
            asks_.waiting_.emplace(id_, Waiting{handle, &answer_});
            asks_.outbox_.emit(Ask{id_, std::move(request_)});
        }
        Result<Answer, AskFailed> await_resume() {
            auto* answer = this->answer();
            if (answer == nullptr) return failure(std::move(*failed()));
            return std::move(*answer);
        }
        // What await_resume() gives, where it lies: an awaiter that wraps this one takes its part
        // of it. One of the two is there.
        Answer* answer() {
            id_ = 0;
            auto* answer = std::any_cast<Answer>(&answer_);
            IMSLAB_INVARIANT(answer != nullptr || failed() != nullptr);
            return answer;
        }
        AskFailed* failed() { return std::any_cast<AskFailed>(&answer_); }

    private:
        Asks& asks_;
        std::any request_;
        std::any answer_;
        AskId id_ = 0;
    };

    template <class Answer>
    Awaiter<Answer> ask(std::any request) {
        return Awaiter<Answer>(*this, std::move(request));
    }

    // The node hands every Answered in. An answer nobody waits for is ignored.
    void on_answered(Answered answered) {
        const auto found = waiting_.find(answered.id);
        if (found == waiting_.end()) return;
        const Waiting waiting = found->second;
        waiting_.erase(found);
        *waiting.slot = std::move(answered.answer);
        waiting.handle.resume();
    }

    std::size_t open() const { return waiting_.size(); }

private:
    struct Waiting {
        std::coroutine_handle<> handle;
        std::any* slot;
    };
    Outbox& outbox_;
    std::map<AskId, Waiting> waiting_;
};

}  // namespace imslab
