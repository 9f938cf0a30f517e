// Session descriptions: structure, media, directions, preconditions (RFC 8866 §5, RFC 3264 §5.1,
// RFC 3312 §4).
#include "sip/sdp.h"

#include <algorithm>
#include <cstring>

#include "sip/params.h"

namespace imslab::sip {
namespace {

constexpr std::size_t max_octets = 262'144;
constexpr std::size_t max_lines = 4'096;
constexpr std::size_t max_media = 256;

std::string_view between(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
}

bool is_attribute(const SdpLine& line, std::string_view name) {
    std::string_view value = line.value;
    return line.type == 'a' && value.size() >= name.size() &&
           value.substr(0, name.size()) == name &&
           (value.size() == name.size() || value[name.size()] == ':');
}

std::string_view attribute_value(const SdpLine& line, std::string_view name) {
    return std::string_view(line.value).substr(std::min(line.value.size(), name.size() + 1));
}

std::optional<std::string_view> find_attribute(const std::vector<SdpLine>& lines,
                                               std::string_view name) {
    for (const SdpLine& line : lines) {
        if (is_attribute(line, name)) return attribute_value(line, name);
    }
    return std::nullopt;
}

std::optional<std::string_view> find_line(const std::vector<SdpLine>& lines, char type) {
    for (const SdpLine& line : lines) {
        if (line.type == type) return std::string_view(line.value);
    }
    return std::nullopt;
}

std::string_view find_direction(const std::vector<SdpLine>& lines) {
    for (const SdpLine& line : lines) {
        for (std::string_view direction : {"sendrecv", "sendonly", "recvonly", "inactive"}) {
            if (line.type == 'a' && line.value == direction) return direction;
        }
    }
    return {};
}

// Cuts the next word off the front of `text`; empty if there is none.
std::string_view take_word(std::string_view& text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

std::size_t count_words(std::string_view text) {
    std::size_t words = 0;
    while (!take_word(text).empty()) ++words;
    return words;
}

// One pass over the text; the first fault ends it.
class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    Result<Sdp, ParseError> run() {
        if (text_.size() > max_octets) fail(text_.data(), "Session description is too long");
        const char* at = text_.data();
        const char* end = at + text_.size();
        while (at != end && !error_) {
            auto* feed =
                static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
            const char* line_end = feed ? feed : end;
            const char* next = feed ? feed + 1 : end;
            if (line_end != at && line_end[-1] == '\r') --line_end;
            // Empty lines at the very end are forgiven.
            if (line_end == at &&
                between(at, end).find_first_not_of("\r\n") == std::string_view::npos)
                break;
            read_line(between(at, line_end));
            at = next;
            ++line_number_;
        }
        if (!error_ && sdp_.lines.empty()) fail(end, "Session description is empty");
        if (!error_ && !find_line(sdp_.lines, 'o')) fail(end, "Session description has no o= line");
        if (error_) return failure(std::move(*error_));
        return std::move(sdp_);
    }

private:
    void read_line(std::string_view line) {
        line_start_ = line.data();
        if (line_number_ > max_lines)
            return fail(line.data(), "Session description has too many lines");
        if (line.size() < 2 || line[0] < 'a' || line[0] > 'z' || line[1] != '=') {
            return fail(line.data(), "Line of the session description is not of the form x=value");
        }
        if (auto nul = line.find('\0'); nul != line.npos) {
            return fail(line.data() + nul, "Session description holds a NUL octet");
        }
        auto value = line.substr(2);
        if (sdp_.lines.empty()) {
            if (line[0] != 'v')
                return fail(line.data(), "Session description does not begin with v=");
            if (value != "0")
                return fail(value.data(), "Session description has a version other than 0");
        }
        if (line[0] == 'm') return read_media(value);
        if (line[0] == 'o' && count_words(value) != 6)
            return fail(value.data(), "o= line does not have six fields");
        (sdp_.media.empty() ? sdp_.lines : sdp_.media.back().lines)
            .push_back({line[0], std::string(value)});
    }

    // RFC 8866 §5.14: media port[/count] protocol formats.
    void read_media(std::string_view rest) {
        if (sdp_.media.size() == max_media)
            return fail(rest.data(), "Session description has too many m= lines");
        SdpMedia media;
        media.media = take_word(rest);
        if (media.media.empty()) return fail(rest.data(), "m= line has no media type");
        auto port_text = take_word(rest);
        auto slash = port_text.find('/');
        auto port = to_number(port_text.substr(0, slash));
        auto count = slash == port_text.npos ? std::optional<std::uint32_t>(1)
                                             : to_number(port_text.substr(slash + 1));
        if (!port || *port > 65535) return fail(port_text.data(), "m= line has no valid port");
        if (!count || *count == 0)
            return fail(port_text.data(), "m= line has no valid number of ports");
        media.port = static_cast<std::uint16_t>(*port);
        media.port_count = *count;
        media.protocol = take_word(rest);
        if (media.protocol.empty()) return fail(rest.data(), "m= line has no protocol");
        for (auto format = take_word(rest); !format.empty(); format = take_word(rest))
            media.formats.emplace_back(format);
        if (media.formats.empty()) return fail(rest.data(), "m= line has no format");
        sdp_.media.push_back(std::move(media));
    }

    void fail(const char* where, std::string reason) {
        if (error_) return;
        ParseError error;
        error.position = static_cast<std::size_t>(where - text_.data());
        error.line = line_number_;
        error.column = static_cast<std::size_t>(where - line_start_) + 1;
        error.reason = std::move(reason);
        error_ = std::move(error);
    }

    std::string_view text_;
    const char* line_start_ = text_.data();
    std::size_t line_number_ = 1;
    Sdp sdp_;
    std::optional<ParseError> error_;
};

// RFC 3312 §4: bit 0 send, bit 1 recv.
unsigned direction_bits(std::string_view tag) {
    if (tag == "sendrecv") return 3;
    if (tag == "send") return 1;
    if (tag == "recv") return 2;
    return 0;
}

// RFC 3312 §4, §6: what a=curr says of the same precondition and status type covers the direction
// a=des asks for.
bool is_met(const SdpMedia& media, std::string_view desired) {
    auto precondition = take_word(desired), strength = take_word(desired),
         status_type = take_word(desired);
    auto wanted = direction_bits(take_word(desired));
    if (strength != "mandatory") return true;
    unsigned current = 0;
    for (std::string_view curr : media.attributes("curr")) {
        if (take_word(curr) == precondition && take_word(curr) == status_type)
            current |= direction_bits(take_word(curr));
    }
    return (wanted & ~current) == 0;
}

void write(std::string& text, const std::vector<SdpLine>& lines) {
    for (const SdpLine& line : lines)
        text.append(1, line.type).append(1, '=').append(line.value).append("\r\n");
}

}  // namespace

std::optional<std::string_view> SdpMedia::attribute(std::string_view name) const {
    return find_attribute(lines, name);
}

std::vector<std::string_view> SdpMedia::attributes(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const SdpLine& line : lines) {
        if (is_attribute(line, name)) found.push_back(attribute_value(line, name));
    }
    return found;
}

