// Initial filter criteria (TS 24.229 §5.4.3.2, §5.4.3.3; TS 29.228 Annex B.2.2): which application
// server a request goes to next.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diameter/user_profile.h"
#include "scscf/trigger_point.h"

namespace imslab::scscf {

// Shared iFC sets (TS 29.228 §B.2.2A): provisioned here, named by the profile.
using SharedCriteriaSets = std::map<std::uint32_t, std::vector<cx::InitialFilterCriteria>>;

class FilterCriteria {
public:
    struct One {
        cx::InitialFilterCriteria what;
        std::optional<CompiledTriggerPoint> trigger;  // absent: matches always
    };

    FilterCriteria() = default;
    // Sorted by priority, those of the shared sets among them. What cannot be read never matches
    // and is told in `complaints`.
    FilterCriteria(std::vector<cx::InitialFilterCriteria> own,
                   const std::vector<std::uint32_t>& shared_sets,
                   const SharedCriteriaSets& provisioned);

    // The first from number `from` on that the request meets.
    std::optional<std::size_t> next(const TriggerSubject& subject, std::size_t from = 0) const;
    const cx::InitialFilterCriteria& operator[](std::size_t number) const {
        return criteria_[number].what;
    }
    std::size_t size() const { return criteria_.size(); }
    const std::vector<std::string>& complaints() const { return complaints_; }

private:
    std::vector<One> criteria_;
    std::vector<std::string> complaints_;
};

// ProfilePartIndicator: is a criterion for users in that state? A registered user's cases are
// originating, terminating and after diversion.
bool is_for(const cx::InitialFilterCriteria& criteria, cx::SessionCase session_case);
std::string_view to_string(cx::SessionCase session_case);

}  // namespace imslab::scscf
