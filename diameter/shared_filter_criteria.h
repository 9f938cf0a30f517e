// Shared sets of initial filter criteria, as an operator provisions them at an S-CSCF (TS 29.228
// §B.2.2A).
#pragma once

#include <string_view>
#include <vector>

#include "diameter/user_profile.h"

namespace imslab::cx {

// One or several <InitialFilterCriteria>, without an element around them.
Result<std::vector<InitialFilterCriteria>, UserDataError> read_filter_criteria(
    std::string_view xml);

}  // namespace imslab::cx
