// Sh-Data against hss/sh_data.xsd: what an application server writes is kept for others to read.
#pragma once

#include <any>
#include <optional>
#include <string>
#include <string_view>

#include "diameter/command_codec.h"

namespace imslab::host {

// The first thing that is wrong, in a sentence; nullopt: nothing.
std::optional<std::string> sh_data_fault(std::string_view xml);
// What an HSS says to an sh::Request whose User-Data is not that (RFC 6733 §7.1.5: 5004).
std::optional<diameter::CodecError> objection_to_user_data(const std::any& request);

}  // namespace imslab::host
