// What the S-CSCF tells an application server on ISC (TS 24.229 §5.7.1): for whom a request is, on
// which side, and which registration it speaks of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/node.h"
#include "core/time.h"
#include "diameter/user_profile.h"
#include "sip/message.h"

namespace imslab::as {

// An initial request, its session case read already.
struct ServiceRequest {
    sip::Message message;  // our own Route entry is off; the next one leads back to the S-CSCF
    Flow flow;
    bool trusted = false;     // it came from the core: what it asserts is so (TS 24.229 §5.7.1.4)
    std::string served_user;  // canonical; empty: the request came for our own identity
    std::optional<cx::SessionCase> session_case;
    std::string asserted;         // who calls, canonical; empty: nobody says so
    std::string original_dialog;  // the Route entry that brings it back; empty: none

    bool is_originating() const;
};
ServiceRequest read_service_request(sip::Message message,
                                    const Flow& flow,
                                    bool trusted,
                                    std::string_view own_route);

// A third-party REGISTER (TS 24.229 §5.7.1.1).
struct ThirdPartyRegistration {
    std::string identity;               // canonical: whose registration
    std::uint32_t expires_seconds = 0;  // 0: he is registered no more
    std::string icid, orig_ioi;         // kept for what is charged to that registration
    std::string service_information;    // what the profile has for this server; empty: nothing
    std::string visited_network, access_network;
    std::string register_request, register_response;  // embedded; empty: not asked for
    std::string serving_cscf;                         // a SIP URI: who told us
    Time until{};
};
// nullopt: no third-party REGISTER.
std::optional<ThirdPartyRegistration> read_third_party_registration(const sip::Message& request);

}  // namespace imslab::as
