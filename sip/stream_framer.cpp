// Messages out of a stream by Content-Length (RFC 3261 §18.3), and keep-alive pings between them
// (RFC 5626 §4.4.1).
#include <algorithm>

#include "sip/headers.h"
#include "sip/scan.h"

namespace imslab::sip {
namespace {

enum class Reading { absent, bad, good };

// Walks the header field by field, as the parser does; only Content-Length is looked at.
Reading read_content_length(std::string_view header, std::uint32_t& length) {
    Reading reading = Reading::absent;
    std::size_t line = header.find('\n');
    while (line != header.npos && ++line < header.size()) {
        std::size_t line_end = std::min(header.find('\n', line), header.size());
        // A folded value goes on.
        while (line_end + 1 < header.size() && scan::is(header[line_end + 1], scan::blank)) {
            line_end = std::min(header.find('\n', line_end + 1), header.size());
        }
        std::string_view field = header.substr(line, line_end - line);
        std::size_t colon = field.find(':');
        if (colon != field.npos &&
            header_from(trim(field.substr(0, colon))) == HeaderId::content_length) {
            std::string value(field.substr(colon + 1));
            std::replace(value.begin(), value.end(), '\r', ' ');
            std::replace(value.begin(), value.end(), '\n', ' ');
            auto number = to_number(trim(value));
            if (!number || reading == Reading::good) return Reading::bad;
            length = *number;
            reading = Reading::good;
        }
        line = line_end == header.size() ? header.npos : line_end;
    }
    return reading;
}

}  // namespace

void StreamFramer::push(std::string_view octets) {
    // What was handed out is cut off only once it is the greater part: linear in all.
    if (head_ > buffer_.size() / 2) {
        buffer_.erase(0, head_);
        head_ = 0;
    }
    buffer_.append(octets);
}

// Keep-alives stand only between messages; a lone CRLF there is skipped (RFC 3261 §7.5).
void StreamFramer::skip_empty_lines() {
    auto rest = held();
    while (rest.size() >= 2 && rest[0] == '\r' && rest[1] == '\n') {
        rest.remove_prefix(2);
        if (half_ping_) ++pings_;
        half_ping_ = !half_ping_;
    }
    head_ = buffer_.size() - rest.size();
    if (!rest.empty() && rest[0] != '\r') half_ping_ = false;
}

// The empty line, as the parser sees it: a line feed, perhaps a carriage return, a line feed.
bool StreamFramer::find_header_end() {
    auto rest = held();
    for (std::size_t at = rest.find('\n', scanned_); at != rest.npos;
         at = rest.find('\n', at + 1)) {
        std::size_t behind = at + 1;
        if (behind < rest.size() && rest[behind] == '\r') ++behind;
        if (behind >= rest.size()) {
            scanned_ = at;  // what comes next decides
            return false;
        }
        if (rest[behind] == '\n') {
            header_size_ = behind + 1;
            return true;
        }
    }
    scanned_ = rest.size();
    return false;
}

StreamFramer::Broken StreamFramer::broken(std::string reason) const {
    return {std::move(reason), std::string(held().substr(0, limits_.message_bytes))};
}

Result<std::optional<std::string>, StreamFramer::Broken> StreamFramer::next() {
    if (header_size_ == 0) {
        if (scanned_ == 0) skip_empty_lines();
        if (held().empty() || held() == "\r") return std::nullopt;
        if (!find_header_end()) {
            if (held().size() > limits_.message_bytes) {
                return failure(broken("Header is longer than this element accepts"));
            }
            return std::nullopt;
        }
        std::uint32_t length = 0;
        switch (read_content_length(held().substr(0, header_size_), length)) {
            case Reading::good:
                break;
            case Reading::absent:
                return failure(broken("Content-Length is missing on a stream"));
            case Reading::bad:
                return failure(broken("Content-Length is no single number of octets"));
        }
        if (header_size_ > limits_.message_bytes || length > limits_.message_bytes - header_size_) {
            return failure(broken("Message is larger than this element accepts"));
        }
        message_size_ = header_size_ + length;
    }
    if (held().size() < message_size_) return std::nullopt;
    std::string message(held().substr(0, message_size_));
    head_ += message_size_;
    scanned_ = header_size_ = message_size_ = 0;
    return std::optional(std::move(message));
}

bool StreamFramer::take_ping() {
    bool came = pings_ > 0;
    pings_ = 0;
    return came;
}

bool StreamFramer::in_message() const {
    auto rest = held();
    return !rest.empty() && rest != "\r" && rest != "\r\n";
}

}  // namespace imslab::sip
