// HTTP in what was seen: which response is whose, and which reference point it is.
#pragma once

#include "lab/observation.h"

namespace imslab::lab {

void link_http(Observation& observation);
// Ut; API at an interaction gateway; Ub to and from a bootstrapping server; Ua where Ut is used with a bootstrapped key.
void name_http_points(Observation& observation);

}  // namespace imslab::lab
