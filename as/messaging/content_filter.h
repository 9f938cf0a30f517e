// Is a message's content to be kept from its recipient? Asked of the host, which has a scanner
// behind it or none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "as/enabler.h"
#include "core/task.h"

namespace imslab::messaging {

struct ScanRequest {
    std::string octets;
};
struct ScanAnswer {
    enum class Verdict { clean, infected, unknown } verdict = Verdict::clean;
    std::string name;  // of what was found, or why nobody knows
};

// What a person, or a program of his, would open: the parts, what is in CPIM.
std::vector<std::string> contents_of(std::string_view content_type, std::string_view body);

class ContentFilter {
public:
    // `required`: what cannot be looked at is not passed on.
    ContentFilter(as::Services& services, bool used, bool required)
        : services_(services), used_(used), required_(required) {}

    struct Objection {
        bool is_infected = false;  // else nobody knows, and somebody must
        std::string why;
    };
    bool is_used() const { return used_; }
    // Part by part, as a scanner knows files and not messages.
    Task<std::optional<Objection>> look_at(std::vector<std::string> contents, std::string call_id);
    // There is no way to look at it.
    std::optional<Objection> unseen(std::string_view call_id, const std::string& why);

    std::uint64_t infected() const { return infected_; }
    std::uint64_t unfiltered() const { return unfiltered_; }

private:
    as::Services& services_;
    bool used_, required_;
    std::uint64_t infected_ = 0, unfiltered_ = 0;
};

}  // namespace imslab::messaging
