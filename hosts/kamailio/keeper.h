// The process between Kamailio and the engine: it may not die, the engine may.
#pragma once

#include "hosts/asio/config.h"
#include "hosts/kamailio/in_flight.h"
#include "hosts/kamailio/seam.h"

namespace imslab::kamailio {

// Forks the engine, and another when it dies; ends with SIGTERM or SIGINT, or when the engine says
// that it cannot start. The status to exit with.
int keep_engine(const host::NodeConfig& config,
                const ims_kamailio& kamailio,
                Shared& shared,
                int arrivals);

}  // namespace imslab::kamailio
