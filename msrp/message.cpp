// RFC 4975 §7, §9: what a message looks like on the wire.
#include "msrp/message.h"

#include <algorithm>
#include <charconv>

namespace imslab::msrp {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || at != end) return std::nullopt;
    return value;
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::optional<ByteRange> ByteRange::parse(std::string_view text) {
    const auto dash = text.find('-');
    const auto slash = text.find('/', std::min(dash, text.size()));
    if (slash == std::string_view::npos) return std::nullopt;
    ByteRange range;
    const auto start = number(text.substr(0, dash));
    if (!start) return std::nullopt;
    range.start = *start;
    const auto read = [](std::string_view part, std::optional<std::uint64_t>& into) {
        if (part == "*") return true;
        into = number(part);
        return into.has_value();
    };
    if (!read(text.substr(dash + 1, slash - dash - 1), range.end) ||
        !read(text.substr(slash + 1), range.total))
        return std::nullopt;
    return range;
}

std::string ByteRange::to_string() const {
    return std::to_string(start) + "-" + (end ? std::to_string(*end) : "*") + "/" +
           (total ? std::to_string(*total) : "*");
}

std::optional<std::string_view> Head::get(std::string_view name) const {
    for (const auto& [known, value] : others) {
        if (same_ignoring_case(known, name)) return value;
    }
    return std::nullopt;
}

int Head::reported() const {
    const auto space = report_status.find(' ');
    if (space == std::string::npos || report_status.substr(0, space) != "000") return 0;
    const auto code = number(std::string_view(report_status).substr(space + 1, 3));
    return code ? static_cast<int>(*code) : 0;
}

std::string Head::to_bytes() const {
    std::string text = "MSRP " + transaction + " ";
    if (is_request()) {
        text += method;
    } else {
        text += std::to_string(status);
        if (!comment.empty()) text += " " + comment;
    }
    text += "\r\nTo-Path: " + to_path + "\r\nFrom-Path: " + from_path + "\r\n";
    if (!message_id.empty()) text += "Message-ID: " + message_id + "\r\n";
    if (success_report) text += "Success-Report: yes\r\n";
    if (failure_report != FailureReport::yes)
        text += failure_report == FailureReport::no ? "Failure-Report: no\r\n"
                                                    : "Failure-Report: partial\r\n";
    if (range) text += "Byte-Range: " + range->to_string() + "\r\n";
    if (!report_status.empty()) text += "Status: " + report_status + "\r\n";
    for (const auto& [name, value] : others) text += name + ": " + value + "\r\n";
    if (has_body) text += "\r\n";
    return text;
}

Head response_to(const Head& request, int status, std::string_view comment) {
    Head response;
    response.transaction = request.transaction;
    response.status = status;
    response.comment = comment.empty() ? comment_for(status) : comment;
    // The previous hop is the first of the From-Path.
    response.to_path = request.from_path.substr(0, request.from_path.find(' '));
    if (request.method != "SEND") response.to_path = request.from_path;
    response.from_path = request.to_path.substr(0, request.to_path.find(' '));
    return response;
}

std::string end_line(const Head& head, Continuation continuation) {
    return (head.has_body ? "\r\n-------" : "-------") + head.transaction +
           static_cast<char>(continuation) + "\r\n";
}

std::string whole(const Head& head, std::string_view body, Continuation continuation) {
    std::string text = head.to_bytes();
    text.append(body);
    return text + end_line(head, continuation);
}

std::string_view comment_for(int status) {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 408:
            return "Timeout";
        case 413:
            return "Stop Sending Message";
        case 415:
            return "Media Type not understood";
        case 423:
            return "Parameter out of bounds";
        case 481:
            return "Session does not exist";
        case 501:
            return "Unknown method";
        case 506:
            return "Wrong connection";
        default:
            return {};
    }
}

}  // namespace imslab::msrp
