// Changing a part of a document (RFC 4825 §8.2, §8.4): where it goes, what is cut out, and whether
// the same URI would name it afterwards. Everything around it keeps its octets.
#pragma once

#include <string>
#include <string_view>

#include "as/xdm/node_selector.h"
#include "as/xdm/xcap_error.h"

namespace imslab::xdm {

struct Edited {
    std::string body;
    bool created = false;  // else replaced
};

// `base`: the URI of the document up to and with "~~/", for <ancestor>.
Result<Edited, Conflict> put_element(const DocumentTree& tree,
                                     const NodeSelector& selector,
                                     std::string_view element,
                                     std::string_view base,
                                     const XmlLimits& limits);
// `value`: the AttValue without quotes.
Result<Edited, Conflict> put_attribute(const DocumentTree& tree,
                                       const NodeSelector& selector,
                                       std::string_view value,
                                       std::string_view base,
                                       const XmlLimits& limits);
// What the selector names is there: an element, or its attribute `attribute`.
Result<std::string, Conflict> remove_element(const DocumentTree& tree,
                                             const NodeSelector& selector,
                                             std::uint32_t element,
                                             const XmlLimits& limits);
std::string remove_attribute(const DocumentTree& tree, std::uint32_t attribute);

}  // namespace imslab::xdm
