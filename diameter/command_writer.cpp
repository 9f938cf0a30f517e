// The beginning of every command, its result, and the refusal of one: RFC 6733 §6.2, §7.
#include "diameter/avp_codes.h"
#include "diameter/command_codec.h"

namespace imslab::diameter {
namespace {

void add_text(std::vector<Avp>& to, std::uint32_t code, const std::string& value) {
    if (!value.empty()) to.push_back(Avp::text(code, 0, value));
}

// RFC 6733 §7: a 3GPP code never stands in Result-Code, nor a base code in Experimental-Result.
Avp result_avp(ResultCode code) {
    if (code.vendor == 0) return Avp::number(avp::result_code, 0, code.code);
    return Avp::of(avp::experimental_result,
                   0,
                   {Avp::number(avp::vendor_id, 0, code.vendor),
                    Avp::number(avp::experimental_result_code, 0, code.code)});
}

}  // namespace

Message begin_command(std::uint32_t application,
                      std::uint32_t command,
                      bool is_request,
                      const Envelope& envelope) {
    Message message;
    message.command = command;
    message.application = application;
    message.request = is_request;
    auto& to = message.avps;
    add_text(to, avp::session_id, envelope.session_id);
    to.push_back(Avp::of(avp::vendor_specific_application_id,
                         0,
                         {Avp::number(avp::vendor_id, 0, kVendor3gpp),
                          Avp::number(avp::auth_application_id, 0, application)}));
    to.push_back(Avp::number(avp::auth_session_state, 0, 1));
    add_text(to, avp::origin_host, envelope.origin_host);
    add_text(to, avp::origin_realm, envelope.origin_realm);
    add_text(to, avp::destination_host, envelope.destination_host);
    add_text(to, avp::destination_realm, envelope.destination_realm);
    return message;
}

// RFC 6733 §7.1.3: protocol errors carry the E bit.
void add_result(Message& answer, ResultCode code) {
    answer.avps.push_back(result_avp(code));
    answer.error = code.vendor == 0 && code.code / 1000 == 3;
}

// RFC 6733 §7.2, §7.5: the answer keeps the request's command and identifiers, and shows the AVP
// that was wrong.
Message refusal(std::uint32_t application,
                const Message& request,
                const CodecError& error,
                const Envelope& envelope) {
    auto whole = envelope;
    if (const auto* session = request.find(avp::session_id);
        session != nullptr && whole.session_id.empty()) {
        whole.session_id = session->data;
    }
    auto message = begin_command(application, request.command, false, whole);
    message.application = request.application;
    message.proxiable = request.proxiable;
    message.hop_by_hop = request.hop_by_hop;
    message.end_to_end = request.end_to_end;
    add_result(message, error.result);
    if (!error.reason.empty())
        message.avps.push_back(Avp::text(avp::error_message, 0, error.reason, false));
    if (error.failed_avp) message.avps.push_back(Avp::of(avp::failed_avp, 0, {*error.failed_avp}));
    return message;
}

}  // namespace imslab::diameter
