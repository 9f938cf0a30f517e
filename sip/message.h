// A SIP message as a value (RFC 3261 §7): one buffer that holds the text as it came, and an index
// of its header fields into it. Unknown header fields, order and spelling are kept; what is added
// goes to the end of the buffer, as whole lines, so that what stands side by side is written in one
// piece.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace imslab::sip {

enum class Method : std::uint8_t {
    invite,
    ack,
    bye,
    cancel,
    register_,
    options,
    prack,
    update,
    message,
    subscribe,
    notify,
    publish,
    refer,
    info,
    other,
};
std::string_view to_string(Method method);  // "other" is empty: use Message::method_text()
Method method_from(std::string_view text);  // case-sensitive, RFC 3261 §7.1

// Header fields we know by number. Compact forms (RFC 3261 §7.3.3, IANA) map to the same id.
enum class HeaderId : std::uint8_t {
    other,
    via,
    from,
    to,
    call_id,
    cseq,
    max_forwards,
    route,
    record_route,
    contact,
    content_length,
    content_type,
    expires,
    min_expires,
    path,
    service_route,
    p_associated_uri,
    p_called_party_id,
    p_visited_network_id,
    p_access_network_info,
    p_charging_vector,
    p_charging_function_addresses,
    p_asserted_identity,
    p_preferred_identity,
    p_served_user,
    p_user_database,
    p_profile_key,
    p_asserted_service,
    p_preferred_service,
    p_early_media,
    p_private_network_indication,
    privacy,
    reason,
    history_info,
    security_client,
    security_server,
    security_verify,
    authorization,
    www_authenticate,
    proxy_authorization,
    proxy_authenticate,
    authentication_info,
    require,
    proxy_require,
    supported,
    unsupported,
    allow,
    allow_events,
    event,
    subscription_state,
    refer_to,
    referred_by,
    replaces,
    rack,
    rseq,
    session_expires,
    min_se,
    sip_etag,
    sip_if_match,
    accept,
    accept_encoding,
    accept_language,
    accept_contact,
    reject_contact,
    request_disposition,
    accept_resource_priority,
    resource_priority,
    alert_info,
    call_info,
    content_disposition,
    content_encoding,
    content_language,
    content_id,
    date,
    error_info,
    in_reply_to,
    mime_version,
    organization,
    priority,
    reply_to,
    retry_after,
    server,
    subject,
    timestamp,
    user_agent,
    warning,
    target_dialog,
    join,
    identity,
    geolocation,
    feature_caps,
    flow_timer,
    info_package,
    recv_info,
    max_breadth,
    answer_mode,
    restoration_info,
    relayed_charge,
    response_source,
    additional_identity,
    cellular_network_info,
    count_,
};
std::string_view canonical_name(HeaderId id);  // "P-Asserted-Identity"; other: empty
HeaderId header_from(std::string_view name);   // case-insensitive, long or compact
bool is_comma_list(HeaderId id);  // may several values share one field (RFC 3261 §7.3.1)

// What one element accepts; every limit is explicit. Exceeding one is a ParseError with status 413
// or 400.
struct Limits {
    std::size_t message_bytes =
        65'535;  // status 413 (513 if the start line and headers alone exceed it)
    std::size_t header_fields = 256;
    std::size_t field_bytes = 16'384;  // one header field, folded lines included
    std::size_t start_line_bytes = 8'192;
};

class Message;

// Why a message is refused, and where.
struct ParseError {
    std::size_t position = 0;  // octet offset into the message
    std::size_t line = 1;      // 1-based
    std::size_t column = 1;    // 1-based, octets
    std::string reason;        // one sentence, fit for a Reason-Phrase: "CSeq has no method"
    int status = 400;          // the answer RFC 3261 names; 0: drop (responses, ACK)
};

class Message {
public:
    struct Field {
        HeaderId id;
        std::uint32_t name_at, name_size, value_at, value_size;
    };

    // ---- making one
    static Message request(std::string_view method, std::string_view uri);
    static Message request(Method method, std::string_view uri) {
        return request(to_string(method), uri);
    }
    // A response of its own; the usual phrase for `status` if `reason` is empty (reason_phrase
    // below).
    static Message response(int status, std::string_view reason = {});
    // RFC 3261 §8.2.6: Via, From, To, Call-ID, CSeq of the request (Timestamp into a 100). Adds no
    // To tag.
    static Message response_to(const Message& request, int status, std::string_view reason = {});

    // ---- start line
    bool is_request() const { return status_ == 0; }
    Method method() const { return method_; }  // of a response: from its CSeq
    std::string_view method_text() const;      // of a response: from its CSeq
    std::string_view uri() const { return view(uri_at_, uri_size_); }
    int status() const { return status_; }
    std::string_view reason() const { return view(uri_at_, uri_size_); }  // a response's
    void set_uri(std::string_view uri);
    void set_status(int status, std::string_view reason = {});

