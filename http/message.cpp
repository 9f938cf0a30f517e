// RFC 9112 §2 to §7: messages as text.
#include "http/message.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/message_size.h"

namespace imslab::http {

namespace {

constexpr std::array<std::pair<int, std::string_view>, 35> kReasons{{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

void append_fields(std::string& text, const Fields& fields, std::size_t length, bool always) {
    for (const auto& [name, value] : fields) {
        if (equals_ignoring_case(name, "Content-Length")) continue;
        text.append(name).append(": ").append(value).append("\r\n");
    }
    if (length != 0 || always)
        text.append("Content-Length: ").append(std::to_string(length)).append("\r\n");
    text += "\r\n";
}

// Takes a line off the front, without its end; nullopt: there is no whole one.
std::optional<std::string_view> take_line(std::string_view& rest) {
    const auto end = rest.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
}

std::optional<std::size_t> number_in(std::string_view text, int base) {
    std::size_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc() || stopped != end || text.empty()) return std::nullopt;
    return value;
}

constexpr std::string_view kNoLength = "Content-Length is no length of this message";

constexpr std::string_view kNoChunks = "the chunks of the body do not fit";

// RFC 9112 §7.1: a body off the front, with the trailer behind it; nullopt: more has to come.
Result<std::optional<std::string>, std::string> take_chunks(std::string_view& rest) {
    std::string body;
    while (const auto line = take_line(rest)) {
        const auto size = number_in(trimmed(line->substr(0, line->find(';'))), 16);
        if (!size) return failure(std::string(kNoChunks));
        if (*size == 0) {
            while (const auto trailer = take_line(rest)) {
                if (trailer->empty()) return body;
            }
            return std::nullopt;
        }
        if (rest.size() < 2 || *size > rest.size() - 2) return std::nullopt;
        body.append(rest.substr(0, *size));
        rest.remove_prefix(*size);
        if (!rest.starts_with("\r\n")) return failure(std::string(kNoChunks));
        rest.remove_prefix(2);
    }
    return std::nullopt;
}

Result<void, std::string> read_start_line(std::string_view line, Message& message) {
    const auto first = line.find(' ');
    if (first == std::string_view::npos) return failure(std::string("no HTTP start line"));
    if (line.starts_with("HTTP/1.")) {
        message.is_request = false;
        const auto status = number_in(line.substr(first + 1, 3), 10);
        if (!status || *status < 100 || *status > 999)
            return failure(std::string("no status in the status line"));
        message.status = static_cast<int>(*status);
        message.reason = line.size() > first + 5 ? line.substr(first + 5) : std::string_view();
        return {};
    }
    const auto last = line.rfind(' ');
    if (last == first || !line.substr(last + 1).starts_with("HTTP/"))
        return failure(std::string("no HTTP version in the request line"));
    message.method = line.substr(0, first);
    message.target = line.substr(first + 1, last - first - 1);
    return {};
}

// Start line and field lines off the front.
Result<Message, std::string> take_head(std::string_view& rest) {
    Message message;
    const auto start = take_line(rest);
    if (!start) return failure(std::string("no HTTP start line"));
    if (auto read = read_start_line(*start, message); !read) return failure(read.error());
    while (true) {
        const auto line = take_line(rest);
        if (!line) return failure(std::string("the field lines do not end"));
        if (line->empty()) return message;
        const auto colon = line->find(':');
        if (colon == std::string_view::npos || colon == 0)
            return failure("a field line without a name: " + std::string(line->substr(0, 40)));
        message.fields.add(std::string(line->substr(0, colon)),
                           std::string(trimmed(line->substr(colon + 1))));
    }
}

bool is_chunked(const Message& message) {
    const auto coding = message.fields.get("Transfer-Encoding");
    return coding && equals_ignoring_case(trimmed(*coding), "chunked");
}

}  // namespace

// ---- fields

std::optional<std::string_view> Fields::get(std::string_view name) const {
    for (const auto& line : lines_) {
        if (equals_ignoring_case(line.name, name)) return line.value;
    }
    return std::nullopt;
}

std::vector<std::string_view> Fields::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& line : lines_) {
        if (equals_ignoring_case(line.name, name)) values.push_back(line.value);
    }
    return values;
}

std::string Fields::joined(std::string_view name) const {
    std::string text;
    for (const auto value : all(name)) text.append(text.empty() ? "" : ", ").append(value);
    return text;
}

