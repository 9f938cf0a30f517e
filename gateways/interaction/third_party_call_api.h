// The OMA RESTful Network API for Third Party Call, version 1, as a face of CallSessions.
#pragma once

#include "gateways/interaction/call_sessions.h"
#include "gateways/interaction/resource.h"

namespace imslab::interaction {

inline constexpr std::string_view kThirdPartyCallRoot = "/thirdpartycall/v1";
inline constexpr Schema kThirdPartyCallSchema{"tpc", "urn:oma:xml:rest:netapi:thirdpartycall:1"};

// callSessions[/{callSessionId}[/participants[/{participantId}]]]
http::Response serve_third_party_call(CallSessions& sessions, const ResourceRequest& at);

// callSessionInformation; `root` is what resource URLs begin with.
Element call_session_information(const CallSession& session, const std::string& root);

}  // namespace imslab::interaction
