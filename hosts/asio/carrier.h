// Who carries a node's messages where the event loop has no sockets of its own: everywhere, or at
// one address.
#pragma once

#include <string_view>

#include "core/address.h"

namespace imslab::host {

class Carrier {
public:
    virtual ~Carrier() = default;
    // What cannot be sent is told to the loop as SendFailed.
    virtual void send(const Flow& flow, std::string_view bytes) = 0;
    virtual void close(const Flow& flow) = 0;
    virtual void stop() = 0;
};

}  // namespace imslab::host
