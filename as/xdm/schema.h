// The schemas of the application usages, compiled in, and documents held against them with libxml2.
// Reads no file, no entity and nothing from a network.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace imslab::xdm {

// `schema`: a file of as/xdm/schemas. A sentence with the line if the document does not fit.
std::optional<std::string> schema_fault(std::string_view xml, std::string_view schema);

// A schema as it was compiled in; empty: there is none of that name.
std::string_view schema_text(std::string_view name);

}  // namespace imslab::xdm
