// The certificates of a run: an authority that is made for it, and one certificate for each node that
// listens on TLS. Nothing of them is kept elsewhere, nothing is taken from elsewhere.
#pragma once

#include <string>

#include "core/result.h"
#include "lab/node_config.h"

namespace imslab::lab {

// Does nothing if no node needs one, or if the folder has them.
Result<void, std::string> make_certificates(const Topology& topology, const NodeOptions& options);

}  // namespace imslab::lab
