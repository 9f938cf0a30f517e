// RFC 4975 §6, §9.
#include "msrp/uri.h"

#include <algorithm>

namespace imslab::msrp {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_ignoring_case(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '"'; });
}

bool read_authority(std::string_view text, Uri& uri) {
    if (const auto at = text.find('@'); at != std::string_view::npos) {
        uri.user = text.substr(0, at);
        text.remove_prefix(at + 1);
    }
    const auto bracket = text.rfind(']');
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    uri.host = text.substr(0, colon);
    if (uri.host.empty()) return false;
    if (colon == std::string_view::npos) return true;
    std::uint32_t port = 0;
    const auto digits = text.substr(colon + 1);
    if (digits.empty() || digits.size() > 5) return false;
    for (const char c : digits) {
        if (c < '0' || c > '9') return false;
        port = port * 10 + static_cast<std::uint32_t>(c - '0');
    }
    uri.port = static_cast<std::uint16_t>(port);
    return port > 0 && port <= 65'535;
}

}  // namespace

std::optional<Uri> Uri::parse(std::string_view text) {
    Uri uri;
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos || !is_printable(text)) return std::nullopt;
    uri.secure = same_ignoring_case(text.substr(0, scheme), "msrps");
    if (!uri.secure && !same_ignoring_case(text.substr(0, scheme), "msrp")) return std::nullopt;
    text.remove_prefix(scheme + 3);
    const auto semicolon = text.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;  // there is always a transport
    auto parameters = text.substr(semicolon + 1);
    text = text.substr(0, semicolon);
    const auto end = std::min(parameters.find(';'), parameters.size());
    uri.transport = parameters.substr(0, end);
    uri.parameters = parameters.substr(end);
    if (uri.transport.empty()) return std::nullopt;
    const auto slash = text.find('/');
    if (slash != std::string_view::npos) uri.session_id = text.substr(slash + 1);
    if (!read_authority(text.substr(0, slash), uri)) return std::nullopt;
    return uri;
}

std::string Uri::to_string() const {
    std::string text = secure ? "msrps://" : "msrp://";
    if (!user.empty()) text += user + "@";
    text += host;
    if (port != 0) text += ":" + std::to_string(port);
    if (!session_id.empty()) text += "/" + session_id;
    return text + ";" + transport + parameters;
}

bool Uri::equals(const Uri& other) const {
    return secure == other.secure && same_ignoring_case(host, other.host) && port == other.port &&
           session_id == other.session_id && same_ignoring_case(transport, other.transport);
}

std::optional<std::vector<Uri>> parse_path(std::string_view text) {
    std::vector<Uri> path;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end != 0) {
            auto uri = Uri::parse(text.substr(0, end));
            if (!uri) return std::nullopt;
            path.push_back(std::move(*uri));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (path.empty()) return std::nullopt;
    return path;
}

std::string write_path(const std::vector<Uri>& path) {
    std::string text;
    for (const auto& uri : path) text += (text.empty() ? "" : " ") + uri.to_string();
    return text;
}

}  // namespace imslab::msrp
