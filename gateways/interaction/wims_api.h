// WIMS 2.0: a capability of a user is a resource, {root}/{IMPU}/{service}/{session}, and a session
// a URI that one can POST, GET, PUT and DELETE. A face of CallSessions, for the service "call".
#pragma once

#include "gateways/interaction/call_sessions.h"
#include "gateways/interaction/resource.h"

namespace imslab::interaction {

inline constexpr std::string_view kWimsRoot = "/wims";

// {IMPU}/call[/{session}]
http::Response serve_wims(CallSessions& sessions, const ResourceRequest& at);

}  // namespace imslab::interaction
