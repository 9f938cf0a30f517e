// Response processing (RFC 3261 §16.7), Timer C (§16.8), transport errors (§16.9) and CANCEL
// (§16.10).
#include "sip/proxy_layer.h"

namespace imslab::sip {

namespace {

// It could not be sent, or nothing at all has come: the address is to blame.
bool has_failed_here(const ProxiedBranch& branch, int status) {
    return status == 503 || (status == 408 && !branch.heard);
}

}  // namespace

void Proxy::on_response(ClientId client, Message response) {
    if (impl_->requests.contains(client)) return impl_->on_own_response(client, response);
    const auto found = impl_->branches.find(client);
    if (found == impl_->branches.end()) return;
    const auto [id, index] = found->second;
    if (auto* context = impl_->find(id)) impl_->on_heard(context->branches[index], response);
    if (response.status() == 100) return;
    if (response.status() == 503 && impl_->try_elsewhere(id, index)) return;
    response.remove_first_value(HeaderId::via);  // §16.7 step 3
    if (!response.has(HeaderId::via)) {          // the peer lost those of the others
        if (response.status() >= 200) impl_->on_branch_lost(client, 502);
        return;
    }
    if (response.status() < 200) {
        impl_->on_provisional(id, index, std::move(response));
    } else {
        impl_->on_branch_final(id, index, std::move(response));
    }
}

void Proxy::Impl::on_own_response(ClientId client, const Message& response) {
    auto& own = requests.at(client);
    const int status = response.status();
    on_heard(own.branch, response);
    if (status <= 100 || (status < 200 && !own.every)) return;
    if (status == 503 && try_own_elsewhere(client)) return;
    const bool more_may_come =
        own.every && (status < 200 || (status < 300 && response.method() == Method::invite));
    const auto told = more_may_come ? own.told : take(client);
    if (told) told(&response);
}

// §16.8, §17.1.1.2, §17.1.2.2: silence counts as 408.
void Proxy::on_timeout(ClientId client) { impl_->on_branch_lost(client, 408); }

// §16.9: what cannot be sent counts as 503.
void Proxy::on_transport_error(ClientId client) { impl_->on_branch_lost(client, 503); }

// RFC 6026 §8.2: no transaction, no forwarding.
void Proxy::on_stray_response(Message, const Flow&) {}

// §16.10: the 487s of the branches answer the INVITE; if none is open we do.
void Proxy::on_cancel(ServerId invite, const Message& cancel) {
    auto* context = impl_->find(invite);
    if (context == nullptr || context->answered) return;
    context->cancelled = true;
    context->held = false;
    impl_->cancel_open(*context, cancel.get(HeaderId::reason).value_or(""));
    impl_->decide(invite);
}

// §16.7 step 2 and 5
void Proxy::Impl::on_provisional(ServerId id, std::size_t index, Message response) {
    auto* context = find(id);
    if (context == nullptr || context->answered) return;
    auto& branch = context->branches[index];
    if (branch.final || branch.abandoned) return;
    restart_timer_c(branch.client, branch, nullptr);
    if (user.on_response(id, index, response) == ProxyUser::Verdict::absorb) return;
    transactions.respond(id, std::move(response));
}

void Proxy::Impl::on_branch_final(ServerId id, std::size_t index, Message response) {
    auto* context = find(id);
    if (context == nullptr) return;
    auto& branch = context->branches[index];
    branch.final = true;
    stop_timer_c(branch);
    stop_waiting(branch);
    const bool success = response.status() < 300;
    if (branch.abandoned && !success) {
        if (context->answered)
            finish(id);
        else
            decide(id);
        return;
    }
    if (context->answered && !(context->invite && success && context->accepted)) {
        finish(id);
        return;
    }
    // Absorbed, it holds the context until forward() or respond(), which may come within the hook.
    if (!context->answered) context->held = !context->cancelled;
    const auto verdict = user.on_response(id, index, response);
    context = find(id);
    if (context == nullptr) return;
    if (verdict == ProxyUser::Verdict::absorb) {
        decide(id);
        return;
    }
    context->held = false;
    if (verdict == ProxyUser::Verdict::elsewhere && try_elsewhere(id, index)) return;
    if (success) {
        relay_2xx(id, std::move(response));
        return;
    }
    if (context->answered) {
        finish(id);
        return;
    }
    const bool decisive = response.status() >= 600;
    context->branches[index].candidate = std::move(response);
    if (decisive) cancel_open(*context, {});  // §16.7 step 5: no other branch may succeed any more
    decide(id);
}

// §16.7 step 5, 9 and 10: each 2xx to INVITE goes upstream at once, the first of any other.
void Proxy::Impl::relay_2xx(ServerId id, Message response) {
    user.on_final(id, response);
    auto* context = find(id);
    if (context == nullptr) return;
    context->accepted = context->answered = true;
    transactions.respond(id, std::move(response));
    context = find(id);
    if (context == nullptr) return;
    cancel_open(*context, "SIP;cause=200;text=\"Call completed elsewhere\"");
    finish(id);
}

void Proxy::Impl::decide(ServerId id) {
    auto* context = find(id);
    if (context == nullptr || context->answered || context->held || context->has_open_branch())
        return;
    if (!context->has_candidate() && !context->cancelled) return;
    Message best = context->has_candidate() ? context->take_best() : response_of_ours(id, 487, {});
    const bool unavailable = best.status() == 503;
    user.on_final(id, best);
    if (find(id) == nullptr) return;
    if (unavailable && best.status() == 503) {  // §16.7 step 6: it is not us who are unavailable
        best.set_status(500);
        best.remove(HeaderId::retry_after);
    }
    answer(id, std::move(best));
}

void Proxy::Impl::on_branch_lost(ClientId client, int status) {
    if (const auto own = requests.find(client); own != requests.end()) {
        if (has_failed_here(own->second.branch, status)) {
            avoid(own->second.branch, nullptr);
            if (try_own_elsewhere(client)) return;
        }
        if (const auto told = take(client)) told(nullptr);
        return;
    }
    const auto found = branches.find(client);
    if (found == branches.end()) return;
    const auto [id, index] = found->second;
    auto* context = find(id);
    if (context == nullptr) return;
    if (context->answered) {
        context->branches[index].final = true;
        stop_timer_c(context->branches[index]);
        finish(id);
        return;
    }
    if (const auto& branch = context->branches[index]; has_failed_here(branch, status)) {
        avoid(branch, nullptr);
        if (try_elsewhere(id, index)) return;
    }
    // §9.1: a branch that stays silent after the CANCEL is taken for cancelled.
    if (context->cancelled && status == 408) status = 487;
    on_branch_final(id, index, response_of_ours(id, status, {}));
}

// ---- Timer C

void Proxy::Impl::restart_timer_c(ClientId client, ProxiedBranch& branch, const Flow* to) {
    TimerC timer{client, {}};
    if (const auto running = timers_c.find(branch.timer_c); running != timers_c.end()) {
        timer = running->second;
        timers_c.erase(running);
    } else if (to != nullptr) {
        timer.duration = timers(*to).timer_c;
    } else {
        return;
    }
    branch.timer_c = queue.arm(timer.duration, transactions.now(), 0, 0);
    timers_c.emplace(branch.timer_c, timer);
}

void Proxy::Impl::stop_timer_c(ProxiedBranch& branch) {
    if (branch.timer_c != 0) timers_c.erase(branch.timer_c);
    branch.timer_c = 0;
}

// §16.8: the CANCEL, or 64*T1 after it silence, ends the branch.
void Proxy::Impl::expire_timer_c() {
    const auto live = [this](const TimerQueue::Entry& entry) {
        return timers_c.contains(entry.ticket);
    };
    while (const auto entry = queue.pop_due(transactions.now(), live)) {
        const ClientId client = timers_c.at(entry->ticket).client;
        timers_c.erase(entry->ticket);
        const auto found = branches.find(client);
        if (found == branches.end()) continue;
        auto* context = find(found->second.first);
        if (context == nullptr) continue;
        auto& branch = context->branches[found->second.second];
        branch.timer_c = 0;
        branch.cancelled = true;
        transactions.cancel(client);
    }
}

}  // namespace imslab::sip
