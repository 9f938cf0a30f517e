// Cx structs to AVPs and back (TS 29.229 §6.1, §6.3).
#pragma once

#include "core/result.h"
#include "diameter/cx.h"
#include "diameter/message.h"

namespace imslab::cx {

// What the transport adds: RFC 6733 §6, TS 29.229 §6.1 (Vendor-Specific-Application-Id,
// Auth-Session-State 1).
struct Envelope {
    std::string session_id, origin_host, origin_realm, destination_host,
        destination_realm;  // empty: absent
};

// Why a message is no valid Cx command: the Result-Code its sender gets, and a sentence.
struct CodecError {
    ResultCode result;
    std::string reason;
    std::optional<diameter::Avp> failed_avp;  // Failed-AVP (RFC 6733 §7.5)
};

diameter::Message to_message(const Request& request, const Envelope& envelope);
diameter::Message to_message(const Answer& answer, const Envelope& envelope);
Result<Request, CodecError> request_from(const diameter::Message& message);
Result<Answer, CodecError> answer_from(const diameter::Message& message);
// The answer to a request that request_from refused.
diameter::Message refusal(const diameter::Message& request,
                          const CodecError& error,
                          const Envelope& envelope);

}  // namespace imslab::cx
