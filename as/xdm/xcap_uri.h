// Which document, and what in it, a request target names (RFC 4825 §6).
#pragma once

#include <string>
#include <string_view>

#include "as/xdm/documents.h"
#include "core/result.h"

namespace imslab::xdm {

struct XcapUri {
    DocumentPath document;
    bool in_subfolder = false;  // users/XUI/folder/name: there are no folders
    std::string selector;       // of the document, still encoded: "/auid/users/xui/name"
    bool has_node = false;      // there is a "~~"
    std::string node, query;    // still encoded
};

// `root`: the path of the XCAP root URI, without a slash at its end. The sentence says what is
// wrong.
Result<XcapUri, std::string> parse_xcap_uri(std::string_view target, std::string_view root);

// A user's identifier as it is compared: a public identity in its canonical form.
std::string canonical_xui(std::string_view xui);
// "/auid/users/sip:alice@home/index", percent-encoded.
std::string selector_of(const DocumentPath& path);

}  // namespace imslab::xdm
