// The XML document management server as an enabler of an application server: XCAP on Ut (TS 24.623,
// OMA XDM), documents for the other enablers.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "as/enabler.h"
#include "as/xdm/authentication.h"
#include "as/xdm/document_store.h"
#include "as/xdm/xcap_server.h"

namespace imslab::xdm {

struct XdmSettings {
    XcapSettings xcap;
    AuthenticationSettings authentication;
};

std::unique_ptr<as::Enabler> make_xdm_server(as::Services& services,
                                             std::string name,
                                             XdmSettings settings,
                                             std::vector<StoredDocument> stored);

// {"root": "/xcap", "trusted": ["127.1.11.1"], "digest": true, "administrators": [URIs], "grants":
// [{"to": URI, "owner": URI, "auids": […], "write": true}], "max_document_bytes": 2097152}. A
// sentence that begins with the key if something in it is wrong.
Result<XdmSettings, std::string> read_xdm_settings(const nlohmann::json& settings);

}  // namespace imslab::xdm
