// What a server tells without being asked: events of a stream (WHATWG HTML, server-sent events) and
// the handshake that makes a WebSocket of a connection (RFC 6455).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace imslab::http {

inline constexpr std::string_view kEventStreamType = "text/event-stream";

// One event as its octets: the name and the identifier may be empty; a line break in `data` begins
// another data line.
std::string event_text(std::string_view name, std::string_view id, std::string_view data);
// The head of an endless answer that is neither kept by anybody nor gathered before it is shown.
Response event_stream();

bool asks_for_web_socket(const Request& request);
// RFC 6455 §4.2.1: what is answered to a request for one that cannot be taken; nullopt: it can.
std::optional<Response> web_socket_refusal(const Request& request);
// `subprotocol`: one of those that were offered; empty: none.
Response web_socket(std::string_view subprotocol = {});

}  // namespace imslab::http
