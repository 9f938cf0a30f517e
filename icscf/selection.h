// Selection of an S-CSCF for a user (TS 23.228 §5.1.2.1, TS 29.228 §6.7): all mandatory
// capabilities, most optional.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "diameter/cx.h"
#include "icscf/icscf.h"

namespace imslab::icscf {

// The S-CSCF to try next, none of those `tried`. Names that the HSS prefers come first, then
// whoever has all mandatory and the most optional capabilities. Equals share the users: each user
// falls to one of them, always the same; if that one is tried or gone, to the next of his.
std::optional<std::string> select_serving_cscf(const std::vector<ServingCscf>& serving,
                                               const cx::ServerCapabilities& wanted,
                                               const std::set<std::string>& tried,
                                               std::string_view user);

}  // namespace imslab::icscf
