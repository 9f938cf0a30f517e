// The stateful proxy (RFC 3261 §16.2): contexts come with requests, branches with forward()
// (§16.6), and they end.
#include "sip/proxy.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "core/deadline.h"
#include "sip/headers.h"
#include "sip/proxy_layer.h"

namespace imslab::sip {

namespace {

constexpr std::size_t kMostShown = 1000;

// §16.6 step 3. False: it may not go on.
bool count_down(Message& request) {
    const auto value = request.get(HeaderId::max_forwards);
    const auto hops = value ? to_number(*value) : std::nullopt;
    if (!hops) {
        request.set(HeaderId::max_forwards, kMaxForwards);
        return true;
    }
    if (*hops == 0) return false;
    request.set(HeaderId::max_forwards, std::to_string(*hops - 1));
    return true;
}

}  // namespace

Proxy::Impl::Impl(Proxy& proxy, Outbox& outbox_, Entropy& entropy, ProxyUser& user_, Config config_)
    : outbox(outbox_),
      user(user_),
      supported(std::move(config_.supported)),
      timers(config_.transactions.timers),
      transactions(outbox_, entropy, proxy, std::move(config_.transactions)),
      seed(entropy.next()),
      patience(config_.patience),
      invite_patience(config_.invite_patience),
      avoidance(config_.avoidance) {
    capabilities.schemes = {"sip", "sips", "tel", "urn"};
    capabilities.option_tags.assign(supported.begin(), supported.end());
}

Proxy::Proxy(Outbox& outbox, Entropy& entropy, ProxyUser& user, Config config)
    : impl_(std::make_unique<Impl>(*this, outbox, entropy, user, std::move(config))) {}

Proxy::~Proxy() = default;

bool Proxy::deliver(Event& event, Time now) {
    auto& transactions = impl_->transactions;
    transactions.advance(now);
    return std::visit(
        [&](auto& happened) {
            using Happened = std::decay_t<decltype(happened)>;
            if constexpr (std::is_same_v<Happened, Arrived>) {
                transactions.on_arrived(std::move(happened), now);
            } else if constexpr (std::is_same_v<Happened, Unframeable>) {
                transactions.on_unframeable(std::move(happened), now);
            } else if constexpr (std::is_same_v<Happened, SendFailed>) {
                transactions.on_send_failed(happened, now);
            } else if constexpr (std::is_same_v<Happened, ConnectionClosed>) {
                transactions.on_connection_closed(happened, now);
            } else if constexpr (std::is_same_v<Happened, Woken>) {
                transactions.on_time(now);
                impl_->expire_timer_c();
                impl_->give_up_the_silent();
            } else if constexpr (std::is_same_v<Happened, Answered> ||
                                 std::is_same_v<Happened, Asked>) {
                return false;
            }
            return true;
        },
        event);
}

std::optional<Time> Proxy::next_deadline() const {
    const auto live = [this](const TimerQueue::Entry& entry) {
        return impl_->timers_c.contains(entry.ticket);
    };
    return earlier(earlier(impl_->queue.next(live), earliest(impl_->silences)),
                   impl_->transactions.next_deadline());
}

// ---- what arrives

void Proxy::on_request(ServerId id, Message request, const Flow& flow) {
    std::string loop_mark = impl_->loop_mark_of(request, flow);
    if (impl_->refuse_invalid(id, request, loop_mark)) return;
    auto& context = impl_->contexts[id];
    context.invite = request.method() == Method::invite;
    context.loop_mark = std::move(loop_mark);
    impl_->user.on_request(id, std::move(request), flow);
}

void Proxy::on_ack(Message ack, const Flow& flow) { impl_->user.on_ack(std::move(ack), flow); }

void Proxy::on_server_ended(ServerId id) { impl_->end(id); }

void Proxy::on_malformed(const ParseFailure& failure, const Flow& flow) {
    impl_->user.on_malformed(failure, flow);
}

// ---- what the element decides

void Proxy::forward(ServerId id, Branch branch) {
    std::vector<Branch> branches;
    branches.push_back(std::move(branch));
    forward(id, std::move(branches));
}

void Proxy::forward(ServerId id, std::vector<Branch> branches) {
    auto* context = impl_->find(id);
    if (context == nullptr || context->answered || context->cancelled) return;
    context->held = false;
    for (auto& branch : branches) {
        if (!count_down(branch.request)) {
            respond(id, 483);
            return;
        }
        impl_->forward_branch(id, *context, std::move(branch));
    }
    impl_->decide(id);
}

void Proxy::Impl::forward_branch(ServerId id, ResponseContext& context, Branch branch) {
    ProxiedBranch added = begin(branch, context.invite, context.loop_mark);
    branches.emplace(added.client, std::pair{id, context.branches.size()});
    if (context.invite) restart_timer_c(added.client, added, &branch.to);
    context.branches.push_back(std::move(added));
}

void Proxy::respond(ServerId id, int status, std::string_view reason) {
    if (impl_->find(id) == nullptr || request_of(id) == nullptr) return;
    respond(id, impl_->response_of_ours(id, status, reason));
}

void Proxy::respond(ServerId id, Message response) {
    auto* context = impl_->find(id);
    if (context == nullptr) return;
    if (response.status() < 200) {
        impl_->transactions.respond(id, std::move(response));
        return;
    }
    impl_->answer(id, std::move(response));
}

void Proxy::forward_ack(Message ack, const Flow& to) {
    if (count_down(ack)) impl_->transactions.send_stateless(std::move(ack), to);
}

void Proxy::cancel_branches(ServerId id, std::string_view reason) {
    if (auto* context = impl_->find(id)) impl_->cancel_open(*context, reason);
}

void Proxy::abandon_branches(ServerId id, std::string_view reason) {
    auto* context = impl_->find(id);
    if (context == nullptr) return;
    impl_->cancel_open(*context, reason);
    for (auto& branch : context->branches) branch.abandoned = branch.abandoned || !branch.final;
    context->held = true;
}

bool Proxy::has_heard(ServerId id) const {
    const auto* context = impl_->find(id);
    return context != nullptr && !context->branches.empty() && context->branches.back().heard;
}

bool Proxy::made_here(ServerId id, const Message& response) const {
    return to_tag(response) == impl_->transactions.tag_of(id);
}

const Message* Proxy::request_of(ServerId id) const {
    return impl_->find(id) == nullptr ? nullptr : impl_->transactions.request_of(id);
}

const Flow* Proxy::flow_of(ServerId id) const { return impl_->transactions.flow_of(id); }

Transactions& Proxy::transactions() { return impl_->transactions; }

Time Proxy::now() const { return impl_->transactions.now(); }

// ---- a context's way to its end

Message Proxy::Impl::response_of_ours(ServerId id, int status, std::string_view reason) {
    const auto* request = transactions.request_of(id);
    if (request == nullptr) return Message::response(status, reason);
    Message response = Message::response_to(*request, status, reason);
    if (status > 100 && !to_tag(response)) set_to_tag(response, transactions.tag_of(id));
    return response;
}

void Proxy::Impl::answer(ServerId id, Message response) {
    auto* context = find(id);
    if (context == nullptr) return;
    const bool success = response.status() < 300;
    if (!transactions.respond(id, std::move(response))) return;
    context->answered = true;
    context->held = false;
    context->accepted = success;
    cancel_open(*context, {});
    finish(id);
}

void Proxy::Impl::cancel_open(ResponseContext& context, std::string_view reason) {
    if (!context.invite) return;
    for (auto& branch : context.branches) {
        if (branch.final || branch.cancelled) continue;
        branch.cancelled = true;
        transactions.cancel(branch.client, reason);
    }
}

// An accepted INVITE may be accepted again by another branch as long as Timer L runs; all else ends
// with its last branch, a non-INVITE with its answer.
void Proxy::Impl::finish(ServerId id) {
    const auto* context = find(id);
    if (context == nullptr || !context->answered) return;
    const bool more_may_come = context->invite && (context->accepted || context->has_open_branch());
    if (!more_may_come) end(id);
}

void Proxy::Impl::end(ServerId id) {
    const auto found = contexts.find(id);
    if (found == contexts.end()) return;
    for (auto& branch : found->second.branches) {
        stop_timer_c(branch);
        stop_waiting(branch);
        branches.erase(branch.client);
    }
    contexts.erase(found);
    user.on_ended(id);
}

PendingWork Proxy::pending_work() const { return impl_->transactions.pending_work(); }

nlohmann::ordered_json Proxy::state() const {
    nlohmann::ordered_json state = impl_->transactions.state();
    std::vector<ServerId> ids;
    ids.reserve(impl_->contexts.size());
    for (const auto& [id, context] : impl_->contexts) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    if (ids.size() > kMostShown) ids.resize(kMostShown);
    auto shown = nlohmann::ordered_json::array();
    for (const auto id : ids) {
        const auto& context = impl_->contexts.at(id);
        const auto& all = context.branches;
        nlohmann::ordered_json entry;
        const auto* request = impl_->transactions.request_of(id);
        entry["method"] = request == nullptr ? std::string_view("") : to_string(request->method());
        entry["state"] = context.accepted    ? "accepted"
                         : context.answered  ? "answered"
                         : context.cancelled ? "cancelled"
                                             : "proceeding";
        entry["branches"] = all.size();
        entry["open_branches"] =
            std::count_if(all.begin(), all.end(), [](const auto& branch) { return !branch.final; });
        shown.push_back(std::move(entry));
    }
    for (const auto& [address, until] : impl_->avoided) {
        if (until > now()) state["avoided"].push_back(address.to_string());
    }
    if (!impl_->avoided.empty()) state["failed_addresses"] = impl_->avoided.size();
    state["response_contexts"] = impl_->contexts.size();
    state["contexts"] = std::move(shown);
    return state;
}

}  // namespace imslab::sip
