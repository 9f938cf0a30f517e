// TS 29.228 §B.2.2: priority, profile part, trigger point.
#include "scscf/filter_criteria.h"

#include <algorithm>

namespace imslab::scscf {

FilterCriteria::FilterCriteria(std::vector<cx::InitialFilterCriteria> own,
                               const std::vector<std::uint32_t>& shared_sets,
                               const SharedCriteriaSets& provisioned) {
    for (const auto number : shared_sets) {
        const auto found = provisioned.find(number);
        if (found == provisioned.end()) {
            complaints_.push_back("the shared iFC set " + std::to_string(number) +
                                  " is not provisioned here");
            continue;
        }
        own.insert(own.end(), found->second.begin(), found->second.end());
    }
    std::ranges::stable_sort(own, {}, &cx::InitialFilterCriteria::priority);
    for (auto& criteria : own) {
        One one;
        if (criteria.trigger_point) {
            auto compiled = CompiledTriggerPoint::compile(*criteria.trigger_point);
            if (!compiled) {
                complaints_.push_back("the criterion of priority " +
                                      std::to_string(criteria.priority) +
                                      " is left out: " + compiled.error());
                continue;
            }
            one.trigger = *std::move(compiled);
        }
        one.what = std::move(criteria);
        criteria_.push_back(std::move(one));
    }
}

std::optional<std::size_t> FilterCriteria::next(const TriggerSubject& subject,
                                                std::size_t from) const {
    for (std::size_t i = from; i < criteria_.size(); ++i) {
        const auto& one = criteria_[i];
        if (is_for(one.what, subject.session_case()) &&
            (!one.trigger || one.trigger->matches(subject)))
            return i;
    }
    return std::nullopt;
}

bool is_for(const cx::InitialFilterCriteria& criteria, cx::SessionCase session_case) {
    if (!criteria.profile_part) return true;
    const bool unregistered = session_case == cx::SessionCase::terminating_unregistered ||
                              session_case == cx::SessionCase::originating_unregistered;
    return unregistered == (*criteria.profile_part == cx::ProfilePart::unregistered);
}

std::string_view to_string(cx::SessionCase session_case) {
    switch (session_case) {
        case cx::SessionCase::originating_registered:
            return "originating_registered";
        case cx::SessionCase::terminating_registered:
            return "terminating_registered";
        case cx::SessionCase::terminating_unregistered:
            return "terminating_unregistered";
        case cx::SessionCase::originating_unregistered:
            return "originating_unregistered";
        case cx::SessionCase::originating_cdiv:
            return "originating_cdiv";
    }
    return {};
}

}  // namespace imslab::scscf
