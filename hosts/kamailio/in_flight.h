// The requests that the engine has taken and not yet answered finally, in memory that outlives it:
// should it die, its keeper answers them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/address.h"
#include "hosts/kamailio/seam.h"

namespace imslab::kamailio {

// Counters and the engine's state, for every process of this Kamailio.
struct Shared {
    std::atomic<std::uint32_t> ready;
    std::atomic<std::uint32_t> used;  // slots below this one may hold something
    std::atomic<std::uint64_t> delivered, refused, restarts, answered_for_the_dead, untracked;

    struct Slot {
        std::atomic<std::uint32_t> size;  // 0: free
        ims_flow flow;
        char head[4096 - sizeof(ims_flow) - sizeof(std::uint32_t)];  // start line and header
    };
    static constexpr std::size_t kSlots = 8192;
    Slot slots[kSlots];

    // Mapped before any fork; pages nobody uses cost nothing.
    static Shared* map();
};

// The engine's side: which slot belongs to which server transaction.
class InFlight {
public:
    explicit InFlight(Shared& shared);

    void on_request(const ims_flow& flow, std::string_view bytes);
    void on_response(std::string_view bytes);

private:
    Shared& shared_;
    std::vector<std::uint32_t> free_;
    std::unordered_map<std::string, std::uint32_t> slots_;  // by branch, sent-by and method
};

// The keeper's side, when the engine is dead: each request with the 503 for it; all slots are free
// afterwards.
void answer_in_flight(Shared& shared,
                      const std::function<void(const ims_flow&, const std::string&)>& send);

}  // namespace imslab::kamailio
