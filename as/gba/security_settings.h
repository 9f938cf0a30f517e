// The user security settings that come with a vector (TS 29.109 Annex A), and the part of them that
// one server is told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace imslab::gba {

// TS 33.220 §4.5.3: of a GUSS the settings of these services (GAA-Service-Identifiers), as a
// ussList; empty: there are none.
std::string settings_for(std::string_view guss, const std::vector<std::string>& services);

}  // namespace imslab::gba
