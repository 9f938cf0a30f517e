// Parts of reading a procedure that have rules of their own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lab/procedure.h"

namespace imslab::lab {

// What a phone of somebody else's cannot be asked for; empty: nothing.
std::string beyond_a_soft_phone(const Command& command, const Topology& topology);
// What is said to a node that is an application server on Sh is read by its own rules; nullopt: it
// is not said to one.
std::optional<Result<std::vector<Command>, CommandError>> read_sh(std::string_view text,
                                                                  const Topology& topology);

}  // namespace imslab::lab
