// An MSRP message as a value (RFC 4975 §9), without its body: bodies are as large as they like, and
// pass in pieces (reader.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace imslab::msrp {

// "1-100/200"; RFC 4975 §7.1.1: a chunk that may be interrupted has * for its end.
struct ByteRange {
    std::uint64_t start = 1;
    std::optional<std::uint64_t> end, total;

    static std::optional<ByteRange> parse(std::string_view text);
    std::string to_string() const;
};

enum class FailureReport : std::uint8_t { yes, partial, no };

// The line that ends a message says whether more of it comes (RFC 4975 §7.1).
enum class Continuation : char { complete = '$', more = '+', aborted = '#' };

struct Head {
    std::string transaction;
    std::string method;   // a request's: SEND, REPORT, AUTH, NICKNAME …; empty: a response
    int status = 0;       // a response's
    std::string comment;  // a response's, may be empty
    std::string to_path, from_path;
    std::string message_id;
    std::optional<ByteRange> range;
    bool success_report = false;
    FailureReport failure_report = FailureReport::yes;
    std::string report_status;  // Status, of a REPORT: "000 200 OK"
    // What is not read here, Content-Type and its company last, in order.
    std::vector<std::pair<std::string, std::string>> others;
    bool has_body = false;  // with a Content-Type an empty line and data follow

    bool is_request() const { return !method.empty(); }
    std::optional<std::string_view> get(std::string_view name) const;  // of the others
    std::string content_type() const { return std::string(get("Content-Type").value_or("")); }
    // The status code of a report; 0: it has none.
    int reported() const;

    // Up to where the body begins, or the end-line if there is none.
    std::string to_bytes() const;
};

// RFC 4975 §7.2: To-Path and From-Path change places; only the last hop answers a SEND that came
// through relays, and these answer hop by hop.
Head response_to(const Head& request, int status, std::string_view comment = {});
// "\r\n-------d93kswow$\r\n" behind a body, without the first line end where there is none.
std::string end_line(const Head& head, Continuation continuation);
// A whole message; small ones are written like this.
std::string whole(const Head& head,
                  std::string_view body = {},
                  Continuation continuation = Continuation::complete);
// The phrase for a status code of RFC 4975 §10 and RFC 4976 §10.3.
std::string_view comment_for(int status);

}  // namespace imslab::msrp
