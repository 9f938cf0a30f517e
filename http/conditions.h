// Entity tags and the conditions that a request makes of them (RFC 9110 §8.8.3, §13).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace imslab::http {

std::string quoted_tag(std::string_view etag);

// RFC 9110 §13.2.2: 412, or 304 to a GET or HEAD that has what is there already; nullopt: go on.
// `current`: the tag of what is there; nullptr: nothing is.
std::optional<int> failed_condition(const Request& request, const std::string* current);

}  // namespace imslab::http
