// An XML element of a stream as a value: a stanza and what is in it (RFC 6120 §8).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imslab::xmpp {

struct Element {
    std::string name;
    // Empty: the stream's own, jabber:client to one and jabber:component:accept to another.
    std::string ns;
    std::vector<std::pair<std::string, std::string>> attributes;  // "xml:lang" by that name
    std::string text;  // its character data; before its children, if it has both
    std::vector<Element> children;

    Element() = default;
    explicit Element(std::string called, std::string of = {}, std::string says = {})
        : name(std::move(called)), ns(std::move(of)), text(std::move(says)) {}

    std::string_view get(std::string_view attribute) const;  // empty: absent
    void set(std::string_view attribute, std::string_view value);
    void remove(std::string_view attribute);
    // The first of that name; nullptr: there is none.
    const Element* child(std::string_view named, std::string_view of = {}) const;
    Element& add(Element child);

    // `within`: the namespace around it, which need not be said again.
    std::string to_string(std::string_view within = {}) const;

    bool operator==(const Element&) const = default;
};

}  // namespace imslab::xmpp
