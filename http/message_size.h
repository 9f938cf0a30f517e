// Where in a stream of octets a message ends.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"

namespace imslab::http {

// RFC 9112 §6.3: how many of a stream's octets its first message has; nullopt: more have to come. A
// response to HEAD has no body, whatever it says. The sentence says why the stream cannot be read.
Result<std::optional<std::size_t>, std::string> message_size(std::string_view octets,
                                                             bool answers_head);

}  // namespace imslab::http
