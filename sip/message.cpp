// The message as a value: making, reading, editing and writing one (RFC 3261 §7, §8.2.6).
#include "sip/message.h"

#include <algorithm>
#include <charconv>

#include "core/invariant.h"
#include "sip/params.h"
#include "sip/scan.h"

namespace imslab::sip {
namespace {

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
                response.append(request.name(field), request.value(field));
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

std::optional<std::string_view> Message::first_value(HeaderId id) const {
    std::optional<std::string_view> first;
    for (const Field& field : fields_) {
        if (field.id != id) continue;
        for_each_element(value(field), is_comma_list(id), [&](std::string_view element) {
            first = element;
            return false;
        });
        if (first) break;
    }
    return first;
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

// Gives the offset at which `text` now stands. `text` may lie in storage_: then nothing need be
// copied.
std::uint32_t Message::store(std::string_view text) {
    const char* begin = storage_.data();
    if (std::less_equal<const char*>()(begin, text.data()) &&
        std::less_equal<const char*>()(text.data() + text.size(), begin + storage_.size())) {
        return narrow(static_cast<std::size_t>(text.data() - begin));
    }
    std::uint32_t at = narrow(storage_.size());
    narrow(storage_.size() + text.size());
    storage_.append(text);
    return at;
}

Message::Field Message::make_field(HeaderId id, std::string_view name, std::string_view value) {
    value = trim(value);
    Field field{id, 0, narrow(name.size()), 0, narrow(value.size())};
    // Offsets before storing: the name is stored first and may move the text that `value` views.
    const char* begin = storage_.data();
    bool value_inside = !value.empty() && std::less_equal<const char*>()(begin, value.data()) &&
                        std::less<const char*>()(value.data(), begin + storage_.size());
    std::size_t value_at = value_inside ? static_cast<std::size_t>(value.data() - begin) : 0;
    field.name_at = store(name);
    field.value_at = value_inside ? narrow(value_at) : store(value);
    // A response knows its method from its CSeq.
    if (id == HeaderId::cseq && !is_request()) {
        auto text = view(field.value_at, field.value_size);
        auto blank = text.find_last_of(" \t");
        auto method = blank == text.npos ? std::string_view{} : text.substr(blank + 1);
        method_at_ = narrow(
            static_cast<std::size_t>(text.data() + text.size() - method.size() - storage_.data()));
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
    auto first = first_value(id);
    if (!first) return remove(id);
    const char* behind = first->data() + first->size();
    auto field = std::find_if(fields_.begin(), fields_.end(), [&](const Field& other) {
        return other.id == id && value(other).data() <= first->data() &&
               behind <= value(other).data() + other.value_size;
    });
    const char* end = value(*field).data() + field->value_size;
    std::string_view rest(behind, static_cast<std::size_t>(end - behind));
    while (!rest.empty() && (rest.front() == ',' || scan::is(rest.front(), scan::blank)))
        rest.remove_prefix(1);
    if (rest.empty()) {
        fields_.erase(field);
        return;
    }
    field->value_size = narrow(rest.size());
    field->value_at = narrow(static_cast<std::size_t>(rest.data() - storage_.data()));
}

void Message::replace_first_value(HeaderId id, std::string_view new_value) {
    auto first = first_value(id);
    if (!first) return set(id, new_value);
    std::string joined(trim(new_value));
    const char* behind = first->data() + first->size();
    auto field = std::find_if(fields_.begin(), fields_.end(), [&](const Field& other) {
        return other.id == id && value(other).data() <= first->data() &&
               behind <= value(other).data() + other.value_size;
    });
    const char* end = value(*field).data() + field->value_size;
    joined.append(behind, static_cast<std::size_t>(end - behind));
    Field replaced = make_field(id, view(field->name_at, field->name_size), joined);
    *field = replaced;
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

std::string Message::to_bytes() const {
    char number[16];
    auto digits_end = std::to_chars(number, number + sizeof number, body_size_).ptr;
    std::string_view length(number, static_cast<std::size_t>(digits_end - number));
    char status_text[16];
    auto status_end = std::to_chars(status_text, status_text + sizeof status_text, status_).ptr;
    std::string_view status(status_text, static_cast<std::size_t>(status_end - status_text));

    static constexpr std::string_view version = "SIP/2.0";
    static constexpr std::string_view length_name = "Content-Length: ";
    std::size_t size =
        version.size() + 4 + uri_size_ + (is_request() ? method_size_ : status.size());
    for (const Field& field : fields_) {
        if (field.id != HeaderId::content_length) size += field.name_size + field.value_size + 4u;
    }
    size += length_name.size() + length.size() + 4 + body_size_;

    std::string bytes;
    bytes.reserve(size);
    if (is_request()) {
        bytes.append(method_text()).append(1, ' ').append(uri()).append(1, ' ').append(version);
    } else {
        bytes.append(version).append(1, ' ').append(status).append(1, ' ').append(reason());
    }
    bytes.append("\r\n");
    for (const Field& field : fields_) {
        if (field.id == HeaderId::content_length) continue;
        bytes.append(name(field)).append(": ").append(value(field)).append("\r\n");
    }
    bytes.append(length_name).append(length).append("\r\n\r\n").append(body());
    IMSLAB_INVARIANT(bytes.size() == size);
    return bytes;
}

}  // namespace imslab::sip
