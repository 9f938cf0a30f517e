// Asking a running node over its control socket.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "lab/process.h"

namespace imslab::lab {

// The node's answer, or one sentence why there is none.
Result<std::string, std::string> ask_node(const std::string& control_socket,
                                          std::string_view question,
                                          Deadline deadline);

}  // namespace imslab::lab
