// A MESSAGE that the server sends itself (RFC 3428 §4; TS 24.229 §5.7.3): as somebody's, to
// somebody's home.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "as/enabler.h"
#include "as/messaging/body_parts.h"

namespace imslab::messaging {

struct OutgoingMessage {
    std::string from;      // the From header field's value, without a tag
    std::string asserted;  // as whom; empty: nobody says so
    std::string to;        // Request-URI and To
    std::vector<BodyPart> parts;
    std::string date;  // when it was sent first; empty: now
    std::vector<std::pair<std::string, std::string>> headers;
};

// The final response; nullptr: none came. The Call-ID of the request, or empty if there is no way.
using OnAnswered = std::function<void(const sip::Message* response)>;
std::string send_message(as::Services& services, OutgoingMessage message, OnAnswered on_answered);

// "Wed, 25 Nov 2026 04:00:00 GMT" (RFC 3261 §20.17), "2026-11-25T04:00:00Z" (RFC 3339).
std::string sip_date(std::int64_t unix_seconds);
std::string internet_date(std::int64_t unix_seconds);
std::int64_t unix_seconds(Time now);

}  // namespace imslab::messaging
