// RFC 2046 §5.1.1: the delimiter is a line of its own; what stands before the first and after the
// last one is nothing.
#include "as/messaging/body_parts.h"

#include <algorithm>

#include "sip/params.h"

namespace imslab::messaging {

namespace {

constexpr std::size_t kMostParts = 64;

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](unsigned char c) {
        return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    });
    return result;
}

// The header fields up to the empty line; false: there is none.
bool read_part(std::string_view text, BodyPart& part) {
    while (!text.starts_with("\r\n")) {
        const auto end = text.find("\r\n");
        if (end == std::string_view::npos) return false;
        const auto line = text.substr(0, end);
        text.remove_prefix(end + 2);
        const auto colon = std::min(line.find(':'), line.size());
        const auto name = sip::trim(line.substr(0, colon));
        const auto value = colon < line.size() ? sip::trim(line.substr(colon + 1)) : "";
        if (sip::equals_ignoring_case(name, "Content-Type")) {
            part.type = value;
        } else if (sip::equals_ignoring_case(name, "Content-Disposition")) {
            part.disposition = value;
        } else if (!sip::equals_ignoring_case(name, "Content-Length")) {
            part.other += std::string(line) + "\r\n";
        }
    }
    part.content = text.substr(2);
    if (part.type.empty()) part.type = "text/plain";  // RFC 2046 §5.1
    return true;
}

std::string boundary_of(std::string_view content_type) {
    const auto semicolon = content_type.find(';');
    if (semicolon == std::string_view::npos) return {};
    const auto value = sip::Params(content_type.substr(semicolon + 1)).get("boundary");
    return value ? sip::unquote(*value) : std::string();
}

// Where the delimiter stands at the beginning of a line, from `at` on.
std::size_t find_delimiter(std::string_view body, std::string_view delimiter, std::size_t at) {
    for (;; ++at) {
        at = body.find(delimiter, at);
        if (at == std::string_view::npos || at == 0) return at;
        if (at >= 2 && body.substr(at - 2, 2) == "\r\n") return at;
    }
}

}  // namespace

std::string media_type(std::string_view content_type) {
    return lower(sip::trim(content_type.substr(0, content_type.find(';'))));
}

std::string disposition_type(std::string_view disposition) { return media_type(disposition); }

Result<std::vector<BodyPart>, std::string> parts_of(std::string_view content_type,
                                                    std::string_view body) {
    if (!media_type(content_type).starts_with("multipart/"))
        return std::vector<BodyPart>{{std::string(content_type), {}, {}, std::string(body)}};
    const auto boundary = boundary_of(content_type);
    if (boundary.empty()) return failure(std::string("Multipart body without a boundary"));
    const std::string delimiter = "--" + boundary;
    std::vector<BodyPart> parts;
    auto at = find_delimiter(body, delimiter, 0);
    for (;;) {
        if (at == std::string_view::npos)
            return failure(std::string("Multipart body without its closing delimiter"));
        auto begin = at + delimiter.size();
        if (body.substr(begin, 2) == "--") break;
        begin = body.find("\r\n", begin);
        if (begin == std::string_view::npos)
            return failure(std::string("Multipart body without its closing delimiter"));
        begin += 2;
        at = find_delimiter(body, delimiter, begin);
        if (at == std::string_view::npos) continue;
        if (parts.size() == kMostParts) return failure(std::string("Too many body parts"));
        BodyPart part;
        const auto end = at >= begin + 2 ? at - 2 : begin;
        if (!read_part(body.substr(begin, end - begin), part))
            return failure(std::string("Body part without an empty line behind its header"));
        parts.push_back(std::move(part));
    }
    if (parts.empty()) return failure(std::string("Multipart body without a part"));
    return parts;
}

void put_body(sip::Message& message,
              const std::vector<BodyPart>& parts,
              const std::string& boundary) {
    if (parts.size() == 1) {
        message.set_body(parts.front().type, parts.front().content);
        if (!parts.front().disposition.empty())
            message.set(sip::HeaderId::content_disposition, parts.front().disposition);
        return;
    }
    std::string body;
    for (const auto& part : parts) {
        body += "--" + boundary + "\r\nContent-Type: " + part.type + "\r\n";
        if (!part.disposition.empty()) body += "Content-Disposition: " + part.disposition + "\r\n";
        body += part.other + "\r\n" + part.content + "\r\n";
    }
    body += "--" + boundary + "--\r\n";
    message.set_body("multipart/mixed;boundary=\"" + boundary + "\"", body);
}

}  // namespace imslab::messaging
