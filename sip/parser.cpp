// Splits a message into start line, header fields and body in one pass (RFC 3261 §7.1, §7.2,
// §7.3.1, §18.3).
#include "sip/parser.h"

#include <algorithm>

#include "sip/scan.h"
#include "sip/value_reader.h"

namespace imslab::sip {
namespace {

std::string_view between(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
}

}  // namespace

Result<Message, ParseFailure> parse(std::string bytes, const Limits& limits) {
    return Parser(std::move(bytes), limits).run();
}

Parser::Parser(std::string bytes, const Limits& limits) : limits_(limits) {
    message_.storage_ = std::move(bytes);
    begin_ = message_.storage_.data();
    end_ = begin_ + message_.storage_.size();
}

Result<Message, ParseFailure> Parser::run() {
    index();
    if (!error_) return std::move(message_);
    // RFC 3261 §8.1.3.3, §17.1.1.2: nothing answers a response or an ACK.
    if (!message_.is_request() || message_.method_ == Method::ack) error_->status = 0;
    ParseFailure refused{std::move(*error_), std::nullopt};
    if (is_answerable()) refused.answerable = std::move(message_);
    return failure(std::move(refused));
}

void Parser::index() {
    std::size_t size = message_.storage_.size();
    if (size > limits_.message_bytes)
        fail(begin_, "Message is larger than this element accepts", 413);
    message_.fields_.reserve(std::min<std::size_t>(size / 32 + 4, limits_.header_fields));

    // RFC 3261 §7.5: empty lines before the start line are skipped.
    char* line = begin_;
    while (end_ - line >= 2 && line[0] == '\r' && line[1] == '\n') line += 2;
    if (line == end_) return fail(line, "Message is empty", 0);

    const char* line_end = find_field_end(line, false);
    read_start_line(line, line_end);
    while (next_ != end_ && !header_ended_) {
        line = next_;
        line_end = find_field_end(line, true);
        if (line_end == line) {
            header_ended_ = true;
        } else {
            read_field(line, line_end);
        }
    }
    if (!header_ended_) fail(end_, "Header does not end with an empty line");
    find_body(next_);
    check_mandatory();
}

// The end of the field that starts at `line`, folded lines joined by blanks (RFC 3261 §7.3.1); sets
// next_.
const char* Parser::find_field_end(const char* line, bool may_fold) {
    const char* from = line;
    for (;;) {
        const char* at = scan::find<scan::Control>(from, end_);
        if (at == end_) {
            next_ = end_;
            return end_;
        }
        const char* behind = at + 1;
        if (*at == '\r' && behind != end_ && *behind == '\n') {
            ++behind;
        } else if (*at != '\n') {
            // §25.1 quoted-pair: escaped with a backslash a control character may stand in a quoted
            // string.
            if (at == line || at[-1] != '\\' || *at == '\r')
                fail(at, "Control character in the header");
            from = behind;
            continue;
        }
        next_ = begin_ + (behind - begin_);
        bool folded = may_fold && at != line && behind != end_ && scan::is(*behind, scan::blank);
        if (!folded) return at;
        folds_.push_back(static_cast<std::uint32_t>(behind - 1 - begin_));
        for (char* blank = begin_ + (at - begin_); blank != behind; ++blank) *blank = ' ';
        from = behind;
    }
}

// ---- start line

void Parser::read_start_line(const char* line, const char* line_end) {
    if (static_cast<std::size_t>(line_end - line) > limits_.start_line_bytes) {
        fail(line, "Start line is longer than this element accepts", 414);
    }
    if (line_end - line >= 4 && equals_ignoring_case(between(line, line + 4), "SIP/")) {
        read_status_line(line, line_end);
    } else {
        read_request_line(line, line_end);
    }
}

void Parser::read_request_line(const char* line, const char* line_end) {
    const char* method_end = scan::while_class<scan::token_char>(line, line_end);
    message_.method_at_ = static_cast<std::uint32_t>(line - begin_);
    message_.method_size_ = static_cast<std::uint32_t>(method_end - line);
    message_.method_ = method_from(between(line, method_end));
    unknown_method_ = message_.method_ == Method::other;
    if (method_end == line) return fail(line, "Request-Line has no method");
    if (method_end == line_end || *method_end != ' ')
        return fail(method_end, "Request-Line has no space behind the method");

    const char* uri = method_end + 1;
    const char* uri_end = scan::while_class<scan::uri_char>(uri, line_end);
    message_.uri_at_ = static_cast<std::uint32_t>(uri - begin_);
    message_.uri_size_ = static_cast<std::uint32_t>(uri_end - uri);
    if (uri != line_end && *uri == ' ')
        return fail(uri, "Request-Line has more than one space in a row");
    if (uri != line_end && *uri == '<') return fail(uri, "Request-URI stands in angle brackets");
    if (uri_end == line_end) return fail(uri_end, "Request-Line has no SIP version");
    if (*uri_end != ' ') return fail(uri_end, "Request-URI has a character that no URI may hold");

    const char* version = uri_end + 1;
    auto rest = between(version, line_end);
    if (!equals_ignoring_case(rest, "SIP/2.0")) {
        if (!rest.empty() && rest.front() == ' ')
            return fail(version, "Request-Line has more than one space in a row");
        if (rest.size() < 4 || !equals_ignoring_case(rest.substr(0, 4), "SIP/")) {
            return fail(version, "Request-URI holds a space, or SIP version is missing");
        }
        const char* version_end = scan::while_class<scan::host_char>(version + 4, line_end);
        if (version_end != line_end)
            return fail(version_end, "Request-Line has text behind the SIP version");
        return fail(version, "SIP version is not 2.0", 505);
    }
    Uri parsed;
    if (!read_uri(message_.uri(), parsed)) return fail(uri, "Request-URI is malformed");
    // RFC 3261 §19.1.1 table 1: header fields may not stand in a Request-URI.
    if (parsed.is_sip() && !parsed.headers.empty()) {
        fail(parsed.headers.data() - 1, "Request-URI has header fields");
    }
}

void Parser::read_status_line(const char* line, const char* line_end) {
    message_.status_ = 400;  // a response, whatever comes
    auto text = between(line, line_end);
    const char* version_end = scan::while_class<scan::host_char>(line + 4, line_end);
    if (!equals_ignoring_case(between(line, version_end), "SIP/2.0"))
        return fail(line, "SIP version is not 2.0");
    if (version_end == line_end || *version_end != ' ')
        return fail(version_end, "Status-Line has no status code");
    const char* digits = version_end + 1;
    const char* digits_end = scan::while_class<scan::digit>(digits, line_end);
    if (digits_end - digits != 3 || *digits < '1' || *digits > '6') {
        return fail(digits, "Status code is not between 100 and 699");
    }
    message_.status_ = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
    // §7.2 has a space behind the code even if the phrase is empty; without one there is nothing to
    // misread.
    if (digits_end != line_end && *digits_end != ' ')
        return fail(digits_end, "Status-Line has no space behind the code");
    const char* phrase = digits_end == line_end ? line_end : digits_end + 1;
    message_.uri_at_ = static_cast<std::uint32_t>(phrase - begin_);
    message_.uri_size_ = static_cast<std::uint32_t>(text.data() + text.size() - phrase);
}

// ---- header fields

void Parser::read_field(const char* line, const char* line_end) {
    if (message_.fields_.size() == limits_.header_fields) {
        return fail(line, "Message has more header fields than this element accepts");
    }
    if (static_cast<std::size_t>(line_end - line) > limits_.field_bytes) {
        return fail(line, "Header field is longer than this element accepts");
    }
    const char* colon = scan::find<scan::AnyOf<':'>>(line, line_end);
    if (colon == line_end || colon == line)
        return fail(line, "Line is no header field: it has no name and colon");
    const char* name_end = colon;
    while (name_end != line && scan::is(name_end[-1], scan::blank)) --name_end;
    const char* value = scan::skip_blanks(colon + 1, line_end);
    while (line_end != value && scan::is(line_end[-1], scan::blank)) --line_end;

    HeaderId id = header_from(between(line, name_end));
    if (id == HeaderId::other) {
        const char* token_end = scan::while_class<scan::token_char>(line, name_end);
        if (token_end != name_end || line == name_end)
            return fail(token_end, "Header field name is malformed");
    }
    message_.fields_.push_back({id,
                                static_cast<std::uint32_t>(line - begin_),
                                static_cast<std::uint32_t>(name_end - line),
                                static_cast<std::uint32_t>(value - begin_),
                                static_cast<std::uint32_t>(line_end - value)});
    if (id != HeaderId::other) check_value(id, between(value, line_end));
}

// RFC 3261 §18.3: octets of a datagram behind the body are ignored; too few are an error.
void Parser::find_body(const char* behind_header) {
    auto available = static_cast<std::size_t>(end_ - behind_header);
    if (static_cast<std::size_t>(behind_header - begin_) > limits_.message_bytes) {
        error_->status = 513;  // the header alone is too large: RFC 3261 §21.5.7
    }
    if (content_length_ && *content_length_ > available) {
        fail(content_length_at_, "Content-Length is larger than the body");
    }
    message_.body_at_ = static_cast<std::uint32_t>(behind_header - begin_);
    message_.body_size_ = static_cast<std::uint32_t>(
        std::min<std::size_t>(available, content_length_.value_or(available)));
}

}  // namespace imslab::sip
