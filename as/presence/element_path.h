// A path to places in an XML document, as the patches of RFC 5261 write it: the part of XPath that
// goes downwards step by step. Names are canonical (strict_xml.h).
#pragma once

#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace imslab::presence {

struct ElementPath {
    struct Predicate {
        std::string what;  // "@id", "status", "."; empty: a position
        std::string value;
        unsigned position = 0;  // from 1
    };
    struct Step {
        std::string name;  // "*": any
        std::vector<Predicate> predicates;
    };
    std::vector<Step> steps;
    std::string attribute;  // at its end; empty: none
    bool is_text = false;   // text() at its end
};

// `*/tuple[@id="a"]/status/basic/text()`; nullopt: no such path, or one with more of XPath in it.
std::optional<ElementPath> read_element_path(std::string_view text);
// The elements, in the order of the document.
std::vector<pugi::xml_node> select(const pugi::xml_document& document, const ElementPath& path);

}  // namespace imslab::presence
