// A connection of the lab's own UE to its P-CSCF: TCP, TLS, WebSocket or secure WebSocket (RFC 3261
// §18, §26.2.1; RFC 7118). Held from one command to the next, as a phone holds it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.h"
#include "core/result.h"
#include "lab/process.h"

namespace imslab::lab {

// What a UE wants of the other end; the wrong values are for scenarios.
struct StreamWish {
    std::string host;            // the P-CSCF's name: its certificate must bear it (RFC 5922 §7)
    std::string authority_file;  // of the authority that is trusted; empty: none is
    std::string subprotocol = "sip";
};

class StreamPort {
public:
    // Connected, and every handshake done. One sentence says at which of them it was refused.
    static Result<std::unique_ptr<StreamPort>, std::string> connect(Transport transport,
                                                                    const IpAddress& from,
                                                                    const Address& to,
                                                                    const StreamWish& wish,
                                                                    Deadline deadline);
    virtual ~StreamPort() = default;

    // False: the connection is gone.
    virtual bool send(std::string_view message, Deadline deadline) = 0;
    // The next whole message, or nullopt at the deadline or when the connection is gone.
    virtual std::optional<std::string> receive(Deadline deadline) = 0;
    virtual bool is_open() = 0;
};

}  // namespace imslab::lab
