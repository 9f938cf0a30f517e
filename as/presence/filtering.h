// What filters make of a document (RFC 4660 §5.3): which part of it a watcher gets, and whether
// what has happened to it is worth telling.
#pragma once

#include <optional>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "as/presence/event_filter.h"
#include "as/presence/presence_document.h"

namespace imslab::presence {

// The document in canonical spelling loses what was not selected. What its schema cannot do without
// stays. False: nothing was selected.
bool keep_selected(pugi::xml_document& document, const What& what);
// Whether one of the triggers is set off by what made the one document of the other.
bool fires(const std::vector<Trigger>& triggers,
           const pugi::xml_document& before,
           const pugi::xml_document& now);

// The same for presence documents. nullopt: nothing was selected.
std::optional<PresenceDocument> selected(const PresenceDocument& document, const Filter& filter);
bool fires(const Filter& filter, const PresenceDocument& before, const PresenceDocument& now);

}  // namespace imslab::presence
