// What is still expected while a run is read: the diagram with what has happened taken out of it.
// Order is kept on each lifeline alone (weak sequencing): an event may come early if nothing above
// it touches its lifeline.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lab/mermaid.h"

namespace imslab::lab {

struct Term;
using Expectation = std::shared_ptr<const Term>;  // nullptr: nothing more

struct Term {
    enum class Kind { arrow, half, sequence, par, alt, loop } kind = Kind::arrow;
    const Arrow* arrow = nullptr;    // arrow: nothing of it has happened; half: it was sent
    std::size_t message = 0;         // half: by which observed message
    std::vector<Expectation> parts;  // alt: a nullptr among them means that it may be left out
    std::size_t at_least = 0, at_most = 0;  // loop
};

// One end of one observed message.
struct LifelineEvent {
    std::size_t message = 0;
    bool send = true;
    bool arrives = true;  // does this message have a second event, its receipt?
};

// Does the message fit the arrow (ends, label, transaction)?
using Fits = std::function<bool(const Arrow&, std::size_t message)>;

struct Advance {
    Expectation rest;
    const Arrow* arrow = nullptr;  // that was begun or completed
};

Expectation expectation_of(const Sequence& sequence);
// All ways in which the event can be what comes next.
std::vector<Advance> advance(const Expectation& expectation,
                             const LifelineEvent& event,
                             const Fits& fits);
// May the run end here?
bool may_end(const Expectation& expectation);
// What is left, from top to bottom; `required_only` leaves out what may be left out.
std::vector<const Arrow*> remaining(const Expectation& expectation, bool required_only);
// Arrows whose sending could come next.
std::vector<const Arrow*> next_arrows(const Expectation& expectation);
bool holds_half(const Expectation& expectation, std::size_t message);
// Distinguishes expectations; equal text means equal expectation.
void append_key(const Expectation& expectation, std::string& into);

}  // namespace imslab::lab
