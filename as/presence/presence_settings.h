// The presence server as a topology describes it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "as/enablers.h"
#include "core/result.h"

namespace imslab::presence {

// {"unruled": "confirm", "plain_sip": false, …}; a sentence if something in it is wrong.
Result<as::EnablerRecipe, std::string> read_presence_enabler(const std::string& name,
                                                            const nlohmann::json& settings);

}  // namespace imslab::presence
