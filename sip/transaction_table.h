// Where transactions live: slots that are used again under a new id, and a table from key to slot
// for requests that come in (RFC 3261 §17.2.3). Neither is ever walked in an order that reaches an
// effect.
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <string_view>
#include <vector>

#include "sip/scan.h"

namespace imslab::sip {

// The seed keeps senders from choosing branches that collide.
inline std::uint64_t key_hash(std::string_view text, std::uint64_t seed) {
    std::uint64_t hash = seed ^ (text.size() * 0x9E3779B97F4A7C15U);
    const auto mix = [&hash](std::uint64_t word) {
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDU;
        hash ^= hash >> 32;
    };
    while (text.size() >= sizeof(std::uint64_t)) {
        std::uint64_t word;
        std::memcpy(&word, text.data(), sizeof word);
        mix(word);
        text.remove_prefix(sizeof word);
    }
    mix(scan::load_word(text.data(), text.size()));
    mix(hash >> 29);
    return hash;
}

// Ids are slot and generation: found without a search, never given twice.
template <class Slot>
class SlotTable {
public:
    std::uint32_t acquire() {
        std::uint32_t index;
        if (free_.empty()) {
            index = static_cast<std::uint32_t>(slots_.size());
            slots_.emplace_back();
        } else {
            index = free_.back();
            free_.pop_back();
        }
        slots_[index].used = true;
        return index;
    }

    void release(std::uint32_t index) {
        const std::uint32_t generation = slots_[index].generation + 1;
        slots_[index] = Slot{};
        slots_[index].generation = generation;
        free_.push_back(index);
    }

    Slot& operator[](std::uint32_t index) { return slots_[index]; }
    const Slot& operator[](std::uint32_t index) const { return slots_[index]; }
    std::uint64_t id_of(std::uint32_t index) const {
        return std::uint64_t{slots_[index].generation} << 32 | index;
    }
    static std::uint32_t index_of(std::uint64_t id) { return static_cast<std::uint32_t>(id); }

    Slot* find(std::uint64_t id) {
        const std::uint32_t index = index_of(id);
        if (index >= slots_.size() || !slots_[index].used || id_of(index) != id) return nullptr;
        return &slots_[index];
    }

    std::size_t size() const { return slots_.size() - free_.size(); }
    std::uint32_t slots() const { return static_cast<std::uint32_t>(slots_.size()); }

private:
    std::deque<Slot> slots_;  // a reference stays good while others are added
    std::vector<std::uint32_t> free_;
};

// Open addressing with linear probing; what follows a deleted cell moves up, so nothing is ever
// marked.
class KeyTable {
public:
    template <class Matches>
    const std::uint32_t* find(std::uint64_t hash, const Matches& matches) const {
        if (cells_.empty()) return nullptr;
        for (std::size_t i = hash & mask();; i = (i + 1) & mask()) {
            const Cell& cell = cells_[i];
            if (cell.slot == kEmpty) return nullptr;
            if (cell.hash == hash && matches(cell.slot)) return &cell.slot;
        }
    }

    void insert(std::uint64_t hash, std::uint32_t slot) {
        if (2 * (used_ + 1) > cells_.size()) grow();
        put(hash, slot);
        ++used_;
    }

    void erase(std::uint64_t hash, std::uint32_t slot) {
        if (cells_.empty()) return;
        std::size_t hole = hash & mask();
        while (cells_[hole].slot != slot) {
            if (cells_[hole].slot == kEmpty) return;
            hole = (hole + 1) & mask();
        }
        for (std::size_t i = (hole + 1) & mask(); cells_[i].slot != kEmpty; i = (i + 1) & mask()) {
            const std::size_t home = cells_[i].hash & mask();
            if (((i - home) & mask()) >= ((i - hole) & mask())) {
                cells_[hole] = cells_[i];
                hole = i;
            }
        }
        cells_[hole] = Cell{};
        --used_;
    }

private:
    static constexpr std::uint32_t kEmpty = UINT32_MAX;
    struct Cell {
        std::uint64_t hash = 0;
        std::uint32_t slot = kEmpty;
    };

    std::size_t mask() const { return cells_.size() - 1; }
    void put(std::uint64_t hash, std::uint32_t slot) {
        std::size_t i = hash & mask();
        while (cells_[i].slot != kEmpty) i = (i + 1) & mask();
        cells_[i] = {hash, slot};
    }
    void grow() {
        std::vector<Cell> old(cells_.empty() ? 64 : 2 * cells_.size());
        old.swap(cells_);
        for (const Cell& cell : old) {
            if (cell.slot != kEmpty) put(cell.hash, cell.slot);
        }
    }

    std::vector<Cell> cells_;
    std::size_t used_ = 0;
};

}  // namespace imslab::sip
