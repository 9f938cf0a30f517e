// Typed views of header field values, and the edits that respect their syntax (RFC 3261 §20, RFC
// 3262 §7.2, RFC 7315).
#include "sip/headers.h"

#include "sip/scan.h"
#include "sip/value_reader.h"

namespace imslab::sip {
namespace {

std::string_view between(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
}

// Where the header parameters of a value start: the ';' behind the URI, or the end.
std::size_t params_start(std::string_view value) {
    const char* end = value.data() + value.size();
    return static_cast<std::size_t>(scan::find_outside<';'>(value.data(), end) - value.data());
}

// A parameter as it is written.
std::string_view text_of(const Params::Item& item) {
    const char* end = item.has_value ? item.value.data() + item.value.size()
                                     : item.name.data() + item.name.size();
    return between(item.name.data(), end);
}

// Appends all parameters but those called `names`, as they came.
void append_others(std::string& text,
                   const Params& params,
                   std::initializer_list<std::string_view> names,
                   std::string_view glue) {
    bool first = true;
    params.for_each([&](const Params::Item& item) {
        for (const auto name : names) {
            if (equals_ignoring_case(item.name, name)) return true;
        }
        if (!first) text.append(glue);
        first = false;
        text.append(text_of(item));
        return true;
    });
}

}  // namespace

std::optional<NameAddr> NameAddr::parse(std::string_view value) {
    std::optional<NameAddr> address(std::in_place);
    value = trim(value);
    ValueReader reader(value);
    if (value == "*") {
        address->is_star = true;
    } else if (!reader.read_address(*address) || reader.at != reader.end) {
        address.reset();
    }
    return address;
}

std::optional<Via> Via::parse(std::string_view value) {
    std::optional<Via> via(std::in_place);
    ValueReader reader(value);
    bool good = reader.read_via(*via) && reader.at == reader.end;
    if (!good && reader.fault && reader.params_begin) {
        // A refused request is answered along its Via even if that has malformed parameters
        // (RFC 4475 §3.1.2.1).
        via->params = Params(between(reader.params_begin, reader.end));
        via->branch_param = via->received = via->rport = via->maddr = {};
        via->params.for_each([&](const Params::Item& item) {
            via->note(item.name, item.value);
            return true;
        });
        good = true;
    }
    if (!good) via.reset();
    return via;
}

void Via::note(std::string_view param, std::string_view value) {
    Known* known = nullptr;
    switch (param.size()) {
        case 5:
            known = equals_ignoring_case(param, "rport")   ? &rport
                    : equals_ignoring_case(param, "maddr") ? &maddr
                                                           : nullptr;
            break;
        case 6:
            known = equals_ignoring_case(param, "branch") ? &branch_param : nullptr;
            break;
        case 8:
            known = equals_ignoring_case(param, "received") ? &received : nullptr;
            break;
        default:
            break;
    }
    if (known != nullptr && !known->given) *known = {value, true};
}

std::optional<CSeq> CSeq::parse(std::string_view value) {
    CSeq cseq;
    ValueReader reader(trim(value));
    if (!reader.read_cseq(cseq)) return std::nullopt;
    return cseq;
}

std::optional<RAck> RAck::parse(std::string_view value) {
    value = trim(value);
    const char* end = value.data() + value.size();
    const char* digits_end = scan::while_class<scan::digit>(value.data(), end);
    auto response = to_number(between(value.data(), digits_end));
    if (!response || digits_end == end) return std::nullopt;
    auto cseq = CSeq::parse(between(digits_end, end));
    if (!cseq || !scan::is(*digits_end, scan::blank)) return std::nullopt;
    return RAck{*response, cseq->number, cseq->method};
}

// ---- credentials and challenges

std::optional<AuthParams> AuthParams::parse(std::string_view value) {
    value = trim(value);
    const char* end = value.data() + value.size();
    const char* scheme_end = scan::while_class<scan::token_char>(value.data(), end);
    if (scheme_end == value.data() || (scheme_end != end && !scan::is(*scheme_end, scan::blank)))
        return std::nullopt;
    return AuthParams{between(value.data(), scheme_end), trim(between(scheme_end, end))};
}

std::optional<std::string> AuthParams::get(std::string_view name) const {
    auto value = Params(raw, ',').get(name);
    return value ? std::optional(unquote(*value)) : std::nullopt;
}

bool AuthParams::has(std::string_view name) const { return Params(raw, ',').has(name); }

std::string with_auth_param(std::string_view value,
                            std::string_view name,
                            std::string_view new_value) {
    auto auth = AuthParams::parse(value).value_or(AuthParams{"Digest", trim(value)});
    std::string text;
    text.reserve(value.size() + name.size() + new_value.size() + 16);
    text.append(auth.scheme).append(1, ' ');
    append_others(text, Params(auth.raw, ','), {name}, ", ");
    if (text.size() > auth.scheme.size() + 1) text.append(", ");
    return text.append(name).append(1, '=').append(quote(new_value));
}

std::string without_auth_params(std::string_view value,
                                std::initializer_list<std::string_view> names) {
    auto auth = AuthParams::parse(value);
    if (!auth) return std::string(value);
    std::string text;
    text.reserve(value.size());
    text.append(auth->scheme).append(1, ' ');
    append_others(text, Params(auth->raw, ','), names, ", ");
    if (text.size() == auth->scheme.size() + 1) text.pop_back();
    return text;
}

// ---- header parameters

std::string with_param(std::string_view value, std::string_view name, std::string_view new_value) {
    std::string text = without_param(value, name);
    text.append(1, ';').append(name);
    if (!new_value.empty()) text.append(1, '=').append(new_value);
    return text;
}

std::string without_param(std::string_view value, std::string_view name) {
    value = trim(value);
    std::size_t start = params_start(value);
    if (start == value.size()) return std::string(value);
    Params params(value.substr(start + 1));
    if (!params.has(name)) return std::string(value);
    std::string text(trim(value.substr(0, start)));
    const std::size_t bare = text.size();
    append_others(text.append(1, ';'), params, {name}, ";");
    if (text.size() == bare + 1) text.pop_back();
    return text;
}

// ---- P-Charging-Vector

std::optional<ChargingVector> ChargingVector::parse(std::string_view value) {
    ChargingVector vector;
    Params(value).for_each([&](const Params::Item& item) {
        if (equals_ignoring_case(item.name, "icid-value")) {
            vector.icid = unquote(item.value);
        } else if (equals_ignoring_case(item.name, "icid-generated-at")) {
            vector.generated_at = unquote(item.value);
        } else if (equals_ignoring_case(item.name, "orig-ioi")) {
            vector.orig_ioi = unquote(item.value);
        } else if (equals_ignoring_case(item.name, "term-ioi")) {
            vector.term_ioi = unquote(item.value);
        } else {
            vector.others.append(1, ';').append(item.name);
            if (item.has_value) vector.others.append(1, '=').append(item.value);
        }
        return true;
    });
    return vector.icid.empty() ? std::nullopt : std::optional(vector);
}

std::string ChargingVector::to_string() const {
    std::string text;
    text.reserve(96 + icid.size() + generated_at.size() + orig_ioi.size() + term_ioi.size() +
                 others.size());
    // A value that is no token or host is quoted.
    const auto write = [&text](std::string_view name, std::string_view value) {
        if (value.empty()) return;
        text.append(name);
        if (scan::all_of<scan::token_char>(value)) {
            text.append(value);
        } else {
            text.append(quote(value));
        }
    };
    text.append("icid-value=").append(quote(icid));
    write(";icid-generated-at=", generated_at);
    write(";orig-ioi=", orig_ioi);
    write(";term-ioi=", term_ioi);
    return text.append(others);
}

// ---- shorthands

namespace {
std::optional<std::string_view> tag_of(const Message& message, HeaderId id) {
    auto value = message.get(id);
    if (!value) return std::nullopt;
    std::size_t start = params_start(*value);
    if (start == value->size()) return std::nullopt;
    return Params(value->substr(start + 1)).get("tag");
}
}  // namespace

std::optional<std::string_view> from_tag(const Message& message) {
    return tag_of(message, HeaderId::from);
}
std::optional<std::string_view> to_tag(const Message& message) {
    return tag_of(message, HeaderId::to);
}

void set_to_tag(Message& message, std::string_view tag) {
    if (auto to = message.get(HeaderId::to)) message.set(HeaderId::to, with_param(*to, "tag", tag));
}

std::optional<Via> top_via(const Message& message) {
    auto value = message.first_value(HeaderId::via);
    return value ? Via::parse(*value) : std::nullopt;
}

std::optional<CSeq> cseq(const Message& message) {
    auto value = message.get(HeaderId::cseq);
    return value ? CSeq::parse(*value) : std::nullopt;
}

std::string_view call_id(const Message& message) {
    return message.get(HeaderId::call_id).value_or(std::string_view{});
}

std::optional<std::string_view> uri_of(std::optional<std::string_view> name_addr_value) {
    auto address = name_addr_value ? NameAddr::parse(*name_addr_value) : std::nullopt;
    return address && !address->is_star ? std::optional(address->uri) : std::nullopt;
}

std::optional<std::uint32_t> expires(const Message& message) {
    auto value = message.get(HeaderId::expires);
    return value ? to_number(*value) : std::nullopt;
}

std::uint32_t contact_expires(const Message& message,
                              const NameAddr& contact,
                              std::uint32_t otherwise) {
    auto own = contact.params.get("expires");
    auto asked = own ? to_number(*own) : expires(message);
    return asked.value_or(otherwise);
}

}  // namespace imslab::sip
