// Selection of an S-CSCF for a user (TS 23.228 §5.1.2.1, TS 29.228 §6.7): all mandatory
// capabilities, most optional.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "diameter/cx.h"
#include "icscf/icscf.h"

namespace imslab::icscf {

// The S-CSCF to try next, none of those `tried`. Names that the HSS prefers come first, then
// whoever has all mandatory and the most optional capabilities; the order of `serving` breaks ties.
std::optional<std::string> select_serving_cscf(const std::vector<ServingCscf>& serving,
                                               const cx::ServerCapabilities& wanted,
                                               const std::set<std::string>& tried);

}  // namespace imslab::icscf
