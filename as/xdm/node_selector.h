// Node selectors (RFC 4825 §6.3, §6.4): which element, attribute or namespace bindings of a
// document a URI names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "as/xdm/document_tree.h"
#include "core/result.h"

namespace imslab::xdm {

struct Step {
    bool any = false;  // *
    std::string space, local;
    // At most one position and one attribute, in that order.
    std::optional<std::uint32_t> position;
    struct AttributeTest {
        std::string space, local, value;
    };
    std::optional<AttributeTest> attribute;

    bool matches_name(const ExpandedName& name) const {
        return any || (name.space == space && name.local == local);
    }
};

struct NodeSelector {
    enum class Terminal : std::uint8_t { element, attribute, namespaces };
    std::vector<Step> steps;
    Terminal terminal = Terminal::element;
    std::string attribute_space, attribute_local;  // of the terminal
    std::string attribute_name;                    // as written, with its prefix
    std::vector<std::string> written;              // each step as written, encoded: for <ancestor>

    // `encoded`: what stands behind "~~/"; `query`: the URI's; an element's name without a prefix
    // is in `default_namespace`. The sentence says why it cannot be read: the answer is 400.
    static Result<NodeSelector, std::string> parse(std::string_view encoded,
                                                   std::string_view query,
                                                   std::string_view default_namespace);
};

// §6.4: the xmlns() parts of an XPointer expression; others are left out.
Result<DocumentTree::Bindings, std::string> namespace_bindings(std::string_view query);

// The element that the first `count` steps select; nullopt: no match, or more than one element.
std::optional<std::uint32_t> select(const DocumentTree& tree,
                                    const NodeSelector& selector,
                                    std::size_t count);
// The children of an element (kNone: the document) that one step selects.
std::vector<std::uint32_t> selected_children(const DocumentTree& tree,
                                             std::uint32_t parent,
                                             const Step& step);

}  // namespace imslab::xdm
