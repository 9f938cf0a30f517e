// What may stand in a stanza: UTF-8 (RFC 6120 §11.6) of characters that XML 1.0 has.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace imslab::xmpp {

// No overlong form, no surrogate, no control character but tab, line feed and carriage return.
bool is_xml_text(std::string_view text);
// How many octets at the end may be the beginning of a character whose rest is still to come.
std::size_t unfinished_at_end(std::string_view text);
// The same text without what is none, each octet of it replaced by U+FFFD.
std::string as_xml_text(std::string_view text);

}  // namespace imslab::xmpp
