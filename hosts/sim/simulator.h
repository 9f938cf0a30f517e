// All nodes of a topology in one process, on a virtual clock, over a network in memory that loses,
// delays, duplicates and reorders from a seed, and that crashes nodes. One seed is one exact run,
// to the byte.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <vector>

#include "core/node.h"
#include "hosts/sim/random.h"
#include "hosts/trace/trace.h"

namespace imslab::sim {

// What the network does to datagrams. Streams and Diameter (TCP) are delayed only: they never lose
// or reorder.
struct Network {
    Duration delay_min{200};
    Duration delay_max{200};
    std::uint32_t loss_ppm = 0;  // parts per million
    std::uint32_t duplicate_ppm = 0;
    std::uint32_t reorder_ppm = 0;  // such a datagram takes up to ten times delay_max
};

// What a node said to the log, and one message as a node saw it: the same record that a real host
// writes.
struct LogLine {
    Time time;
    std::string node;
    Log log;
};
struct TraceLine {
    std::string node;
    trace::Record record;

    bool operator==(const TraceLine&) const = default;
};

class Simulator {
public:
    struct Options {
        std::uint64_t seed = 1;
        Network network;
        bool trace = true;  // keep every message
        bool logs = true;   // keep what the nodes say
        Duration ask_timeout =
            std::chrono::seconds(5);  // a Diameter answer not there by then: AskFailed
    };

    explicit Simulator(Options options);
    ~Simulator();
    Simulator(const Simulator&) = delete;
    Simulator& operator=(const Simulator&) = delete;

    using MakeNode = std::function<std::unique_ptr<Node>(Entropy&)>;
    // Answers an Ask at once, on behalf of something that lasts (a store): it survives its node's
    // crashes.
    using Service = std::function<std::any(std::any request)>;

    struct Placement {
        std::string name;  // "P-CSCF"
        std::vector<Address> addresses;
        std::string diameter_identity;  // empty: no Diameter
        Address diameter_address;       // for the trace
        std::string diameter_peer;      // the identity that requests without a destination go to
        std::string realm;
        std::vector<std::pair<std::type_index, Service>> services;
    };
    void add(Placement placement, MakeNode make);

    // ---- time
    Time now() const { return now_; }
    bool step();  // the next thing that happens; false: nothing will
    void run_for(Duration duration);
    // Runs until the condition holds; false if nothing is left to happen or the limit has passed.
    bool run_until(const std::function<bool()>& condition, Duration limit);
    void at(Time when, std::function<void()> action);  // something the test does then

    // ---- trouble
    void crash(std::string_view name);  // all its memory is gone; messages to it are lost
    void restart(std::string_view name);
    bool is_up(std::string_view name) const;
    Network& network() { return options_.network; }

    // ---- what can be looked at
    Node& node(std::string_view name);
    template <class T>
    T& node_as(std::string_view name) {
        return dynamic_cast<T&>(node(name));
    }
    // Hands an event in from outside, as an administrator or a test does.
    void deliver(std::string_view name, Event event);
    const std::vector<TraceLine>& trace() const { return trace_; }
    const std::vector<LogLine>& logs() const { return logs_; }
    std::uint64_t messages() const { return messages_; }  // carried so far
    // Every message as one line of text, "12.000200 P-CSCF < REGISTER sip:… 127.1.1.1:5060": two
    // runs of one seed agree on it.
    std::string transcript() const;
    void forget_trace() { trace_.clear(); }

private:
    struct Slot;
    struct Happening {
        std::function<void()> action;  // empty: the event happens to a node
        std::size_t slot = 0;
        std::uint64_t life = 0;  // the node's life it is meant for
        Event event = Woken{};
    };
    // What the heap moves about is small; what happens stays where it is.
    struct Due {
        Time when;
        std::uint64_t order;
        std::uint32_t happening;
    };
    static constexpr std::uint32_t kNoAnswer = UINT32_MAX;  // a question has waited long enough
    struct Later {
        bool operator()(const Due& a, const Due& b) const {
            return a.when != b.when ? a.when > b.when : a.order > b.order;
        }
    };
    // Every question may be asked for the same time: their deadlines come in the order of asking.
    struct Patience {
        Due due;
        std::uint64_t ask;
    };
    struct OpenAsk {
        std::size_t slot;
        std::uint64_t life;
        AskId id;
        std::size_t answerer;
        std::string session;
        std::uint32_t hop;
    };

    std::size_t index_of(std::string_view name) const;
    Happening& push(Time when);
    void push(Time when, std::function<void()> action) { push(when).action = std::move(action); }
    template <class Happened>
    void push_event(Time when, std::size_t slot, Happened event);
    const Due* next_due();  // nullptr: nothing will happen
    void give_up_asking();
    void happen(Happening& happening, Time when);
    void hand_over(std::size_t slot, Event&& event);
    void perform(std::size_t slot, Effect& effect);
    void send(std::size_t slot, Send& send);
    void ask(std::size_t slot, Ask& ask);
    void ask_peer(std::size_t slot, Ask& ask);
    void reply(std::size_t slot, Reply& reply);
    void fail_asks_to(std::size_t slot);
    void fail(std::uint64_t key, AskFailed::Why why, std::string reason);
    void wake_if_due(std::size_t slot);
    Duration delay();
    void record(std::size_t slot,
                trace::Protocol protocol,
                trace::Direction direction,
                const Flow& flow,
                std::string_view bytes);

    Options options_;
    Random random_;
    Time now_{};
    std::uint64_t order_ = 0;
    std::uint64_t messages_ = 0;
    std::vector<Due> heap_;
    std::deque<Happening> happenings_;
    std::vector<std::uint32_t> free_happenings_;
    std::vector<std::unique_ptr<Slot>> slots_;
    std::unordered_map<Address, std::size_t> by_address_;
    std::map<std::string, std::size_t, std::less<>> by_identity_;
    std::unordered_map<std::string, std::size_t> by_name_;
    std::unordered_map<std::uint64_t, OpenAsk> asks_;  // by the number the answerer sees
    std::deque<Patience> patience_;
    std::uint64_t last_ask_ = 0;
    std::map<std::pair<Address, Address>, Time> stream_order_;
    std::vector<TraceLine> trace_;
    std::vector<LogLine> logs_;
};

}  // namespace imslab::sim
