// XML that came in a message: pugixml keeps to what stands there and resolves no entity of a
// document's own; a document that declares some is refused.
#pragma once

#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace imslab::messaging {

// One sentence if it is not well-formed, or has a document type.
std::optional<std::string> load_xml(pugi::xml_document& document, std::string_view text);
// "imdn" of "x:imdn".
std::string_view local_name(const pugi::xml_node& node);
// The namespace that the node's prefix is bound to; empty: none.
std::string_view namespace_of(const pugi::xml_node& node);
std::string_view namespace_of_attribute(const pugi::xml_node& node,
                                        const pugi::xml_attribute& attribute);

}  // namespace imslab::messaging