std::optional<std::string_view> SdpMedia::connection() const { return find_line(lines, 'c'); }

Result<Sdp, ParseError> Sdp::parse(std::string_view text) { return Reader(text).run(); }

std::string Sdp::to_string() const {
    std::string text;
    write(text, lines);
    for (const SdpMedia& m : media) {
        text.append("m=").append(m.media).append(1, ' ').append(std::to_string(m.port));
        if (m.port_count != 1) text.append(1, '/').append(std::to_string(m.port_count));
        text.append(1, ' ').append(m.protocol);
        for (const std::string& format : m.formats) text.append(1, ' ').append(format);
        text.append("\r\n");
        write(text, m.lines);
    }
    return text;
}

std::optional<std::string_view> Sdp::session_attribute(std::string_view name) const {
    return find_attribute(lines, name);
}
std::optional<std::string_view> Sdp::session_line(char type) const {
    return find_line(lines, type);
}

std::string_view Sdp::direction(const SdpMedia& one) const {
    auto own = find_direction(one.lines);
    if (!own.empty()) return own;
    auto session = find_direction(lines);
    return session.empty() ? "sendrecv" : session;
}

bool Sdp::preconditions_met() const {
    for (const SdpMedia& one : media) {
        if (one.port == 0) continue;  // RFC 3264 §6: a rejected stream waits for nothing
        for (std::string_view desired : one.attributes("des")) {
            if (!is_met(one, desired)) return false;
        }
    }
    return true;
}

}  // namespace imslab::sip
