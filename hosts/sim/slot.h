// A node's place in the simulator: what it is made of, and its present life.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "hosts/sim/simulator.h"

namespace imslab::sim {

struct Simulator::Slot {
    Slot(Placement where, MakeNode maker) : placement(std::move(where)), make(std::move(maker)) {}

    void start(std::uint64_t seed) {
        ++life;
        entropy = std::make_unique<SeededEntropy>(seed, placement.name, life);
        node = make(*entropy);
    }

    Placement placement;
    MakeNode make;
    std::unique_ptr<SeededEntropy> entropy;
    std::unique_ptr<Node> node;  // nullptr: crashed
    std::uint64_t life = 0;
    std::uint64_t sequence = 0;  // of its trace
    std::optional<Time> wake_at;
    std::vector<Effect> effects;  // kept for its memory
};

template <class Happened>
void Simulator::push_event(Time when, std::size_t slot, Happened event) {
    Happening& happening = push(when);
    happening.slot = slot;
    happening.life = slots_[slot]->life;
    happening.event = std::move(event);
}

}  // namespace imslab::sim
