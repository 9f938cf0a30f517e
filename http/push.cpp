// Server-sent events as WHATWG HTML has them; RFC 6455 §4.
#include "http/push.h"

#include <algorithm>

namespace imslab::http {

namespace {

constexpr std::size_t kKeyLength = 24;  // 16 octets in Base64

bool has_token(const Request& request, std::string_view field, std::string_view token) {
    const auto list = request.fields.joined(field);
    const auto elements = list_elements(list);
    return std::any_of(elements.begin(), elements.end(), [&](std::string_view element) {
        return equals_ignoring_case(element, token);
    });
}

// A field of an event is one line.
void append_line(std::string& text, std::string_view field, std::string_view value) {
    text.append(field).append(": ");
    for (const char c : value) {
        if (c != '\r' && c != '\n' && c != '\0') text += c;
    }
    text += '\n';
}

}  // namespace

std::string event_text(std::string_view name, std::string_view id, std::string_view data) {
    std::string text;
    if (!id.empty()) append_line(text, "id", id);
    if (!name.empty()) append_line(text, "event", name);
    while (true) {
        const auto end = data.find_first_of("\r\n");
        append_line(text, "data", data.substr(0, end));
        if (end == std::string_view::npos) break;
        data.remove_prefix(data.substr(end, 2) == "\r\n" ? end + 2 : end + 1);
    }
    return text += '\n';
}

Response event_stream() {
    auto response = Response::of(200, std::string(kEventStreamType));
    response.fields.add("Cache-Control", "no-store");
    response.becomes = Response::Becomes::event_stream;
    return response;
}

bool asks_for_web_socket(const Request& request) {
    return has_token(request, "Upgrade", "websocket");
}

std::optional<Response> web_socket_refusal(const Request& request) {
    if (request.method != "GET" || !has_token(request, "Connection", "Upgrade") ||
        request.fields.get("Sec-WebSocket-Key").value_or("").size() != kKeyLength)
        return Response::of(400);
    if (request.fields.get("Sec-WebSocket-Version") == "13") return std::nullopt;
    auto refusal = Response::of(426);  // §4.4
    refusal.fields.add("Sec-WebSocket-Version", "13");
    return refusal;
}

Response web_socket(std::string_view subprotocol) {
    auto response = Response::of(101);
    if (!subprotocol.empty())
        response.fields.add("Sec-WebSocket-Protocol", std::string(subprotocol));
    response.becomes = Response::Becomes::web_socket;
    return response;
}

}  // namespace imslab::http
