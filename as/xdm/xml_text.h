// The small words of XML: characters, names, references (XML 1.0, Namespaces in XML).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imslab::xdm {

inline constexpr std::string_view kXmlNamespace = "http://www.w3.org/XML/1998/namespace";

inline bool is_xml_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_name_character(char c, bool first);

std::string_view prefix_of(std::string_view name);
std::string_view local_of(std::string_view name);
// xmlns, or xmlns:prefix
bool declares_namespace(std::string_view name);

// The first octet that is no UTF-8 of an XML character; npos: all is well.
std::size_t not_utf8_at(std::string_view text, bool& is_utf8);

// The character that stands between & and ; means: one of the five entities, or by its number.
std::optional<std::uint32_t> referenced_character(std::string_view name);
// nullopt: another entity, or a stray ampersand.
std::optional<std::string> with_references_replaced(std::string_view text);
// Is this an AttValue without its quotes (XML 1.0, section 2.3)? Both kinds of quotes may stand in
// it.
bool is_attribute_content(std::string_view text);

}  // namespace imslab::xdm
