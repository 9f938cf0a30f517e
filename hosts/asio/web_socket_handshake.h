// The opening handshake of SIP over WebSocket (RFC 7118 §4, RFC 6455 §4.2), as a decision about one
// HTTP request.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

namespace imslab::host {

// The subprotocol's name (RFC 7118 §4).
inline constexpr char kSipSubprotocol[] = "sip";

using UpgradeRequest = boost::beast::http::request<boost::beast::http::empty_body>;
using UpgradeRefusal = boost::beast::http::response<boost::beast::http::string_body>;

// What a request that is no handshake for SIP is answered; nullopt: it is one.
std::optional<UpgradeRefusal> refusal_of(const UpgradeRequest& request);

}  // namespace imslab::host
