// Follows a run through the diagram, event by event, keeping every way in which the two can still
// agree.
#include <algorithm>
#include <map>
#include <memory>
#include <queue>
#include <set>

#include "lab/difference.h"
#include "lab/expectation.h"
#include "lab/verdict.h"

namespace imslab::lab {
namespace {

constexpr std::size_t kMaxStates = 1024;  // bounds what nested alternatives can cost

struct TimedEvent {
    LifelineEvent event;
    std::size_t lifeline = 0;
    std::int64_t time_ns = 0;
    std::optional<std::uint64_t> sequence;  // in the lifeline's own trace
};

// All ends of all messages in one order that keeps each trace's own order and has causes before
// effects.
class EventOrder {
public:
    explicit EventOrder(const Observation& observed) {
        for (const auto& message : observed.messages) add(message);
        link_lifelines();
    }

    std::vector<LifelineEvent> run() {
        std::priority_queue<Ready, std::vector<Ready>, std::greater<>> ready;
        for (std::size_t i = 0; i < events_.size(); ++i) {
            if (waiting_for_[i] == 0) ready.emplace(events_[i].time_ns, i);
        }
        std::vector<LifelineEvent> order;
        std::vector<bool> done(events_.size(), false);
        while (order.size() < events_.size()) {
            if (ready.empty()) break_cycle(done, ready);
            const std::size_t i = ready.top().second;
            ready.pop();
            if (done[i]) continue;
            done[i] = true;
            order.push_back(events_[i].event);
            for (const std::size_t next : before_[i]) {
                if (--waiting_for_[next] == 0)
                    ready.emplace(std::max(events_[next].time_ns, events_[i].time_ns), next);
            }
        }
        return order;
    }

private:
    using Ready = std::pair<std::int64_t, std::size_t>;

    void add(const ObservedMessage& message) {
        const bool arrives = !message.lost && (message.received_ns || !message.retransmission_of);
        const std::int64_t time = message.time_ns();
        events_.push_back({{message.index, true, arrives},
                           message.from,
                           message.sent_ns.value_or(time),
                           message.sent_sequence});
        if (!arrives) return;
        events_.push_back({{message.index, false, true},
                           message.to,
                           message.received_ns.value_or(time),
                           message.received_sequence});
        pairs_.emplace_back(events_.size() - 2, events_.size() - 1);
    }

    void link_lifelines() {
        before_.resize(events_.size());
        waiting_for_.assign(events_.size(), 0);
        for (const auto& [send, receive] : pairs_) link(send, receive);
        std::map<std::size_t, std::map<std::uint64_t, std::size_t>> traces;
        for (std::size_t i = 0; i < events_.size(); ++i) {
            if (events_[i].sequence) traces[events_[i].lifeline][*events_[i].sequence] = i;
        }
        for (const auto& [lifeline, trace] : traces) {
            const std::size_t* last = nullptr;
            for (const auto& [sequence, event] : trace) {
                if (last != nullptr) link(*last, event);
                last = &event;
            }
        }
    }

    void link(std::size_t first, std::size_t second) {
        before_[first].push_back(second);
        ++waiting_for_[second];
    }

    // Traces that contradict each other: the clock decides.
    void break_cycle(const std::vector<bool>& done,
                     std::priority_queue<Ready, std::vector<Ready>, std::greater<>>& ready) {
        std::optional<Ready> earliest;
        for (std::size_t i = 0; i < events_.size(); ++i) {
            if (!done[i] && (!earliest || Ready{events_[i].time_ns, i} < *earliest))
                earliest = Ready{events_[i].time_ns, i};
        }
        ready.push(*earliest);
    }

    std::vector<TimedEvent> events_;
    std::vector<std::pair<std::size_t, std::size_t>> pairs_;
    std::vector<std::vector<std::size_t>> before_;
    std::vector<std::size_t> waiting_for_;
};

// One way in which run and diagram agree so far.
struct State {
    Expectation rest;
    std::map<std::size_t, std::size_t>
        message_of;  // arrow of a request -> the message that fulfilled it last
    struct Past {
        std::size_t message, arrow;
        std::shared_ptr<const Past> before;
    };
    std::shared_ptr<const Past> past;
    std::size_t fulfilled = 0;

