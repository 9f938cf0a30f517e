// RFC 6120 §11.3: well-formed, with its namespaces declared where they begin.
#include "xmpp/element.h"

#include <algorithm>

#include "core/xml_escape.h"
#include "xmpp/characters.h"

namespace imslab::xmpp {

std::string_view Element::get(std::string_view attribute) const {
    for (const auto& [known, value] : attributes) {
        if (known == attribute) return value;
    }
    return {};
}

void Element::set(std::string_view attribute, std::string_view value) {
    for (auto& [known, old] : attributes) {
        if (known == attribute) return void(old = value);
    }
    attributes.emplace_back(attribute, value);
}

void Element::remove(std::string_view attribute) {
    std::erase_if(attributes, [&](const auto& one) { return one.first == attribute; });
}

const Element* Element::child(std::string_view named, std::string_view of) const {
    for (const auto& one : children) {
        if (one.name == named && one.ns == of) return &one;
    }
    return nullptr;
}

Element& Element::add(Element child) { return children.emplace_back(std::move(child)); }

std::string Element::to_string(std::string_view within) const {
    std::string xml = "<" + name;
    if (ns != within) xml += " xmlns='" + xml_escaped(ns) + "'";
    for (const auto& [attribute, value] : attributes)
        xml += " " + attribute + "='" + xml_escaped(as_xml_text(value)) + "'";
    if (text.empty() && children.empty()) return xml + "/>";
    xml += ">" + xml_escaped(as_xml_text(text));
    for (const auto& one : children) xml += one.to_string(ns);
    return xml + "</" + name + ">";
}

}  // namespace imslab::xmpp
