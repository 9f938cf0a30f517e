// The session descriptions that one end has had from us. They must all name the same origin, whose
// version counts up with each change (RFC 8866 §5.2, RFC 3264 §8), whoever wrote the rest.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace imslab::as {

class OwnOrigin {
public:
    // RFC 3725 §4.4: a description without m= lines.
    static constexpr std::string_view kNoMedia =
        "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

    OwnOrigin(std::string_view ip, std::uint64_t session) : ip_(ip), session_(session) {}

    std::string of(std::string_view sdp);  // what cannot be read goes as it is
    // RFC 3264 §6: an answer that takes none of what was offered.
    std::string refusing(std::string_view offer);

private:
    std::string line(std::string_view rest);

    std::string ip_;
    std::uint64_t session_ = 0, version_ = 0;
    std::string told_;  // all but the o= line
};

}  // namespace imslab::as
