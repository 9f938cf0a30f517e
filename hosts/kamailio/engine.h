// The process that runs the node: what SIP workers hand over becomes its events, what it sends goes
// out through Kamailio.
#pragma once

#include "hosts/asio/config.h"
#include "hosts/kamailio/in_flight.h"
#include "hosts/kamailio/seam.h"

namespace imslab::kamailio {

// The engine's life, in a process of its own; the status to exit with. `arrivals` is the reading
// end of the workers' datagrams.
int run_engine(host::NodeConfig config, const ims_kamailio& kamailio, Shared& shared, int arrivals);

}  // namespace imslab::kamailio
