// Names and types of the AVPs and commands on Cx, Sh, Rf and Ro, for codec, ladder and checks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "diameter/message.h"

namespace imslab::diameter {

enum class AvpType : std::uint8_t {
    octets,
    text,
    unsigned32,
    unsigned64,
    integer32,
    integer64,
    enumerated,
    grouped,
    address,
    time,
    identity
};

struct AvpDefinition {
    std::uint32_t code, vendor;
    std::string_view name;  // "Public-Identity"
    AvpType type;
};

const AvpDefinition* find_avp(std::uint32_t code, std::uint32_t vendor);
const AvpDefinition* find_avp(std::string_view name);
// "UAR" / "UAA"; unknown: "Command-999 Request".
std::string command_name(std::uint32_t command, bool request);
// "DIAMETER_FIRST_REGISTRATION (2001)", "DIAMETER_SUCCESS (2001)"
std::string result_name(ResultCode result);
// A value as a person reads it: text, number with its enumeration name, hexadecimal for binary
// octets.
std::string value_text(const Avp& avp);
// An indented dump of a whole message, a line an AVP.
std::string describe(const Message& message);

}  // namespace imslab::diameter
