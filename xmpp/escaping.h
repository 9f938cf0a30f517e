// JID Escaping (XEP-0106): how a localpart holds the ten characters that it must not hold.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace imslab::xmpp {

// "o'malley" -> "o\27malley". A backslash is escaped only where it would read as an escape. One
// sentence for a space at the start or the end, which no localpart may have (section 4.2 there).
Result<std::string, std::string> escape_localpart(std::string_view text);
// The reverse. What is none of the ten escapes stays as it is.
std::string unescape_localpart(std::string_view localpart);

}  // namespace imslab::xmpp
