// What every element must refuse alike in a well-formed request, before its own procedures: a user
// agent server by RFC 3261 §8.2.1 to §8.2.3, a proxy by §16.3 steps 2, 3 and 5. Pure: the message
// and what the element can do decide.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sip/message.h"

namespace imslab::sip {

enum class Role : std::uint8_t { proxy, endpoint };

// What an element understands. The views must outlive the call.
struct Capabilities {
    Role role = Role::proxy;
    std::vector<std::string_view> schemes = {"sip", "sips", "tel"};
    std::vector<std::string_view> option_tags =
        {};                                      // Proxy-Require of a proxy, Require of an endpoint
    std::vector<std::string_view> methods = {};  // an endpoint's; empty: any
    std::vector<std::string_view> content_types =
        {};  // an endpoint's, "application/sdp"; empty: any
};

// The answer to give, with the header fields the RFC wants in it (Unsupported, Allow, Accept,
// Accept-Encoding).
struct Refusal {
    int status = 0;
    std::string reason;
    std::vector<std::pair<HeaderId, std::string>> headers;
};
std::optional<Refusal> check_request(const Message& request, const Capabilities& element);

}  // namespace imslab::sip