    std::string key() const {
        std::string text;
        append_key(rest, text);
        for (const auto& [arrow, message] : message_of)
            text += " " + std::to_string(arrow) + "=" + std::to_string(message);
        return text;
    }
};

class FlowMatcher {
public:
    FlowMatcher(const Diagram& expected, const Observation& observed)
        : expected_(expected), observed_(observed) {
        for (const auto& lifeline : expected.lifelines) {
            auto index = observed.network.named(lifeline.name);
            if (!index) index = observed.network.named(lifeline.id);
            participant_of_.push_back(index);
        }
    }

    FlowMatch run() {
        FlowMatch match;
        match.arrow_of.resize(observed_.messages.size());
        states_.push_back({expectation_of(expected_.body), {}, nullptr, 0});
        for (const auto& event : EventOrder(observed_).run()) {
            auto next = follow(event);
            if (next.empty()) {
                match.difference = explain_event(view(), event, best().rest, fits_of(best()));
                write_past(best(), match);
                return match;
            }
            states_ = std::move(next);
        }
        const auto ended = std::find_if(
            states_.begin(), states_.end(), [](const State& state) { return may_end(state.rest); });
        if (ended == states_.end()) match.difference = explain_end(view(), best().rest);
        write_past(ended == states_.end() ? best() : *ended, match);
        return match;
    }

private:
    DifferenceView view() const { return {expected_, observed_, participant_of_}; }

    Fits fits_of(const State& state) const {
        return [this, &state](const Arrow& arrow, std::size_t message) {
            return fits(arrow, observed_.messages[message], state);
        };
    }

    bool fits(const Arrow& arrow, const ObservedMessage& message, const State& state) const {
        if (participant_of_[arrow.from] != message.from || participant_of_[arrow.to] != message.to)
            return false;
        if (arrow.lost != message.lost || !label_fits(arrow.label, message)) return false;
        if (arrow.answers.empty()) return true;
        // A response belongs to its transaction: the request it answers must be one of those drawn
        // for it.
        return std::any_of(arrow.answers.begin(), arrow.answers.end(), [&](std::size_t request) {
            const auto found = state.message_of.find(request);
            return found != state.message_of.end() && message.answers == found->second;
        });
    }

    std::vector<State> follow(const LifelineEvent& event) const {
        const ObservedMessage& message = observed_.messages[event.message];
        std::vector<State> next;
        std::set<std::string> known;
        const auto keep = [&](State state) {
            if (next.size() < kMaxStates && known.insert(state.key()).second)
                next.push_back(std::move(state));
        };
        for (const auto& state : states_) {
            for (auto& step : advance(state.rest, event, fits_of(state))) {
                State advanced = state;
                advanced.rest = std::move(step.rest);
                if (event.send) {
                    if (message.request)
                        advanced.message_of[step.arrow->id] =
                            message.retransmission_of.value_or(message.index);
                    advanced.past = std::make_shared<const State::Past>(
                        State::Past{event.message, step.arrow->id, state.past});
                    ++advanced.fulfilled;
                }
                keep(std::move(advanced));
            }
            if (message.implied && (event.send || !holds_half(state.rest, event.message)))
                keep(state);
        }
        return next;
    }

    // The state that got furthest stands for the comparison.
    const State& best() const {
        return *std::max_element(
            states_.begin(), states_.end(), [](const State& a, const State& b) {
                return a.fulfilled < b.fulfilled;
            });
    }

    static void write_past(const State& state, FlowMatch& match) {
        for (const auto* past = state.past.get(); past != nullptr; past = past->before.get()) {
            match.arrow_of[past->message] = past->arrow;
        }
    }

    const Diagram& expected_;
    const Observation& observed_;
    std::vector<std::optional<std::size_t>> participant_of_;
    std::vector<State> states_;
};

}  // namespace

bool label_fits(const Label& label, const ObservedMessage& message) {
    if (label.diameter)
        return message.protocol == trace::Protocol::diameter && label.method == message.label;
    if (message.protocol == trace::Protocol::diameter) return false;
    if (!label.is_response()) return message.request && label.method == message.method;
    if (message.request) return false;
    if (!label.of_method.empty() && label.of_method != message.method) return false;
    return label.status != 0 ? label.status == message.status
                             : label.status_class == message.status / 100;
}

FlowMatch match_flow(const Diagram& expected, const Observation& observed) {
    return FlowMatcher(expected, observed).run();
}

}  // namespace imslab::lab
