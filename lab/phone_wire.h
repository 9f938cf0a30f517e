// The connection over which a phone of somebody else's is told what to do.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/address.h"
#include "core/result.h"
#include "lab/process.h"

namespace imslab::lab {

class PhoneWire {
public:
    PhoneWire() = default;
    // As soon as the phone listens; one sentence if it ends before, or does not by the deadline.
    static Result<PhoneWire, std::string> to(const Address& listening,
                                             Process& phone,
                                             Deadline deadline);
    static Result<PhoneWire, std::string> to(const std::string& unix_socket,
                                             Process& phone,
                                             Deadline deadline);

    bool send(std::string_view octets);
    // What comes next, as many octets as are there; nothing at the deadline and after the end.
    std::optional<std::string> receive(Deadline deadline);

private:
    explicit PhoneWire(Descriptor connected) : socket_(std::move(connected)) {}
    template <class Address>
    static Result<PhoneWire, std::string> when_listening(
        int family, const Address& address, std::size_t size, Process& phone, Deadline deadline);

    Descriptor socket_;
};

}  // namespace imslab::lab
