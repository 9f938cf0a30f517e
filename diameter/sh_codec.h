// Sh structs to AVPs and back (TS 29.329 §6.1, §6.3).
#pragma once

#include "core/result.h"
#include "diameter/command_codec.h"
#include "diameter/sh.h"

namespace imslab::sh {

using diameter::CodecError;
using diameter::Envelope;

diameter::Message to_message(const Request& request, const Envelope& envelope);
diameter::Message to_message(const Answer& answer, const Envelope& envelope);
// The User-Data of a request is well-formed Sh-Data; it is kept as it came.
Result<Request, CodecError> request_from(const diameter::Message& message);
Result<Answer, CodecError> answer_from(const diameter::Message& message);
// The answer to a request that request_from refused.
diameter::Message refusal(const diameter::Message& request,
                          const CodecError& error,
                          const Envelope& envelope);

// TS 29.329 §6.3.2: digits in pairs, low nibble first, 0xF where one is missing.
std::string tbcd_from(std::string_view digits);
std::optional<std::string> digits_from(std::string_view tbcd);

}  // namespace imslab::sh
