// `imslab run --matrix`: each scenario with each CSCF played by Kamailio's own IMS modules, one at
// a time and all at once, beside our own. Who conforms, and what the others depart from.
#pragma once

#include <vector>

#include "lab/run.h"

namespace imslab::lab {

// Prints the table and the departures. True: everything passed, whoever played.
bool run_matrix(const RunOptions& options, const std::vector<PreparedScenario>& scenarios);

}  // namespace imslab::lab
