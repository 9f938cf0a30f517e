// Text inside an element or a quoted attribute of an XML document that is written as text.
#pragma once

#include <string>
#include <string_view>

namespace imslab {

std::string xml_escaped(std::string_view text);

}  // namespace imslab
