// What the commands of every 3GPP application have in common (RFC 6733 §6, §7; TS 29.229 §6.1,
// TS 29.329 §6.1): the envelope, the result, and what is answered to a command that is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "diameter/message.h"

namespace imslab::diameter {

// Result codes of the base protocol that commands are refused with (RFC 6733 §7.1).
namespace result {
inline constexpr ResultCode success{0, 2001};
inline constexpr ResultCode command_unsupported{0, 3001};
inline constexpr ResultCode unable_to_deliver{0, 3002};
inline constexpr ResultCode too_busy{0, 3004};
inline constexpr ResultCode application_unsupported{0, 3007};
inline constexpr ResultCode invalid_header_bits{0, 3008};
inline constexpr ResultCode avp_unsupported{0, 5001};
inline constexpr ResultCode authorization_rejected{0, 5003};
inline constexpr ResultCode invalid_avp_value{0, 5004};
inline constexpr ResultCode missing_avp{0, 5005};
inline constexpr ResultCode avp_occurs_too_many_times{0, 5009};
inline constexpr ResultCode unable_to_comply{0, 5012};
inline constexpr ResultCode invalid_avp_length{0, 5014};
}  // namespace result

// What the transport adds: RFC 6733 §6, TS 29.229 §6.1 (Vendor-Specific-Application-Id,
// Auth-Session-State 1).
struct Envelope {
    std::string session_id, origin_host, origin_realm, destination_host,
        destination_realm;  // empty: absent
};

// Why a message is no valid command: the Result-Code its sender gets, and a sentence.
struct CodecError {
    ResultCode result;
    std::string reason;
    std::optional<Avp> failed_avp;  // Failed-AVP (RFC 6733 §7.5)
};

// A command with nothing but its envelope.
Message begin_command(std::uint32_t application,
                      std::uint32_t command,
                      bool is_request,
                      const Envelope& envelope);
// The result, and the E bit of a protocol error.
void add_result(Message& answer, ResultCode code);
// One of `commands` whole: addressed as it says itself, if it does; with its result, if it has one.
template <class Commands, class CodeOf, class Add>
Message message_of(std::uint32_t application,
                   const Commands& commands,
                   const Envelope& envelope,
                   CodeOf code_of,
                   Add add) {
    return std::visit(
        [&](const auto& command) {
            constexpr bool is_answer = requires { command.result; };
            auto whole = envelope;
            if constexpr (requires { command.destination_host; }) {
                if (!command.destination_host.empty())
                    whole.destination_host = command.destination_host;
            }
            if constexpr (requires { command.destination_realm; }) {
                if (!command.destination_realm.empty())
                    whole.destination_realm = command.destination_realm;
            }
            auto message = begin_command(application, code_of(command), !is_answer, whole);
            if constexpr (is_answer) add_result(message, command.result);
            add(message.avps, command);
            return message;
        },
        commands);
}
// The answer to a request that could not be read as a command of `application`.
Message refusal(std::uint32_t application,
                const Message& request,
                const CodecError& error,
                const Envelope& envelope);

}  // namespace imslab::diameter
