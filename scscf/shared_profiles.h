// Service profiles as many users have them (TS 29.228 Annex B.2): equal ones are stored once,
// without the identities that they belong to.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "diameter/cx.h"
#include "diameter/user_profile.h"
#include "scscf/filter_criteria.h"

namespace imslab::scscf {

// A service profile with its criteria ready for use.
struct Services {
    cx::ServiceProfile profile;
    FilterCriteria criteria;  // those of the shared iFC sets among them
};
// nullptr: a profile without services.
using SharedProfile = std::shared_ptr<const Services>;
using SharedText = std::shared_ptr<const std::string>;
using SharedCharging = std::shared_ptr<const cx::ChargingInformation>;

// Gives each value out once and forgets it with its last user.
class SharedValues {
public:
    // The sets that profiles may name (TS 29.228 §B.2.2A); before the first profile.
    void provision(SharedCriteriaSets sets) { sets_ = std::move(sets); }
    SharedProfile profile(cx::ServiceProfile profile);
    SharedText text(std::string_view text);  // nullptr: empty
    SharedCharging charging(const cx::ChargingInformation& charging);

    std::size_t profiles() const { return profiles_.size(); }
    // What could not be read in the profiles that came since the last call.
    std::vector<std::string> take_complaints() { return std::exchange(complaints_, {}); }

private:
    void forget_unused();

    SharedCriteriaSets sets_;
    std::vector<std::string> complaints_;
    std::unordered_multimap<std::size_t, std::weak_ptr<const Services>> profiles_;
    std::unordered_map<std::string, std::weak_ptr<const std::string>> texts_;
    std::unordered_map<std::string, std::weak_ptr<const cx::ChargingInformation>> charging_;
    std::size_t sweep_at_ = 1024;
};

}  // namespace imslab::scscf
