// What a watcher gets to see of the raw presence document (RFC 5025 §3.3).
#pragma once

#include <set>
#include <string>

#include "as/presence/presence_document.h"
#include "as/presence/presence_rules.h"

namespace imslab::presence {

PresenceDocument transform(const PresenceDocument& raw, const Permissions& permissions);

// RFC 5025 §3.2.1: what a polite block shows, and what there is to show of somebody of whom nothing
// is known: nobody can tell one from the other.
PresenceDocument unavailable(std::string entity);

// RFC 4745 §7.3, RFC 4480 §3.11: the spheres that the person is in, in lower case.
std::set<std::string> spheres_of(const PresenceDocument& document);

}  // namespace imslab::presence
