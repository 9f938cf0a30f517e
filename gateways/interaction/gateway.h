// The interaction gateway (WIMS 2.0, OMA's RESTful network APIs) as an enabler of an application
// server: web applications use the core's services by HTTP, on behalf of its users.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "as/enabler.h"
#include "as/xdm/authentication.h"
#include "core/result.h"
#include "gateways/interaction/application.h"
#include "gateways/interaction/grants.h"

namespace imslab::interaction {

struct GatewaySettings {
    std::string url;      // what resource URLs begin with: "http://gateway.home:8080"
    std::string service;  // whose name is read by who is called first: a public service identity
    std::set<std::string> automata;  // addresses that answer at once
    Duration ring_limit = std::chrono::seconds(120);
    Duration kept = std::chrono::seconds(60);  // a call that has ended
    xdm::AuthenticationSettings authentication;
    Applications applications;  // that users may let in
    Grants::Lifetimes lifetimes;
    unsigned user_requests_per_minute = 600;
};

std::unique_ptr<as::Enabler> make_gateway(as::Services& services,
                                          std::string name,
                                          GatewaySettings settings);

// {"service": URI, "automata": [URIs], "ring_seconds": 120, "kept_seconds": 60, "digest": true,
// "realm": "home", "trusted": [IP addresses], "url": "https://gateway.home", "code_seconds": 60,
// "token_seconds": 3600, "refresh_seconds": 2592000, "user_requests_per_minute": 600,
// "applications": {"directory": {"name": …, "redirect_uris": […], "scopes": […], "origins": […],
// "secret_sha256": …, "identities": [URIs], "requests_per_minute": 600}}}. A sentence that begins
// with "enablers.NAME." if something in it is wrong.
Result<GatewaySettings, std::string> read_gateway_settings(const std::string& name,
                                                           const nlohmann::json& settings);

}  // namespace imslab::interaction
