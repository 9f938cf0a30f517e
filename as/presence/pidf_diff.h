// Partial presence documents (RFC 5262): the whole with a version, or what has changed as patches
// of RFC 5261. Watchers are told by them (RFC 5263), phones publish by them (RFC 5264).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "as/presence/presence_document.h"

namespace imslab::presence {

inline constexpr std::string_view kPidfDiffType = "application/pidf-diff+xml";
// Accept: the whole, or what has changed.
inline constexpr std::string_view kPidfTypes = "application/pidf+xml, application/pidf-diff+xml";

std::string pidf_full(const PresenceDocument& document, std::uint32_t version);
// What makes the one of the other, component by component and element by element; the whole where
// that is shorter, or cannot be said.
std::string pidf_diff(const PresenceDocument& before,
                      const PresenceDocument& after,
                      std::uint32_t version);

// RFC 5264 §4.3: what is published then. `before`: what was published under its entity-tag;
// nullptr: nothing, and only the whole will do. A sentence fit for a Reason-Phrase if it cannot be
// taken.
Result<PresenceDocument, std::string> read_pidf_diff(std::string_view text,
                                                     const PresenceDocument* before,
                                                     const XmlLimits& limits = {});

}  // namespace imslab::presence
