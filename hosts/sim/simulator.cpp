// The simulator's clock, its nodes and their lives.
#include "hosts/sim/simulator.h"

#include <algorithm>

#include "core/invariant.h"
#include "hosts/sim/slot.h"

namespace imslab::sim {
Simulator::Simulator(Options options) : options_(options), random_(options.seed) {}
Simulator::~Simulator() = default;

void Simulator::add(Placement placement, MakeNode make) {
    const std::size_t index = slots_.size();
    IMSLAB_INVARIANT(by_name_.emplace(placement.name, index).second);
    for (const Address& address : placement.addresses) {
        IMSLAB_INVARIANT(by_address_.emplace(address, index).second);
    }
    if (!placement.diameter_identity.empty())
        by_identity_.emplace(placement.diameter_identity, index);
    slots_.push_back(std::make_unique<Slot>(std::move(placement), std::move(make)));
    slots_.back()->start(options_.seed);
    wake_if_due(index);
}

std::size_t Simulator::index_of(std::string_view name) const {
    const auto found = by_name_.find(std::string(name));
    IMSLAB_INVARIANT(found != by_name_.end());
    return found->second;
}

bool Simulator::is_up(std::string_view name) const {
    return slots_[index_of(name)]->node != nullptr;
}

Node& Simulator::node(std::string_view name) {
    const Slot& slot = *slots_[index_of(name)];
    IMSLAB_INVARIANT(slot.node != nullptr);
    return *slot.node;
}

// ---- time
// ----------------------------------------------------------------------------------------------------

Simulator::Happening& Simulator::push(Time when) {
    std::uint32_t index;
    if (free_happenings_.empty()) {
        index = static_cast<std::uint32_t>(happenings_.size());
        happenings_.emplace_back();
    } else {
        index = free_happenings_.back();
        free_happenings_.pop_back();
    }
    heap_.push_back({when, ++order_, index});
    std::push_heap(heap_.begin(), heap_.end(), Later{});
    return happenings_[index];
}

void Simulator::at(Time when, std::function<void()> action) { push(when, std::move(action)); }

const Simulator::Due* Simulator::next_due() {
    while (!patience_.empty() && !asks_.contains(patience_.front().ask)) patience_.pop_front();
    const Due* first = heap_.empty() ? nullptr : &heap_.front();
    if (patience_.empty()) return first;
    const Due* last_chance = &patience_.front().due;
    return first == nullptr || Later{}(*first, *last_chance) ? last_chance : first;
}

bool Simulator::step() {
    const Due* next = next_due();
    if (next == nullptr) return false;
    const Due due = *next;
    now_ = std::max(now_, due.when);
    if (due.happening == kNoAnswer) {
        give_up_asking();
        return true;
    }
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    heap_.pop_back();
    happen(happenings_[due.happening], due.when);
    happenings_[due.happening].action = nullptr;
    free_happenings_.push_back(due.happening);
    return true;
}

void Simulator::happen(Happening& happening, Time when) {
    if (happening.action) return happening.action();
    Slot& slot = *slots_[happening.slot];
    if (!slot.node || slot.life != happening.life) return;  // it crashed meanwhile
    if (std::holds_alternative<Woken>(happening.event)) {
        if (slot.wake_at != when) return;  // overtaken by an earlier or later deadline
        slot.wake_at.reset();
    }
    hand_over(happening.slot, std::move(happening.event));
}

void Simulator::run_for(Duration duration) {
    const Time end = now_ + duration;
    for (const Due* next = next_due(); next != nullptr && next->when <= end; next = next_due())
        step();
    now_ = end;
}

bool Simulator::run_until(const std::function<bool()>& condition, Duration limit) {
    const Time end = now_ + limit;
    while (!condition()) {
        const Due* next = next_due();
        if (next == nullptr || next->when > end) return false;
        step();
    }
    return true;
}

// ---- the nodes' lives
// ----------------------------------------------------------------------------------------

void Simulator::crash(std::string_view name) {
    const std::size_t index = index_of(name);
    Slot& slot = *slots_[index];
    IMSLAB_INVARIANT(slot.node != nullptr);
    slot.node.reset();
    slot.wake_at.reset();
    ++slot.life;
    fail_asks_to(index);
}

void Simulator::restart(std::string_view name) {
    const std::size_t index = index_of(name);
    IMSLAB_INVARIANT(slots_[index]->node == nullptr);
    slots_[index]->start(options_.seed);
    wake_if_due(index);
}

void Simulator::deliver(std::string_view name, Event event) {
    const std::size_t index = index_of(name);
    if (slots_[index]->node) hand_over(index, std::move(event));
}

void Simulator::hand_over(std::size_t index, Event&& event) {
    Slot& slot = *slots_[index];
    if (const auto* arrived = std::get_if<Arrived>(&event)) {
        record(
            index, trace::Protocol::sip, trace::Direction::received, arrived->flow, arrived->bytes);
    }
    slot.node->deliver(std::move(event), now_);
    std::vector<Effect> effects = std::move(slot.effects);
    do {
        slot.node->take_effects(effects);
        for (Effect& effect : effects) perform(index, effect);
    } while (!effects.empty());
    slot.effects = std::move(effects);
    wake_if_due(index);
}

void Simulator::wake_if_due(std::size_t index) {
    Slot& slot = *slots_[index];
    const auto deadline = slot.node->next_deadline();
    if (!deadline) return;
    const Time when = std::max(*deadline, now_);
    if (slot.wake_at && *slot.wake_at <= when) return;
    slot.wake_at = when;
    push_event(when, index, Woken{});
}

void Simulator::perform(std::size_t index, Effect& effect) {
    if (auto* sent = std::get_if<Send>(&effect)) return send(index, *sent);
    if (auto* asked = std::get_if<Ask>(&effect)) return ask(index, *asked);
    if (auto* replied = std::get_if<Reply>(&effect)) return reply(index, *replied);
    if (auto* log = std::get_if<Log>(&effect); log != nullptr && options_.logs) {
        logs_.push_back({now_, slots_[index]->placement.name, std::move(*log)});
    }
    // Close: connections in memory hold nothing.
}

}  // namespace imslab::sim
