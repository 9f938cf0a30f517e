// What a body says, whichever way it is written: the RESTful network APIs have each structure in
// XML and in JSON. Values are texts in both.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace imslab::interaction {

struct Element {
    std::string name;
    std::string text;  // of one without children
    std::vector<Element> children;
    bool repeats = false;  // one of several: in JSON an element of an array, be it alone

    Element(std::string name_given, std::string text_given = {})
        : name(std::move(name_given)), text(std::move(text_given)) {}

    Element& add(Element child) { return children.emplace_back(std::move(child)); }
    // Without a text there is nothing to say.
    void add_text(std::string child, std::string value) {
        if (!value.empty()) add(Element(std::move(child), std::move(value)));
    }
    Element& add_one_of(Element child) {
        child.repeats = true;
        return add(std::move(child));
    }
    // The first of that name; nullptr: there is none.
    const Element* find(std::string_view child) const;
    std::string_view text_of(std::string_view child) const;
    std::vector<const Element*> all(std::string_view child) const;
};

std::string to_json(const Element& element);
// `name_space`: of the element itself, by the prefix `prefix`; what is in it has none, as in the
// schemas of these APIs.
std::string to_xml(const Element& element, std::string_view prefix, std::string_view name_space);

// A sentence if it cannot be read: not well-formed, nested too deeply, a document type, several
// roots. What is in JSON's root object stands under `from_json(…).name`, its one member.
Result<Element, std::string> from_json(std::string_view text);
Result<Element, std::string> from_xml(std::string_view text);

}  // namespace imslab::interaction
