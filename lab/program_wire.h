// The connection to a program that runs beside the nodes: a phone of somebody else's is told over
// it what to do.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.h"
#include "core/result.h"
#include "lab/process.h"

namespace imslab::lab {

class ProgramWire {
public:
    ProgramWire() = default;
    // As soon as it listens; one sentence if it ends before, or does not by the deadline.
    static Result<ProgramWire, std::string> to(const Address& listening,
                                               Process& program,
                                               Deadline deadline);
    static Result<ProgramWire, std::string> to(const std::string& unix_socket,
                                               Process& program,
                                               Deadline deadline);

    bool send(std::string_view octets);
    // What comes next, as many octets as are there; nothing at the deadline and after the end.
    std::optional<std::string> receive(Deadline deadline);

private:
    explicit ProgramWire(Descriptor connected) : socket_(std::move(connected)) {}
    static Result<ProgramWire, std::string> when_listening(
        const std::function<Descriptor()>& connect, Process& program, Deadline deadline);

    Descriptor socket_;
};

}  // namespace imslab::lab
