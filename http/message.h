// HTTP/1.1 (RFC 9110, RFC 9112) as values: what a node is asked and what it answers. A library
// makes octets of them; what is here can read and write one whole message, as a trace holds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/result.h"

namespace imslab::http {

struct Field {
    std::string name, value;
    bool operator==(const Field&) const = default;
};

// Field lines in the order in which they came; names compare without case.
class Fields {
public:
    // The first one's value; nullopt: there is none.
    std::optional<std::string_view> get(std::string_view name) const;
    // All values of that name as one list (RFC 9110 §5.3).
    std::string joined(std::string_view name) const;
    std::vector<std::string_view> all(std::string_view name) const;
    bool has(std::string_view name) const { return get(name).has_value(); }
    void add(std::string name, std::string value) {
        lines_.push_back({std::move(name), std::move(value)});
    }
    void set(std::string_view name, std::string value);  // in place of all of that name
    void remove(std::string_view name);

    auto begin() const { return lines_.begin(); }
    auto end() const { return lines_.end(); }
    std::size_t size() const { return lines_.size(); }
    bool operator==(const Fields&) const = default;

private:
    std::vector<Field> lines_;
};

// What a server takes of a request; beyond it the answer is 414, 431 or 413.
struct Limits {
    std::size_t target_octets = 8192;
    std::size_t field_octets = 16'384;  // all field lines together
    std::size_t body_octets = 2U << 20U;
};

struct Request {
    std::string method = "GET";
    std::string target;  // as it stood in the request line, percent-encoded
    Fields fields;
    std::string body;
    Flow flow;                       // how it came: tcp, or tls
    std::uint16_t cipher_suite = 0;  // of TLS, its number at IANA

    bool is_secure() const { return flow.transport == Transport::tls; }
};

struct Response {
    // What the connection is once this answer has been given. Of a stream, what is sent to the
    // request's flow is an event or a message each; its end is told as any connection's.
    enum class Becomes : std::uint8_t { next_request, event_stream, web_socket };

    int status = 200;
    Fields fields;
    std::string body;
    std::string reason;  // empty: the usual one
    Becomes becomes = Becomes::next_request;

    static Response of(int status, std::string content_type = {}, std::string body = {});
};

// RFC 9110 §15; "Unknown" if it is none of them.
std::string_view reason_of(int status);

// Content-Length is put in (RFC 9112 §6.2), unless what follows the head is a stream.
std::string to_bytes(const Request& request);
std::string to_bytes(const Response& response);

// One whole message as it was on the wire; a chunked body is put together (RFC 9112 §7.1). The
// sentence says what is wrong.
struct Message {
    bool is_request = true;
    std::string method, target;  // of a request
    int status = 0;
    std::string reason;  // of a response
    Fields fields;
    std::string body;
};
Result<Message, std::string> parse(std::string_view bytes);

// ---- words

bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string_view trimmed(std::string_view text);
// "application/xml" of "Application/XML;charset=utf-8", in lower case.
std::string media_type(std::string_view content_type);
// Elements of a comma-separated list; a comma in quotes does not separate (RFC 9110 §5.6.1).
std::vector<std::string_view> list_elements(std::string_view value);

}  // namespace imslab::http
