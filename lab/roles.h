// Who is who in a capture nobody has a topology for: an element is told by what it does.
#pragma once

#include "lab/observation.h"

namespace imslab::lab {

// Gives participants of unknown kind the kind that their messages show, and a name; two addresses
// of one element (a P-CSCF's two sides) become one participant.
void recognise_roles(Observation& observation);

}  // namespace imslab::lab
