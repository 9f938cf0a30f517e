// What freeDiameter must know of Cx and Sh to carry them: the applications and their commands
// (TS 29.229 §6.1, TS 29.329 §6.1). All AVPs are opaque octets to it; their meaning, their grouping
// and whether a command is complete is decided by the codecs in diameter/.
#pragma once

#include <vector>

#include "hosts/diameter/application.h"

struct dict_object;

namespace imslab::host {

// The applications, in their order, each once; empty if freeDiameter refuses a definition.
std::vector<dict_object*> define(const std::vector<const Application*>& applications);

}  // namespace imslab::host
