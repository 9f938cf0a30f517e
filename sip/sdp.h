// Session descriptions (RFC 8866): read enough of the structure to judge and rewrite an offer or
// answer; what is not understood is kept as it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "sip/message.h"

namespace imslab::sip {

struct SdpLine {
    char type = 'a';
    std::string value;
};

struct SdpMedia {
    std::string media, protocol;  // m=audio 49170 RTP/AVP 0 8
    std::uint16_t port = 0;
    std::uint32_t port_count = 1;
    std::vector<std::string> formats;
    std::vector<SdpLine> lines;  // all that follows the m= line, in order

    std::optional<std::string_view> attribute(std::string_view name) const;  // "" for a flag
    std::vector<std::string_view> attributes(
        std::string_view name) const;                    // a=curr:… several times
    std::optional<std::string_view> connection() const;  // c= line's value
};

struct Sdp {
    std::vector<SdpLine> lines;  // v, o, s, … in order, before the first m=
    std::vector<SdpMedia> media;

    static Result<Sdp, ParseError> parse(std::string_view text);
    std::string to_string() const;
    std::optional<std::string_view> session_attribute(std::string_view name) const;
    std::optional<std::string_view> session_line(char type) const;
    // RFC 3264 §6, §8.4: sendrecv, sendonly, recvonly, inactive of one media, session default
    // respected.
    std::string_view direction(const SdpMedia& media) const;
    // RFC 3312: are all mandatory preconditions of the answerer's view met?
    bool preconditions_met() const;
};

}  // namespace imslab::sip
