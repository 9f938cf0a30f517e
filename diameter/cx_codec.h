// Cx structs to AVPs and back (TS 29.229 §6.1, §6.3).
#pragma once

#include "core/result.h"
#include "diameter/command_codec.h"
#include "diameter/cx.h"

namespace imslab::diameter {
class Members;
}

namespace imslab::cx {

using diameter::CodecError;
using diameter::Envelope;

diameter::Message to_message(const Request& request, const Envelope& envelope);
diameter::Message to_message(const Answer& answer, const Envelope& envelope);
Result<Request, CodecError> request_from(const diameter::Message& message);
Result<Answer, CodecError> answer_from(const diameter::Message& message);
// The answer to a request that request_from refused.
diameter::Message refusal(const diameter::Message& request,
                          const CodecError& error,
                          const Envelope& envelope);

// SIP-Auth-Data-Item, which Zh has too (TS 29.109 §6).
diameter::Avp avp_from(const AuthVector& vector);
AuthVector vector_from(const diameter::Avp& item, diameter::Members& parent);

}  // namespace imslab::cx
