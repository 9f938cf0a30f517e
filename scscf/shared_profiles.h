// Service profiles as many users have them (TS 29.228 Annex B.2): equal ones are stored once,
// without the identities that they belong to.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "diameter/cx.h"
#include "diameter/user_profile.h"

namespace imslab::scscf {

// nullptr: a profile without services.
using SharedProfile = std::shared_ptr<const cx::ServiceProfile>;
using SharedText = std::shared_ptr<const std::string>;
using SharedCharging = std::shared_ptr<const cx::ChargingInformation>;

// Gives each value out once and forgets it with its last user.
class SharedValues {
public:
    SharedProfile profile(cx::ServiceProfile profile);  // filter criteria are sorted by priority
    SharedText text(std::string_view text);             // nullptr: empty
    SharedCharging charging(const cx::ChargingInformation& charging);

    std::size_t profiles() const { return profiles_.size(); }

private:
    void forget_unused();

    std::unordered_multimap<std::size_t, std::weak_ptr<const cx::ServiceProfile>> profiles_;
    std::unordered_map<std::string, std::weak_ptr<const std::string>> texts_;
    std::unordered_map<std::string, std::weak_ptr<const cx::ChargingInformation>> charging_;
    std::size_t sweep_at_ = 1024;
};

}  // namespace imslab::scscf
