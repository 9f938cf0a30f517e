// The fields of TS 24.229 §5.7.3.
#include "as/originating.h"

#include "as/application_server.h"
#include "sip/headers.h"

namespace imslab::as {

using sip::HeaderId;

// TS 24.229 §5.7.3: the identity asserted is the one it is sent for; an originating service of that
// identity may look at it, so it goes to an S-CSCF by way of the home's entry point.
sip::Message originating_request(Services& services,
                                 std::string_view method,
                                 std::string_view to,
                                 const Originator& originator) {
    auto& entropy = services.entropy();
    auto message = sip::Message::request(method, to);
    const std::string from = "<" + originator.identity + ">";
    message.append(HeaderId::max_forwards, "70");
    message.append(HeaderId::from, from + ";tag=" + entropy.token(8));
    message.append(HeaderId::to, "<" + std::string(to) + ">");
    message.append(HeaderId::call_id, entropy.token(16));
    message.append(HeaderId::cseq, "1 " + std::string(method));
    if (originator.through_services) {
        message.append(HeaderId::route, services.route_for_originating(originator.identity));
        message.append(HeaderId::p_served_user, from + ";sescase=orig");
    }
    message.append(HeaderId::p_asserted_identity, from);
    sip::ChargingVector vector;
    vector.icid = originator.icid.empty() ? entropy.token(16) : originator.icid;
    vector.orig_ioi = services.config().domains.front();
    message.append(HeaderId::p_charging_vector, vector.to_string());
    return message;
}

}  // namespace imslab::as
