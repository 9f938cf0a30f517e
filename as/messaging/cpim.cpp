// RFC 3862 §2, §3: reading and writing message/cpim.
#include "as/messaging/cpim.h"

#include <algorithm>
#include <cstdint>
#include <map>

#include "core/utf8.h"
#include "sip/params.h"

namespace imslab::messaging {

namespace {

constexpr std::size_t kMostHeaders = 256;

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::uint32_t> four_digits(std::string_view text) {
    if (text.size() < 4) return std::nullopt;
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const int digit = digit_of(text[i]);
        if (digit < 0) return std::nullopt;
        code = code * 16 + static_cast<std::uint32_t>(digit);
    }
    return code;
}

// RFC 3862 §2.3: \\, \", \', \b, \t, \n, \r, \uhhhh.
std::string unescape(std::string_view text) {
    static constexpr std::string_view kFrom = "\\\"'btnr", kTo = "\\\"'\b\t\n\r";
    std::string result;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            result += text[at];
            continue;
        }
        const char next = text[at + 1];
        const auto known = kFrom.find(next);
        const auto code = next == 'u' ? four_digits(text.substr(at + 2)) : std::nullopt;
        if (known != std::string_view::npos) {
            result += kTo[known];
            ++at;
        } else if (code) {
            append_utf8(result, *code);
            at += 5;
        } else {
            result += text[at];
        }
    }
    return result;
}

std::string escape(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '\\':
                result += "\\\\";
                break;
            case '\n':
                result += "\\n";
                break;
            case '\r':
                result += "\\r";
                break;
            case '\t':
                result += "\\t";
                break;
            case '\b':
                result += "\\b";
                break;
            default:
                result += c;
        }
    }
    return result;
}

// The line up to CRLF, or a lone LF as some clients have it; false: there is no end of line.
bool take_line(std::string_view& rest, std::string_view& line) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return false;
    line = rest.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    rest.remove_prefix(end + 1);
    return true;
}

using Namespaces = std::map<std::string, std::string, std::less<>>;

// RFC 3862 §4.6: "NS: prefix <uri>"; without a prefix the default changes.
std::optional<std::string> declare(std::string_view value, Namespaces& spaces) {
    const auto open = value.find('<');
    const auto close = value.find('>', std::min(open, value.size()));
    if (close == std::string_view::npos) return "CPIM NS holds no URI in angle brackets";
    const std::string prefix(sip::trim(value.substr(0, open)));
    spaces[prefix] = std::string(value.substr(open + 1, close - open - 1));
    return std::nullopt;
}

// RFC 3862 §3.5: what must be understood and is not is a reason to refuse the message.
std::optional<std::string> refuse_required(std::string_view value) {
    static constexpr std::string_view kUnderstood[] = {"From",
                                                       "To",
                                                       "cc",
                                                       "DateTime",
                                                       "Subject",
                                                       "NS",
                                                       "Require",
                                                       "imdn.Disposition-Notification",
                                                       "imdn.Message-ID"};
    while (!value.empty()) {
        const auto comma = std::min(value.find(','), value.size());
        const auto name = sip::trim(value.substr(0, comma));
        if (!name.empty() && std::ranges::find(kUnderstood, name) == std::end(kUnderstood))
            return "CPIM requires " + std::string(name) + ", which is not known here";
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return std::nullopt;
}

std::optional<std::string> read_header(std::string_view line, Namespaces& spaces, Cpim& into) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return "CPIM header field without a name and a colon";
    if (into.headers.size() == kMostHeaders) return "CPIM message with too many header fields";
    auto name = line.substr(0, colon);
    const auto value = sip::trim(line.substr(colon + 1));
    CpimHeader header;
    if (const auto dot = name.find('.'); dot != std::string_view::npos) {
        const auto space = spaces.find(name.substr(0, dot));
        if (space == spaces.end())
            return "CPIM header field with the prefix " + std::string(name.substr(0, dot)) +
                   ", which no NS declares";
        header.space = space->second;
        name.remove_prefix(dot + 1);
    } else if (const auto space = spaces.find(""); space != spaces.end()) {
        header.space = space->second;
    }
    header.name = name;
    if (header.space.empty() && name == "NS") return declare(value, spaces);
    if (header.space.empty() && name == "Require") {
        if (auto problem = refuse_required(value)) return problem;
    }
    header.value = unescape(value);
    into.headers.push_back(std::move(header));
    return std::nullopt;
}

}  // namespace

std::optional<std::string_view> Cpim::get(std::string_view name, std::string_view space) const {
    const auto found = std::ranges::find_if(headers, [&](const CpimHeader& header) {
        return header.space == space && sip::equals_ignoring_case(header.name, name);
    });
    if (found == headers.end()) return std::nullopt;
    return found->value;
}

std::string Cpim::content_type() const {
    std::string_view rest = content_header, line;
    while (take_line(rest, line)) {
        const auto colon = line.find(':');
        if (colon != std::string_view::npos &&
            sip::equals_ignoring_case(sip::trim(line.substr(0, colon)), "Content-Type"))
            return std::string(sip::trim(line.substr(colon + 1)));
    }
    return "text/plain";
}

Result<Cpim, std::string> read_cpim(std::string_view body) {
    Cpim message;
    Namespaces spaces;
    std::string_view rest = body, line;
    for (;;) {
        if (!take_line(rest, line))
            return failure(std::string("CPIM message without an empty line behind its header"));
        if (line.empty()) break;
        if (auto problem = read_header(line, spaces, message)) return failure(std::move(*problem));
    }
    const auto content = rest;
    for (;;) {
        if (!take_line(rest, line))
            return failure(std::string("CPIM content without an empty line behind its header"));
        if (line.empty()) break;
    }
    message.content_header =
        content.substr(0, static_cast<std::size_t>(line.data() - content.data()));
    message.content = rest;
    return message;
}

std::string write_cpim(const Cpim& message) {
    std::map<std::string, std::string, std::less<>> prefixes;  // by the namespace's URI
    std::string text;
    for (const auto& header : message.headers) {
        std::string prefix;
        if (!header.space.empty()) {
            const auto fresh = header.space == kImdnNamespace
                                   ? std::string("imdn")
                                   : "ns" + std::to_string(prefixes.size() + 1);
            const auto [known, added] = prefixes.emplace(header.space, fresh);
            if (added) text += "NS: " + fresh + " <" + header.space + ">\r\n";
            prefix = known->second + ".";
        }
        text += prefix + header.name + ": " + escape(header.value) + "\r\n";
    }
    return text + "\r\n" + message.content_header + "\r\n" + message.content;
}

std::string_view uri_in(std::string_view value) {
    const auto open = value.rfind('<');
    const auto close = value.find('>', std::min(open, value.size()));
    if (open == std::string_view::npos || close == std::string_view::npos) return sip::trim(value);
    return value.substr(open + 1, close - open - 1);
}

}  // namespace imslab::messaging
