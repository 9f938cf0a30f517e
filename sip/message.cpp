// The message as a value: making, reading, editing and writing one (RFC 3261 §7, §8.2.6).
#include "sip/message.h"

#include <algorithm>
#include <charconv>

#include "core/invariant.h"
#include "sip/params.h"
#include "sip/scan.h"

namespace imslab::sip {
namespace {

constexpr std::string_view line_break = "\r\n";

std::uint32_t narrow(std::size_t size) {
    IMSLAB_INVARIANT(size <= 0xffffffffu);
    return static_cast<std::uint32_t>(size);
}

// Calls visit(element) for each non-empty element of a comma list; visit returns false to stop.
template <class Visitor>
bool for_each_element(std::string_view value, bool is_list, Visitor&& visit) {
    if (!is_list) return visit(value);
    const char* at = value.data();
    const char* end = at + value.size();
    while (at != end) {
        const char* comma = scan::find_outside<','>(at, end);
        auto element = trim({at, static_cast<std::size_t>(comma - at)});
        if (!element.empty() && !visit(element)) return false;
        at = comma == end ? end : comma + 1;
    }
    return true;
}

}  // namespace

// ---- making one

Message Message::request(std::string_view method, std::string_view uri) {
    Message message;
    message.storage_.reserve(1024);
    message.fields_.reserve(24);
    message.method_size_ = narrow(method.size());
    message.storage_.append(method);
    message.uri_at_ = message.store(uri);
    message.uri_size_ = narrow(uri.size());
    message.method_ = method_from(method);
    return message;
}

Message Message::response(int status, std::string_view reason) {
    IMSLAB_INVARIANT(status >= 100 && status <= 699);
    Message message;
    message.storage_.reserve(512);
    message.fields_.reserve(12);
    message.set_status(status, reason);
    return message;
}

Message Message::response_to(const Message& request, int status, std::string_view reason) {
    Message response = Message::response(status, reason);
    for (const Field& field : request.fields_) {
        switch (field.id) {
            case HeaderId::timestamp:
                if (status != 100) break;
                [[fallthrough]];
            case HeaderId::via:
            case HeaderId::from:
            case HeaderId::to:
            case HeaderId::call_id:
            case HeaderId::cseq:
                response.fields_.push_back(
                    response.make_field(field.id, request.name(field), request.value(field)));
                break;
            default:
                break;
        }
    }
    response.method_at_ = response.store(request.method_text());
    response.method_size_ = request.method_size_;
    response.method_ = request.method_;
    return response;
}

// ---- start line

std::string_view Message::method_text() const { return view(method_at_, method_size_); }

void Message::set_uri(std::string_view uri) {
    IMSLAB_INVARIANT(is_request());
    uri_size_ = narrow(uri.size());
    uri_at_ = store(uri);
}

void Message::set_status(int status, std::string_view reason) {
    if (reason.empty()) reason = reason_phrase(status);
    status_ = status;
    uri_size_ = narrow(reason.size());
    uri_at_ = store(reason);
}

// ---- header fields

const Message::Field* Message::find(HeaderId id) const {
    for (const Field& field : fields_) {
        if (field.id == id) return &field;
    }
    return nullptr;
}

std::optional<std::string_view> Message::get(HeaderId id) const {
    const Field* field = find(id);
    return field ? std::optional(value(*field)) : std::nullopt;
}

std::optional<std::string_view> Message::get(std::string_view wanted) const {
    HeaderId id = header_from(wanted);
    if (id != HeaderId::other) return get(id);
    for (const Field& field : fields_) {
        if (field.id == HeaderId::other && equals_ignoring_case(name(field), wanted))
            return value(field);
    }
    return std::nullopt;
}

std::vector<std::string_view> Message::values(HeaderId id) const {
    std::vector<std::string_view> elements;
    for (const Field& field : fields_) {
        if (field.id != id) continue;
        for_each_element(value(field), is_comma_list(id), [&](std::string_view element) {
            elements.push_back(element);
            return true;
        });
    }
    return elements;
}

std::optional<Message::FirstValue> Message::find_first_value(HeaderId id) const {
    std::optional<FirstValue> first;
    for (std::size_t i = 0; i < fields_.size() && !first; ++i) {
        if (fields_[i].id != id) continue;
        for_each_element(value(fields_[i]), is_comma_list(id), [&](std::string_view element) {
            first = FirstValue{i, element};
            return false;
        });
    }
    return first;
}

std::optional<std::string_view> Message::first_value(HeaderId id) const {
    const auto first = find_first_value(id);
    return first ? std::optional(first->value) : std::nullopt;
}

std::optional<std::string_view> Message::last_value(HeaderId id) const {
    std::optional<std::string_view> last;
    for (auto field = fields_.rbegin(); field != fields_.rend() && !last; ++field) {
        if (field->id != id) continue;
        for_each_element(value(*field), is_comma_list(id), [&](std::string_view element) {
            last = element;
            return true;
        });
    }
    return last;
}

bool Message::has_token(HeaderId id, std::string_view token) const {
    for (const Field& field : fields_) {
        if (field.id != id) continue;
        bool absent = for_each_element(value(field), true, [&](std::string_view element) {
            return !equals_ignoring_case(element, token);
        });
        if (!absent) return true;
    }
    return false;
}

// ---- editing

bool Message::holds(std::string_view text) const {
    const char* begin = storage_.data();
    return std::less_equal<const char*>()(begin, text.data()) &&
           std::less_equal<const char*>()(text.data() + text.size(), begin + storage_.size());
}

// Gives the offset at which `text` now stands. `text` may lie in storage_: then nothing need be
// copied.
std::uint32_t Message::store(std::string_view text) {
    if (holds(text)) return narrow(static_cast<std::size_t>(text.data() - storage_.data()));
    std::uint32_t at = narrow(storage_.size());
    narrow(storage_.size() + text.size());
    storage_.append(text);
    return at;
}

// A line of its own at the end of the buffer. Name and value may be views into the buffer, which
// moves when it grows.
Message::Field Message::make_field(HeaderId id, std::string_view name, std::string_view value) {
    value = trim(value);
    const std::size_t line = storage_.size();
    const std::size_t value_at = line + name.size() + 2;
    const std::size_t line_end = narrow(value_at + value.size() + 2);
    std::string grown;
    const bool grows = line_end > storage_.capacity();
    if (grows) {
        grown.reserve(std::max(line_end, 2 * line));
        grown.append(storage_);
    }
    std::string& text = grows ? grown : storage_;
    text.resize(line_end);
    const auto put = [&text](std::size_t at, std::string_view part) {
        std::copy_n(part.data(), part.size(), text.data() + at);
    };
    put(line, name);
    put(value_at - 2, ": ");
    put(value_at, value);
    put(line_end - 2, line_break);
    if (grows) storage_.swap(grown);
    Field field{id, narrow(line), narrow(name.size()), narrow(value_at), narrow(value.size())};
    // A response knows its method from its CSeq.
    if (id == HeaderId::cseq && !is_request()) {
        auto sequence = view(field.value_at, field.value_size);
        auto blank = sequence.find_last_of(" \t");
        auto method = blank == sequence.npos ? std::string_view{} : sequence.substr(blank + 1);
        method_at_ = narrow(value_at + sequence.size() - method.size());
        method_size_ = narrow(method.size());
        method_ = method_from(method);
    }
    return field;
}

void Message::prepend(HeaderId id, std::string_view value) {
    Field field = make_field(id, canonical_name(id), value);
    auto first = std::find_if(
        fields_.begin(), fields_.end(), [id](const Field& other) { return other.id == id; });
    fields_.insert(first == fields_.end() ? fields_.begin() : first, field);
}

void Message::append(HeaderId id, std::string_view value) {
    Field field = make_field(id, canonical_name(id), value);
    auto last = std::find_if(
        fields_.rbegin(), fields_.rend(), [id](const Field& other) { return other.id == id; });
    fields_.insert(last == fields_.rend() ? fields_.end() : last.base(), field);
}

void Message::append(std::string_view name, std::string_view value) {
    HeaderId id = header_from(name);
    Field field = make_field(id, name, value);
    auto spelt = this->name(field);
    auto last = std::find_if(fields_.rbegin(), fields_.rend(), [&](const Field& other) {
        return other.id == id &&
               (id != HeaderId::other || equals_ignoring_case(this->name(other), spelt));
    });
    fields_.insert(last == fields_.rend() ? fields_.end() : last.base(), field);
}

void Message::set(HeaderId id, std::string_view value) {
    Field field = make_field(id, canonical_name(id), value);
    auto first = std::find_if(
        fields_.begin(), fields_.end(), [id](const Field& other) { return other.id == id; });
    if (first == fields_.end()) {
        fields_.push_back(field);
        return;
    }
    *first = field;
    fields_.erase(
        std::remove_if(
            first + 1, fields_.end(), [id](const Field& other) { return other.id == id; }),
        fields_.end());
}

void Message::remove(HeaderId id) {
    std::erase_if(fields_, [id](const Field& field) { return field.id == id; });
}

void Message::remove(std::string_view wanted) {
    HeaderId id = header_from(wanted);
    if (id != HeaderId::other) return remove(id);
    std::erase_if(fields_, [&](const Field& field) {
        return field.id == HeaderId::other && equals_ignoring_case(name(field), wanted);
    });
}

// The first field of `id` that holds a value, cut at its first value: what follows the comma, if
// anything.
void Message::remove_first_value(HeaderId id) {
    const auto first = find_first_value(id);
    if (!first) return remove(id);
    Field& field = fields_[first->field];
    const char* behind = first->value.data() + first->value.size();
    const char* end = value(field).data() + field.value_size;
    std::string_view rest(behind, static_cast<std::size_t>(end - behind));
    while (!rest.empty() && (rest.front() == ',' || scan::is(rest.front(), scan::blank)))
        rest.remove_prefix(1);
    if (rest.empty()) {
        fields_.erase(fields_.begin() + static_cast<std::ptrdiff_t>(first->field));
        return;
    }
    field.value_size = narrow(rest.size());
    field.value_at = narrow(static_cast<std::size_t>(rest.data() - storage_.data()));
}

void Message::replace_first_value(HeaderId id, std::string_view new_value) {
    const auto first = find_first_value(id);
    if (!first) return set(id, new_value);
    Field& field = fields_[first->field];
    const char* behind = first->value.data() + first->value.size();
    const char* end = value(field).data() + field.value_size;
    if (behind == end && first->value.data() == value(field).data()) {
        field = make_field(id, name(field), new_value);
        return;
    }
    std::string joined(trim(new_value));
    joined.append(behind, static_cast<std::size_t>(end - behind));
    field = make_field(id, name(field), joined);
}

// ---- body

void Message::set_body(std::string_view content_type, std::string_view body) {
    std::uint32_t size = narrow(body.size());
    // Copies, because storing one may move what the other views.
    std::string type(content_type);
    body_at_ = store(body);
    body_size_ = size;
    set(HeaderId::content_type, type);
}

void Message::clear_body() {
    body_at_ = body_size_ = 0;
    std::erase_if(fields_, [](const Field& field) {
        return field.id == HeaderId::content_type || field.id == HeaderId::content_disposition ||
               field.id == HeaderId::content_encoding || field.id == HeaderId::content_language;
    });
}

// ---- writing

bool Message::is_whole_line(const Field& field) const {
    const std::size_t name_end = field.name_at + field.name_size;
    const std::size_t value_end = field.value_at + field.value_size;
    const char* text = storage_.data();
    return field.value_at == name_end + 2 && text[name_end] == ':' && text[name_end + 1] == ' ' &&
           value_end + 2 <= storage_.size() && text[value_end] == '\r' &&
           text[value_end + 1] == '\n';
}

// Lines that stand in the buffer as they are written, and one behind the other, are copied at once.
std::string Message::to_bytes() const {
    static constexpr std::string_view version = "SIP/2.0";
    static constexpr std::string_view length_name = "Content-Length: ";
    char number[16];
    const auto digits_of = [&number](auto value) {
        const auto end = std::to_chars(number, number + sizeof number, value).ptr;
        return std::string_view(number, static_cast<std::size_t>(end - number));
    };
    std::size_t size = version.size() + 4 + uri_size_ + std::max(method_size_, 3u) +
                       length_name.size() + sizeof number + 4 + body_size_;
    for (const Field& field : fields_) size += field.name_size + field.value_size + 4u;

    std::string bytes(size, '\0');
    char* out = bytes.data();
    const auto put = [&out](std::string_view text) {
        out = std::copy_n(text.data(), text.size(), out);
    };
    if (is_request()) {
        for (const auto text : {method_text(), std::string_view(" "), uri(), std::string_view(" ")})
            put(text);
        put(version);
    } else {
        put(version);
        for (const auto text : {std::string_view(" "), digits_of(status_), std::string_view(" ")})
            put(text);
        put(reason());
    }
    put(line_break);
    std::size_t from = 0, to = 0;  // lines of the buffer not copied yet
    for (const Field& field : fields_) {
        if (field.id == HeaderId::content_length) continue;
        const bool whole = is_whole_line(field);
        const bool follows = whole && field.name_at == to;
        if (!follows) {
            put(view(narrow(from), narrow(to - from)));
            from = to = field.name_at;
        }
        if (whole) {
            to = field.value_at + field.value_size + 2;
        } else {
            for (const auto text : {name(field), std::string_view(": "), value(field), line_break})
                put(text);
            from = to = 0;
        }
    }
    put(view(narrow(from), narrow(to - from)));
    put(length_name);
    put(digits_of(body_size_));
    for (const auto text : {line_break, line_break, body()}) put(text);
    IMSLAB_INVARIANT(out <= bytes.data() + size);
    bytes.resize(static_cast<std::size_t>(out - bytes.data()));
    return bytes;
}

}  // namespace imslab::sip
