// What the schemas cannot say: names that must be unique, URIs that must lead somewhere.
#pragma once

#include <optional>

#include "as/xdm/application_usage.h"

namespace imslab::xdm {

std::optional<Conflict> resource_list_conflict(const Proposed& proposed);  // RFC 4826 §3.4.5
std::optional<Conflict> rls_service_conflict(const Proposed& proposed);    // RFC 4826 §4.4.5
std::optional<Conflict> group_conflict(const Proposed& proposed);          // OMA Group XDM
std::optional<Conflict> user_profile_conflict(const Proposed& proposed);  // OMA Profile XDM
std::optional<Conflict> presence_conflict(const Proposed& proposed);      // RFC 4827 §7
std::optional<Conflict> history_conflict(const Proposed& proposed);       // OMA IM XDM

}  // namespace imslab::xdm
