// RFC 4825 §6.1, §6.2: root, document selector, node selector separator.
#include "as/xdm/xcap_uri.h"

#include "http/uri.h"
#include "sip/uri.h"

namespace imslab::xdm {

namespace {

constexpr std::string_view kSeparator = "~~";
constexpr std::size_t kLongestName = 255;

std::string wrong(std::string_view what) { return "the path has " + std::string(what); }

}  // namespace

std::string canonical_xui(std::string_view xui) {
    return sip::canonical_identity(xui).value_or(std::string(xui));
}

std::string selector_of(const DocumentPath& path) {
    const auto tree = path.xui.empty() ? std::string("global")
                                       : "users/" + http::percent_encoded(path.xui, "@:+;=");
    return "/" + http::percent_encoded(path.auid) + "/" + tree + "/" +
           http::percent_encoded(path.name, "@:+;=");
}

Result<XcapUri, std::string> parse_xcap_uri(std::string_view text, std::string_view root) {
    const auto target = http::target_of(text);
    if (!target) return failure(std::string("the request target is no path"));
    auto path = target->path;
    if (!path.starts_with(root) || (path.size() > root.size() && path[root.size()] != '/'))
        return failure(wrong("another root than " + std::string(root) + "/"));
    path.remove_prefix(root.size());
    XcapUri uri;
    uri.query = target->query;
    // The first separator that is a whole segment.
    for (auto at = path.find(kSeparator); at != std::string_view::npos;
         at = path.find(kSeparator, at + 1)) {
        const auto behind = at + kSeparator.size();
        if (at == 0 || path[at - 1] != '/' || (behind < path.size() && path[behind] != '/'))
            continue;
        uri.has_node = true;
        uri.node = behind < path.size() ? path.substr(behind + 1) : std::string_view();
        path = path.substr(0, at - 1);
        break;
    }
    uri.selector = path;
    std::vector<std::string> parts;
    for (const auto segment : http::segments_of(path)) {
        auto part = http::percent_decoded(segment);
        if (!part) return failure(wrong("a percent sign without two hexadecimal digits"));
        if (part->empty()) return failure(wrong("an empty segment"));
        if (*part == "." || *part == "..") return failure(wrong("a dot segment"));
        if (part->size() > kLongestName) return failure(wrong("a segment that is too long"));
        parts.push_back(std::move(*part));
    }
    const bool users = parts.size() >= 2 && parts[1] == "users";
    const bool global = parts.size() >= 2 && parts[1] == "global";
    const std::size_t name_at = users ? 3 : 2;
    if ((!users && !global) || parts.size() <= name_at)
        return failure(wrong("no AUID/users/XUI/document or AUID/global/document"));
    uri.document.auid = parts[0];
    if (users) uri.document.xui = canonical_xui(parts[2]);
    uri.document.name = parts[name_at];
    uri.in_subfolder = parts.size() > name_at + 1;
    if (uri.in_subfolder) {
        for (auto i = name_at + 1; i < parts.size(); ++i) uri.document.name += "/" + parts[i];
    }
    return uri;
}

}  // namespace imslab::xdm
