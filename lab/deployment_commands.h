// The verbs for a network beyond this machine; the others are in lab/commands.h.
#pragma once

#include "lab/commands.h"

namespace imslab::lab {

void add_export(CLI::App& app, Context& context);
void add_probe(CLI::App& app, Context& context);

}  // namespace imslab::lab