    // ---- header fields, in order
    const std::vector<Field>& fields() const { return fields_; }
    std::string_view name(const Field& field) const {
        return view(field.name_at, field.name_size);
    }  // as spelt
    // The whole field value, trimmed, folding replaced by spaces.
    std::string_view value(const Field& field) const {
        return view(field.value_at, field.value_size);
    }

    bool has(HeaderId id) const { return find(id) != nullptr; }
    std::optional<std::string_view> get(HeaderId id) const;  // the first field's whole value
    std::optional<std::string_view> get(
        std::string_view name) const;  // any header field, case-insensitive
    // Values: comma-separated elements across all fields of that name, in order (RFC 3261 §7.3.1).
    std::vector<std::string_view> values(HeaderId id) const;
    std::optional<std::string_view> first_value(HeaderId id) const;
    std::optional<std::string_view> last_value(HeaderId id) const;
    // Whether `token` is among the values of an option-tag header (Require, Supported, …), ignoring
    // case.
    bool has_token(HeaderId id, std::string_view token) const;

    // ---- editing. Arguments may be views into this very message.
    void prepend(HeaderId id,
                 std::string_view value);  // before the first of its name, else at the top
    void append(HeaderId id,
                std::string_view value);  // after the last of its name, else at the end
    void append(std::string_view name, std::string_view value);
    void set(HeaderId id,
             std::string_view value);  // exactly one field with this value, where the first stood
    void remove(HeaderId id);          // all of them
    void remove(std::string_view name);
    void remove_first_value(HeaderId id);
    void replace_first_value(HeaderId id, std::string_view value);

    // ---- body
    std::string_view body() const { return view(body_at_, body_size_); }
    void set_body(std::string_view content_type, std::string_view body);
    void clear_body();  // with Content-Type and Content-Disposition, -Encoding, -Language

    // ---- writing: Content-Length is written right, once, last.
    std::string to_bytes() const;

private:
    friend class Parser;
    // The field of `id` that has a value, and the first of its values.
    struct FirstValue {
        std::size_t field = 0;
        std::string_view value;
    };
    std::optional<FirstValue> find_first_value(HeaderId id) const;
    const Field* find(HeaderId id) const;
    std::string_view view(std::uint32_t at, std::uint32_t size) const {
        return std::string_view(storage_).substr(at, size);
    }
    bool holds(std::string_view text) const;
    std::uint32_t store(std::string_view text);
    Field make_field(HeaderId id, std::string_view name, std::string_view value);
    // Whether the field stands in the buffer as it is written: "Name: value" and the end of a line.
    bool is_whole_line(const Field& field) const;

    std::string storage_;
    std::vector<Field> fields_;
    std::uint32_t method_at_ = 0, method_size_ = 0;
    std::uint32_t uri_at_ = 0, uri_size_ = 0;  // Request-URI, or Reason-Phrase
    std::uint32_t body_at_ = 0, body_size_ = 0;
    int status_ = 0;
    Method method_ = Method::other;
};

std::string_view reason_phrase(int status);  // RFC 3261 §21 and the extensions' codes

// A parsed message, or why not. On a refusal of a request that can still be answered, `answerable`
// holds the header fields needed for the response (§8.2.6), as far as they could be read.
struct ParseFailure {
    ParseError error;
    std::optional<Message> answerable;
};

// Splits the message; checks start line, header syntax, the mandatory fields and what RFC 4475
// calls unacceptable. Zero-copy: takes over the buffer. Linear in the message's size.
Result<Message, ParseFailure> parse(std::string bytes, const Limits& limits = {});

// Frames the messages of a stream by Content-Length (RFC 3261 §18.3); keep-alive CRLFs (RFC 5626
// §4.4.1) are counted.
class StreamFramer {
public:
    explicit StreamFramer(const Limits& limits = {}) : limits_(limits) {}

    void push(std::string_view octets);
    struct Broken {
        std::string reason;
        std::string bytes;  // what had come of the message, for an answer
    };
    // The next whole message; nullopt: more octets are needed; Broken: the stream cannot go on.
    Result<std::optional<std::string>, Broken> next();
    bool take_ping();  // a double CRLF has come since the last call: the host answers with one CRLF
    bool in_message()
        const;  // octets of an unfinished message are held (for the host's slow-peer deadline)

private:
    bool find_header_end();
    void skip_empty_lines();
    Broken broken(std::string reason) const;
    std::string_view held() const { return std::string_view(buffer_).substr(head_); }

    Limits limits_;
    std::string buffer_;
    std::size_t head_ =
        0;  // where the current message starts; before it stands what was handed out
    std::size_t scanned_ = 0;      // octets of the current message without an empty line
    std::size_t header_size_ = 0;  // 0: header not complete
    std::size_t message_size_ = 0;
    unsigned pings_ = 0;
    bool half_ping_ = false;
};

}  // namespace imslab::sip
