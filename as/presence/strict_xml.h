// XML as this enabler takes it from strangers: no document type (so no entities), limits, every
// prefix declared. What is read is brought to one spelling: a known namespace has its customary
// prefix (PIDF has none), whatever the document calls it, so that a name says which element it is,
// and parts of several documents stand in one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "core/result.h"

namespace imslab::presence {

struct XmlLimits {
    std::size_t octets = 65'536;
    std::size_t nodes = 5'000;
    std::size_t depth = 24;
};
// For lists, which a document server has taken.
inline constexpr XmlLimits kListDocument{.octets = 4'000'000, .nodes = 400'000};

// The document, in canonical spelling; or a sentence fit for a Reason-Phrase.
Result<void, std::string> read_strictly(std::string_view text,
                                        pugi::xml_document& into,
                                        const XmlLimits& limits = {});

// The declarations of the customary prefixes that occur in a text:
// ` xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="…"`.
std::string declarations_for(std::string_view text);
std::string_view namespace_of_prefix(std::string_view prefix);
// The customary prefix of a namespace with its colon; PIDF: "". nullptr: not a known one.
const char* prefix_of_namespace(std::string_view uri);

// Without the white space around it.
std::string_view trimmed(std::string_view text);
// A number as digits with or without a point; nullopt: it is none.
std::optional<double> decimal(std::string_view text);
// One node and what is below it, as text.
std::string text_of(const pugi::xml_node& node);

// RFC 3339, as xs:dateTime with a time zone: seconds since 1970; nullopt: not one.
std::optional<std::int64_t> read_date_time(std::string_view text);

}  // namespace imslab::presence
