// A datagram from a SIP worker to the engine: this header, then the message's octets.
#pragma once

#include <cstdint>

#include "core/address.h"
#include "hosts/kamailio/seam.h"

namespace imslab::kamailio {

struct Arrival {
    enum class What : std::uint8_t { message, connection_closed } what;
    ims_flow flow;
};

Flow flow_from(const ims_flow& flow);
ims_flow flow_to(const Flow& flow);

}  // namespace imslab::kamailio
