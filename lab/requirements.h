// What scenarios need of this machine beside the nodes. It is asked for before anything is started:
// what is missing would else look like a fault of the network.
#pragma once

#include <string>

#include "lab/run.h"

namespace imslab::lab {

// Somebody else's phones, a scanner, SIPp: one sentence with the remedy; empty: nothing is missing.
std::string what_is_missing(const PreparedScenario& prepared);
// The same of nodes that Kamailio's own IMS modules play: Kamailio, and the right to listen to it.
std::string why_no_stock();
// Can runs be kept there? The folder is made.
std::string why_not_kept_in(const std::string& folder);

}  // namespace imslab::lab
