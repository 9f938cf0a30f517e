// Zn structs to AVPs and back (TS 29.109 §5.2, §6).
#pragma once

#include "core/result.h"
#include "diameter/command_codec.h"
#include "diameter/zn.h"

namespace imslab::zn {

using diameter::CodecError;
using diameter::Envelope;

diameter::Message to_message(const Request& request, const Envelope& envelope);
diameter::Message to_message(const Answer& answer, const Envelope& envelope);
Result<Request, CodecError> request_from(const diameter::Message& message);
Result<Answer, CodecError> answer_from(const diameter::Message& message);

}  // namespace imslab::zn
