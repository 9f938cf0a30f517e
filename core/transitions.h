// A state machine's table, declared in one place: (state, event) -> state. What the table does not
// have is refused.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace imslab {

template <class State, class Event>
struct Transition {
    State from;
    Event on;
    State to;
};

// constexpr Transitions kTable{std::array{Transition<State, Event>{…}, …}};
template <class State, class Event, std::size_t N>
class Transitions {
public:
    constexpr explicit Transitions(std::array<Transition<State, Event>, N> table) : table_(table) {}

    // The next state, or nullopt if `on` is not accepted in `from`.
    constexpr std::optional<State> next(State from, Event on) const {
        for (const auto& row : table_) {
            if (row.from == from && row.on == on) return row.to;
        }
        return std::nullopt;
    }

    constexpr const auto& rows() const { return table_; }

    // One line per row, "proceeding --response_2xx--> accepted", for the test that prints the
    // table.
    std::string to_text() const {
        std::string text;
        for (const auto& row : table_) {
            text.append(to_string(row.from)).append(" --").append(to_string(row.on)).append("--> ");
            text.append(to_string(row.to)).append("\n");
        }
        return text;
    }

private:
    std::array<Transition<State, Event>, N> table_;
};

template <class State, class Event, std::size_t N>
Transitions(std::array<Transition<State, Event>, N>) -> Transitions<State, Event, N>;

}  // namespace imslab
