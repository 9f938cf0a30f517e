// The lab that `imslab up` runs, for a run to play on.
#pragma once

#include "lab/lab.h"
#include "lab/running.h"

namespace imslab::lab {

// One sentence if it cannot be had, because another run plays on it or it does not answer. It is
// given back when the object ends.
Result<std::unique_ptr<Lab>, std::string> play_on(const Running::Lab& lab);

}  // namespace imslab::lab
