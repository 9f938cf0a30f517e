// RFC 4975 §9, read octet by octet only where it must be.
#include "msrp/reader.h"

#include <algorithm>
#include <cstring>

namespace imslab::msrp {

namespace {

constexpr std::string_view kDashes = "-------";

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// ident of RFC 4975 §9: 4 to 32 characters.
bool is_ident(std::string_view text) {
    if (text.size() < 4 || text.size() > 32 || !is_alphanumeric(text.front())) return false;
    return std::ranges::all_of(text, [](char c) {
        return is_alphanumeric(c) || std::string_view(".-+%=").find(c) != std::string_view::npos;
    });
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
    });
}

bool same_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<std::string> read_start_line(std::string_view line, Head& head) {
    if (!line.starts_with("MSRP ")) return "the start line does not begin with MSRP";
    line.remove_prefix(5);
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return "the start line has no method and no status code";
    head.transaction = line.substr(0, space);
    if (!is_ident(head.transaction)) return "the transaction identifier is none";
    line.remove_prefix(space + 1);
    const bool digits = line.size() >= 3 && std::ranges::all_of(line.substr(0, 3), [](char c) {
                            return c >= '0' && c <= '9';
                        });
    if (digits && (line.size() == 3 || line[3] == ' ')) {
        for (const char c : line.substr(0, 3)) head.status = head.status * 10 + (c - '0');
        if (line.size() > 4) head.comment = line.substr(4);
        return std::nullopt;
    }
    const bool upper =
        !line.empty() && std::ranges::all_of(line, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!upper) return "the method is none";
    head.method = line;
    return std::nullopt;
}

std::optional<std::string> read_header(std::string_view line, Head& head) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_name(line.substr(0, colon)))
        return "a header field without a name and a colon";
    const auto name = line.substr(0, colon);
    const auto value = trim(line.substr(colon + 1));
    const auto is = [&](std::string_view known) { return same_ignoring_case(name, known); };
    if (is("To-Path")) {
        head.to_path = value;
    } else if (is("From-Path")) {
        head.from_path = value;
    } else if (is("Message-ID")) {
        head.message_id = value;
    } else if (is("Success-Report")) {
        head.success_report = same_ignoring_case(value, "yes");
    } else if (is("Failure-Report")) {
        head.failure_report = same_ignoring_case(value, "no")        ? FailureReport::no
                              : same_ignoring_case(value, "partial") ? FailureReport::partial
                                                                     : FailureReport::yes;
    } else if (is("Byte-Range")) {
        head.range = ByteRange::parse(value);
        if (!head.range) return "the Byte-Range is none";
    } else if (is("Status")) {
        head.report_status = value;
    } else {
        if (is("Content-Type")) head.has_body = true;
        head.others.emplace_back(name, value);
    }
    return std::nullopt;
}

}  // namespace

Result<std::size_t, std::string> Reader::push(std::string_view octets, Sink& sink) {
    std::size_t at = 0;
    for (paused_ = false; at < octets.size() && !paused_;) {
        const auto rest = octets.substr(at);
        const auto taken = in_body_ ? read_body(rest, sink) : read_head(rest, sink);
        if (!taken) return taken;
        at += *taken;
    }
    return at;
}

