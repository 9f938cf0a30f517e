// The queue between a service's threads and the event loop.
#include "hosts/asio/inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "core/invariant.h"

namespace imslab::host {

Inbox::Inbox() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { IMSLAB_INVARIANT(event_ >= 0); }

Inbox::~Inbox() { ::close(event_); }

void Inbox::answer(AskId id, std::any answer) { post(Answered{id, std::move(answer)}); }

void Inbox::ask(Question question) { post(std::move(question)); }

void Inbox::run(std::function<void()> on_the_loop) { post(std::move(on_the_loop)); }

void Inbox::post(Item item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    if (woken_) return;
    woken_ = true;
    const std::uint64_t one = 1;
    IMSLAB_INVARIANT(::write(event_, &one, sizeof one) == sizeof one);
}

void Inbox::take(std::vector<Item>& into) {
    into.clear();
    std::uint64_t count = 0;
    const std::lock_guard lock(mutex_);
    if (!woken_) return;
    woken_ = false;
    IMSLAB_INVARIANT(::read(event_, &count, sizeof count) == sizeof count);
    items_.swap(into);
}

}  // namespace imslab::host
