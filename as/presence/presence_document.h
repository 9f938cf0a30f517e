// A presence document (RFC 3863, with the persons and devices of RFC 4479): a list of components,
// each a list of elements that are text already. To compose, to transform and to compare is to
// choose among them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "as/presence/strict_xml.h"
#include "core/result.h"

namespace imslab::presence {

inline constexpr std::string_view kPidfType = "application/pidf+xml";

struct Element {
    std::string name;  // canonical: "status", "rpid:activities"
    std::string text;  // as it is written
    bool operator==(const Element&) const = default;
};

enum class ComponentKind : std::uint8_t { tuple, person, device, note, extension };
// The element around the elements of a component that has an id; empty: it has none.
std::string_view name_of(ComponentKind kind);

struct Component {
    ComponentKind kind = ComponentKind::tuple;
    std::string id;
    std::string attributes;         // the others, as they are written: ` mustUnderstand="1"`
    std::vector<Element> elements;  // a note and an extension have one, which is all of it

    const Element* find(std::string_view name) const;
    // The text inside of an element that holds nothing but text, unescaped; empty: none.
    std::string value(std::string_view name) const;
    std::string text() const;
    bool operator==(const Component&) const = default;
};

struct PresenceDocument {
    std::string entity;
    std::vector<Component> components;

    // RFC 3863 §4.1: application/pidf+xml.
    std::string text() const;
    // What stands in its root element, in the schema's order: tuples, notes, the rest.
    std::string content() const;
    bool operator==(const PresenceDocument&) const = default;
};

// What is wrong in it as a sentence: not XML enough, or not its schema (RFC 3863 §4.4, RFC 4479 §5).
Result<PresenceDocument, std::string> read_presence(std::string_view text,
                                                    const XmlLimits& limits = {});
// The same of a document that was read already.
Result<PresenceDocument, std::string> presence_in(const pugi::xml_document& document);

}  // namespace imslab::presence
