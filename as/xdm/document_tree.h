// An XML document as RFC 4825 sees it: elements and attributes with their places in the text, so
// that what nobody changed keeps its every octet. Reads well-formed XML with namespaces; refuses
// document types (so no entities but the five of XML), and what is too deep or too large.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "as/xdm/xml_text.h"
#include "core/result.h"

namespace imslab::xdm {

struct XmlLimits {
    std::size_t octets = 2U << 20U;
    std::size_t depth = 100;
    std::size_t elements = 200'000;
    std::size_t attributes = 200;  // of one element
};

// Where it is, and what was found there; a sentence without an end.
struct XmlFault {
    std::size_t offset = 0;
    std::string what;
    bool not_utf8 = false;
    bool beyond_limit = false;  // well-formed perhaps, but larger than is taken
};

// A namespace and a local name.
struct ExpandedName {
    std::string_view space, local;
    bool operator==(const ExpandedName&) const = default;
};

class DocumentTree {
public:
    static constexpr std::uint32_t kNone = UINT32_MAX;

    struct Attribute {
        std::uint32_t begin = 0, end = 0;              // from its name to behind its quote
        std::uint32_t value_begin = 0, value_end = 0;  // without the quotes
        std::uint32_t name_size = 0;
    };
    struct Element {
        std::uint32_t begin = 0, end = 0;                  // with its tags
        std::uint32_t content_begin = 0, content_end = 0;  // equal: <a/> or <a></a>
        std::uint32_t name_size = 0;
        std::uint32_t parent = kNone, first_child = kNone, next_sibling = kNone;
        std::uint32_t attributes_begin = 0, attributes_end = 0;
        std::uint32_t space = 0;  // index of the namespace
        bool empty_tag = false;   // <a/>
    };

    // The text must outlive the tree. A whole document, or an element alone (then its prefixes may
    // be declared around it: `around` has them).
    static Result<DocumentTree, XmlFault> parse(std::string_view text,
                                                const XmlLimits& limits = {});
    using Bindings = std::map<std::string, std::string, std::less<>>;
    static Result<DocumentTree, XmlFault> parse_element(std::string_view text,
                                                        const Bindings& around,
                                                        const XmlLimits& limits = {});

    std::string_view text() const { return text_; }
    std::uint32_t root() const { return 0; }
    const Element& at(std::uint32_t element) const { return elements_[element]; }
    std::size_t size() const { return elements_.size(); }

    std::string_view qualified_name(std::uint32_t element) const;
    ExpandedName name(std::uint32_t element) const;
    std::string_view source(std::uint32_t element) const;

    // Its attributes without namespace declarations.
    std::vector<std::uint32_t> attributes(std::uint32_t element) const;
    const Attribute& attribute(std::uint32_t index) const { return attributes_[index]; }
    ExpandedName attribute_name(std::uint32_t element, std::uint32_t index) const;
    // By expanded name; kNone: it has none.
    std::uint32_t find_attribute(std::uint32_t element, const ExpandedName& name) const;
    // With references replaced and normalised (XML 1.0, section 3.3.3).
    std::string value(std::uint32_t attribute) const;
    // Of an attribute without a namespace; nullopt: it is not there.
    std::optional<std::string> value(std::uint32_t element, std::string_view attribute) const;
    // Character data of the element itself, references replaced, trimmed.
    std::string character_data(std::uint32_t element) const;

    // What is bound where this element stands; the default namespace under "".
    Bindings bindings(std::uint32_t element) const;

private:
    friend class DocumentReader;
    std::string_view text_;
    std::vector<Element> elements_;
    std::vector<Attribute> attributes_;
    std::vector<std::string> spaces_;  // [0] is none
    Bindings around_;
};

}  // namespace imslab::xdm
