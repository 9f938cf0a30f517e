// An aggregation proxy as an enabler (OMA XDM Core, TS 33.222 §6): authenticates users and
// sends their requests on to the XDM servers, with the identity that it vouches for.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "as/enabler.h"
#include "as/xdm/authentication.h"

namespace imslab::xdm {

struct ProxySettings {
    AuthenticationSettings authentication;
    std::string root;  // the path of the XCAP root URI, without a slash at its end
    Address to;        // where requests go
    std::map<std::string, Address, std::less<>> by_auid;  // or these, by application usage
};

std::unique_ptr<as::Enabler> make_aggregation_proxy(as::Services& services,
                                                    std::string name,
                                                    ProxySettings settings);

// {"to": "127.1.10.3:8080", "root": "/xcap", "usages": {"pres-rules": "127.1.10.4:8080"}, "realm":
// "home"}. A sentence that begins with the key if something in it is wrong.
Result<ProxySettings, std::string> read_proxy_settings(const nlohmann::json& settings);

}  // namespace imslab::xdm