// Line by line into held_, until the empty line before a body or the end-line of a message without
// one. Returns how much of the octets it has used.
Result<std::size_t, std::string> Reader::read_head(std::string_view octets, Sink& sink) {
    const auto before = held_.size();
    const auto room = limits_.head_octets - std::min(before, limits_.head_octets);
    held_.append(octets.substr(0, room));
    Head head;
    std::size_t at = 0, headers = 0;
    bool started = false;
    // What has been looked at without an end of line is not looked at again.
    if (held_.find('\n', scanned_) == std::string::npos) {
        scanned_ = held_.size();
        if (octets.size() > room) return failure(std::string("the head does not end"));
        return octets.size();
    }
    for (;;) {
        const auto end = held_.find("\r\n", at);
        if (end == std::string::npos) break;
        const auto line = std::string_view(held_).substr(at, end - at);
        at = end + 2;
        if (!started) {
            if (line.empty()) continue;  // between messages: nothing
            if (auto problem = read_start_line(line, head)) return failure(std::move(*problem));
            started = true;
            continue;
        }
        const bool is_end = line.starts_with(kDashes);
        if (!is_end && !line.empty()) {
            if (++headers > limits_.headers) return failure(std::string("too many header fields"));
            if (auto problem = read_header(line, head)) return failure(std::move(*problem));
            continue;
        }
        if (head.to_path.empty() || head.from_path.empty())
            return failure(std::string("To-Path or From-Path is missing"));
        const auto used = at - before;
        const auto flag = is_end ? line.back() : '$';
        if (is_end) {
            const auto expected = kDashes.size() + head.transaction.size() + 1;
            if (line.size() != expected ||
                line.substr(kDashes.size(), head.transaction.size()) != head.transaction ||
                std::string_view("$+#").find(flag) == std::string_view::npos)
                return failure(std::string("the end-line is not the one of its start line"));
            head.has_body = false;
        } else if (!head.has_body) {
            return failure(std::string("an empty line, and no Content-Type before it"));
        } else {
            // The line end behind the head belongs to the end-line of an empty body.
            end_ = "\r\n" + std::string(kDashes) + head.transaction;
        }
        in_body_ = !is_end;
        scanned_ = 0;
        held_.clear();
        const bool has_body = in_body_;
        sink.on_head(std::move(head));
        if (!has_body) sink.on_end(static_cast<Continuation>(flag));
        return used;
    }
    scanned_ = held_.empty() ? 0 : held_.size() - 1;
    if (!started) {  // nothing but line ends so far
        held_.erase(0, at);
        scanned_ = 0;
    }
    if (octets.size() > room) return failure(std::string("the head does not end"));
    return octets.size();
}

// The end-line is "\r\n-------" transaction flag "\r\n"; held_ has what may be the beginning of
// one.
Result<std::size_t, std::string> Reader::read_body(std::string_view octets, Sink& sink) {
    const std::size_t whole = end_.size() + 3;
    std::string joined;
    std::string_view view = octets;
    const auto before = held_.size();
    if (before != 0) {
        // No more than is needed to decide about what is held.
        joined = held_ + std::string(octets.substr(0, std::min(octets.size(), whole)));
        view = joined;
        held_.clear();
    }
    std::size_t at = 0;
    for (;;) {
        const auto* found =
            view.size() - at >= 1
                ? static_cast<const char*>(std::memchr(view.data() + at, '\r', view.size() - at))
                : nullptr;
        if (found == nullptr) {
            at = view.size();
            break;
        }
        at = static_cast<std::size_t>(found - view.data());
        const auto rest = view.substr(at);
        const auto compared = std::min(rest.size(), end_.size());
        if (rest.substr(0, compared) != std::string_view(end_).substr(0, compared)) {
            ++at;
            continue;
        }
        if (rest.size() < whole) break;  // it may be: wait for more
        const char flag = rest[end_.size()];
        if (std::string_view("$+#").find(flag) == std::string_view::npos ||
            rest.substr(end_.size() + 1, 2) != "\r\n") {
            ++at;
            continue;
        }
        if (at != 0) sink.on_body(view.substr(0, at));
        in_body_ = false;
        sink.on_end(static_cast<Continuation>(flag));
        return at + whole - before;
    }
    // What is left may be the beginning of an end-line, and is shorter than one.
    if (at < before) {  // nothing of what was held is settled: there is no more to look at
        if (at != 0) sink.on_body(view.substr(0, at));
        held_ = view.substr(at);
        return view.size() - before;
    }
    if (at != 0) sink.on_body(view.substr(0, at));
    if (before == 0) {
        held_ = view.substr(at);
        return octets.size();
    }
    return at - before;  // the held octets are out; go on with the rest as it stands
}

}  // namespace imslab::msrp
