// The command by which two phones of the lab's own hold an MSRP session.
#pragma once

#include <optional>
#include <string_view>

#include "lab/procedure.h"

namespace imslab::lab {

// nullopt: it is another command.
std::optional<Result<SessionCommand, CommandError>> read_session_command(std::string_view text,
                                                                         const Topology& topology);

}  // namespace imslab::lab
