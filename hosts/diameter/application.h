// The Diameter applications that a process may carry: how their commands are written and read, and
// what freeDiameter must know of them.
#pragma once

#include <any>
#include <cstdint>
#include <span>
#include <string>

#include "core/result.h"
#include "diameter/command_codec.h"
#include "diameter/message.h"

namespace imslab::host {

struct Application {
    struct Command {
        std::uint32_t code;
        const char* name;  // "User-Authorization"
    };
    std::uint32_t id;
    const char* name;  // "Cx"
    std::span<const Command> commands;
    std::uint32_t first_avp, last_avp;  // 3GPP's codes that are its own

    // The values inside are the application's Request and Answer.
    diameter::Message (*write_request)(const std::any& request, const diameter::Envelope&);
    diameter::Message (*write_answer)(const std::any& answer, const diameter::Envelope&);
    Result<std::any, diameter::CodecError> (*read_request)(const diameter::Message&);
    Result<std::any, diameter::CodecError> (*read_answer)(const diameter::Message&);
    // Whom a request names itself: its Destination-Host; empty: whoever serves.
    std::string (*destination_of)(const std::any& request);
};

const Application& cx_application();  // TS 29.229
const Application& sh_application();  // TS 29.329
const Application& zh_application();  // TS 29.109
const Application& zn_application();  // TS 29.109

}  // namespace imslab::host
