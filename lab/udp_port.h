// A UE's own datagram socket, bound to its address for as long as it is held.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/address.h"
#include "core/result.h"
#include "lab/process.h"

namespace imslab::lab {

class UdpPort {
public:
    // One sentence with the remedy if the address cannot be had.
    static Result<UdpPort, std::string> open(const Address& local);

    // False: the datagram was not taken (the peer's port is closed).
    bool send(const Address& to, std::string_view octets);
    // The next datagram, or nullopt at the deadline.
    std::optional<std::string> receive(Deadline deadline, Address* from = nullptr);
    int descriptor() const { return socket_.get(); }

private:
    Descriptor socket_;
};

}  // namespace imslab::lab