void Fields::set(std::string_view name, std::string value) {
    remove(name);
    add(std::string(name), std::move(value));
}

void Fields::remove(std::string_view name) {
    std::erase_if(lines_, [&](const Field& line) { return equals_ignoring_case(line.name, name); });
}

// ---- messages

Response Response::of(int status, std::string content_type, std::string body) {
    Response response;
    response.status = status;
    if (!content_type.empty()) response.fields.add("Content-Type", std::move(content_type));
    response.body = std::move(body);
    return response;
}

std::string_view reason_of(int status) {
    for (const auto& [known, reason] : kReasons) {
        if (known == status) return reason;
    }
    return "Unknown";
}

std::string to_bytes(const Request& request) {
    std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
    const bool has_content = request.method == "PUT" || request.method == "POST";
    append_fields(text, request.fields, request.body.size(), has_content);
    return text += request.body;
}

std::string to_bytes(const Response& response) {
    std::string text = "HTTP/1.1 " + std::to_string(response.status) + " ";
    text.append(response.reason.empty() ? reason_of(response.status)
                                        : std::string_view(response.reason));
    text += "\r\n";
    const bool bodiless = response.status / 100 == 1 || response.status == 204 ||
                          response.status == 304 ||
                          response.becomes != Response::Becomes::next_request;
    append_fields(text, response.fields, response.body.size(), !bodiless);
    return bodiless ? text : text += response.body;
}

Result<Message, std::string> parse(std::string_view bytes) {
    auto rest = bytes;
    auto message = take_head(rest);
    if (!message) return message;
    // An answer whose body comes later, in pieces, or to HEAD never.
    const bool is_head = !message->is_request && rest.empty();
    if (is_chunked(*message) && !is_head) {
        auto body = take_chunks(rest);
        if (!body || !*body) return failure(std::string(kNoChunks));
        message->body = std::move(**body);
        return message;
    }
    const auto length = message->fields.get("Content-Length");
    const auto octets = length ? number_in(trimmed(*length), 10) : std::nullopt;
    // An answer to HEAD says how long the body would be.
    const bool has_body = message->is_request || !rest.empty();
    if (length && (!octets || (has_body && *octets > rest.size())))
        return failure(std::string(kNoLength));
    message->body = rest.substr(0, octets.value_or(message->is_request ? 0 : rest.size()));
    return message;
}

Result<std::optional<std::size_t>, std::string> message_size(std::string_view octets,
                                                             bool answers_head) {
    constexpr std::size_t kMostOfHead = 65'536;
    if (octets.substr(0, kMostOfHead).find("\r\n\r\n") == std::string_view::npos) {
        if (octets.size() < kMostOfHead) return std::nullopt;
        return failure(std::string("the field lines do not end"));
    }
    auto rest = octets;
    const auto head = take_head(rest);
    if (!head) return failure(head.error());
    const auto size = octets.size() - rest.size();
    const int status = head->status;
    const bool bodiless = status / 100 == 1 || status == 204 || status == 304;
    if (!head->is_request && (bodiless || answers_head)) return size;
    if (is_chunked(*head)) {
        auto behind = rest;
        const auto body = take_chunks(behind);
        if (!body) return failure(body.error());
        if (!*body) return std::nullopt;
        return octets.size() - behind.size();
    }
    const auto length = head->fields.get("Content-Length");
    if (!length && head->is_request) return size;
    if (!length) return failure(std::string("a body that ends with its connection"));
    const auto body = number_in(trimmed(*length), 10);
    if (!body) return failure(std::string(kNoLength));
    if (*body > rest.size()) return std::nullopt;
    return size + *body;
}

// ---- words

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return lower(x) == lower(y);
    });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::string media_type(std::string_view content_type) {
    std::string type(trimmed(content_type.substr(0, content_type.find(';'))));
    std::transform(type.begin(), type.end(), type.begin(), lower);
    return type;
}

std::vector<std::string_view> list_elements(std::string_view value) {
    std::vector<std::string_view> elements;
    bool quoted = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i <= value.size(); ++i) {
        if (i < value.size() && quoted && value[i] == '\\') {
            ++i;
        } else if (i < value.size() && value[i] == '"') {
            quoted = !quoted;
        } else if (i >= value.size() || (value[i] == ',' && !quoted)) {
            const auto one = trimmed(value.substr(begin, std::min(i, value.size()) - begin));
            if (!one.empty()) elements.push_back(one);
            begin = i + 1;
        }
    }
    return elements;
}

}  // namespace imslab::http
