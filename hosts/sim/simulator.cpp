// The simulator's clock, its nodes and their lives.
#include "hosts/sim/simulator.h"

#include <algorithm>

#include "core/invariant.h"
#include "hosts/sim/slot.h"

namespace imslab::sim {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);

}  // namespace

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

void Simulator::push(Time when, Happening happening) {
    std::uint32_t index;
    if (free_happenings_.empty()) {
        index = static_cast<std::uint32_t>(happenings_.size());
        happenings_.push_back(std::move(happening));
    } else {
        index = free_happenings_.back();
        free_happenings_.pop_back();
        happenings_[index] = std::move(happening);
    }
    heap_.push_back({when, ++order_, index});
    std::push_heap(heap_.begin(), heap_.end(), Later{});
}

void Simulator::push(Time when, std::function<void()> action) {
    push(when, Happening{std::move(action), kNobody, 0, std::nullopt});
}

void Simulator::push_event(Time when, std::size_t slot, Event event) {
    push(when, Happening{nullptr, slot, slots_[slot]->life, std::move(event)});
}

void Simulator::at(Time when, std::function<void()> action) { push(when, std::move(action)); }

bool Simulator::step() {
    if (heap_.empty()) return false;
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    const Due due = heap_.back();
    heap_.pop_back();
    Happening happening = std::move(happenings_[due.happening]);
    free_happenings_.push_back(due.happening);
    now_ = std::max(now_, due.when);
    if (!happening.event) {
        happening.action();
        return true;
    }
    Slot& slot = *slots_[happening.slot];
    if (!slot.node || slot.life != happening.life) return true;  // it crashed meanwhile
    if (std::holds_alternative<Woken>(*happening.event)) {
        if (slot.wake_at != due.when) return true;  // overtaken by an earlier or later deadline
        slot.wake_at.reset();
    }
    hand_over(happening.slot, std::move(*happening.event));
    return true;
}

void Simulator::run_for(Duration duration) {
    const Time end = now_ + duration;
    while (!heap_.empty() && heap_.front().when <= end) step();
    now_ = end;
}

bool Simulator::run_until(const std::function<bool()>& condition, Duration limit) {
    const Time end = now_ + limit;
    while (!condition()) {
        if (heap_.empty() || heap_.front().when > end) return false;
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

void Simulator::hand_over(std::size_t index, Event event) {
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
    if (auto* log = std::get_if<Log>(&effect)) {
        logs_.push_back({now_, slots_[index]->placement.name, std::move(*log)});
    }
    // Close: connections in memory hold nothing.
}

}  // namespace imslab::sim
