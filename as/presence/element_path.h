// A path to places in an XML document: the part of XPath that goes downwards step by step, as the
// patches of RFC 5261 and the filters of RFC 4661 write it. Names are canonical (strict_xml.h).
#pragma once

#include <map>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace imslab::presence {

struct ElementPath {
    struct Name {
        std::string spelt;  // canonical; "*": any; ":name": in no namespace, where no element is
        std::string uri;    // of a namespace without a customary prefix; `spelt` is the local name
        bool empty() const { return spelt.empty(); }
        bool operator==(const Name&) const = default;
    };
    struct Step;
    // `@id="a"`, `status/basic="open"`, `.="x"`, `@duration<500`: true of any of what it finds.
    struct Comparison {
        bool begins_alternative = false;  // behind an "or"
        bool of_parent = false;           // ".."
        std::vector<Step> steps;          // none: the element itself
        Name attribute;                   // at their end; empty: none
        char compare = '=';
        std::string value;
        bool is_number = false;  // the value stands without quotes
    };
    struct Predicate {
        std::vector<Comparison> comparisons;
        unsigned position = 0;  // from 1; 0: none
    };
    struct Step {
        Name name;
        bool any_depth = false;  // behind "//"
        bool or_itself = false;  // "//@name" asks each element it comes from, too
        std::vector<Predicate> predicates;
    };
    std::vector<Step> steps;
    Name attribute;        // at its end; empty: none
    bool is_text = false;  // text() at its end
};

// The namespaces that prefixes stand for.
using PrefixBindings = std::map<std::string, std::string, std::less<>>;

// RFC 5261: `*/tuple[@id="a"]/status/basic/text()`, in canonical names; nullopt: no such path, or
// one with more of XPath in it.
std::optional<ElementPath> read_element_path(std::string_view text);
// RFC 4661 §5: `//p:tuple[r:class="IM" or r:class="SMS"]/p:status/p:basic`, `//w:watcher/@status`.
// A sentence if it is none.
Result<ElementPath, std::string> read_filter_path(std::string_view text,
                                                  const PrefixBindings& bindings);
// The same path in the words of RFC 4661; the bindings that it needs are added.
std::string filter_path_text(const ElementPath& path, PrefixBindings& bindings);

// The elements; where nothing stands behind "//", in the order of the document.
std::vector<pugi::xml_node> select(const pugi::xml_document& document, const ElementPath& path);
// null: it has none of that name.
pugi::xml_attribute attribute_of(const pugi::xml_node& node, const ElementPath::Name& name);
// All text in it and in what is below it.
std::string string_value(const pugi::xml_node& node);

}  // namespace imslab::presence
