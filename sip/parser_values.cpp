// What the values of the header fields must look like for a message to be accepted (RFC 3261
// §8.1.1, §20, §25.1; RFC 4475).
#include "sip/header_names.h"
#include "sip/parser.h"
#include "sip/scan.h"
#include "sip/value_reader.h"

namespace imslab::sip {

void Parser::check_value(HeaderId id, std::string_view value) {
    bool first = first_of(id);
    if (error_) return;
    if (!first && is_single(id)) {
        return fail(message_.name(message_.fields_.back()).data(),
                    std::string(canonical_name(id)) + " stands twice");
    }
    switch (id) {
        case HeaderId::via:
            return check_vias(value);
        case HeaderId::from:
        case HeaderId::to:
        case HeaderId::reply_to:
        case HeaderId::refer_to:
        case HeaderId::referred_by:
        case HeaderId::p_called_party_id:
        case HeaderId::p_served_user:
            return check_addresses(id, value, false, false);
        case HeaderId::contact:
            if (value == "*") return;
            return check_addresses(id, value, true, false);
        case HeaderId::p_associated_uri:
            if (value.empty()) return;  // RFC 7315 §5.1: the list may be empty
            [[fallthrough]];
        case HeaderId::p_asserted_identity:
        case HeaderId::p_preferred_identity:
            return check_addresses(id, value, true, false);
        case HeaderId::route:
        case HeaderId::record_route:
        case HeaderId::path:
        case HeaderId::service_route:
            return check_addresses(id, value, true, true);
        case HeaderId::cseq:
            return check_cseq(value);
        case HeaderId::call_id:
            if (value.empty()) return fail(id, value.data(), "is empty");
            if (const char* end = value.data() + value.size(),
                *blank = scan::find<scan::AnyOf<' ', '\t', ','>>(value.data(), end);
                blank != end) {
                fail(id, blank, "holds a blank or comma");
            }
            return;
        case HeaderId::max_forwards:
            return check_max_forwards(value);
        case HeaderId::content_length:
            return check_content_length(value);
        default:
            return;
    }
}

void Parser::check_addresses(HeaderId id, std::string_view value, bool many, bool brackets) {
    ValueReader reader(value);
    reader.uri_checked_later = true;
    for (;;) {
        NameAddr address;
        if (!reader.read_address(address)) return fail(id, reader.fault_at, reader.fault);
        if (brackets && address.uri.data()[-1] != '<')
            return fail(id, address.uri.data(), "has a URI outside of <>");
        Uri uri;
        if (!read_uri(address.uri, uri)) return fail_uri(id, address.uri);
        if (reader.at == reader.end) return;
        if (!many) return fail(id, reader.at, "has more than one value");
        ++reader.at;
    }
}

void Parser::fail_uri(HeaderId id, std::string_view uri) {
    const char* end = uri.data() + uri.size();
    const char* foreign = scan::find<scan::NotUri>(uri.data(), end);
    if (foreign != end) return fail(id, foreign, "has a character in its URI that no URI may hold");
    fail(id, uri.data(), "has a malformed URI");
}

void Parser::check_vias(std::string_view value) {
    ValueReader reader(value);
    reader.only_checks = true;
    for (;;) {
        Via via;
        if (!reader.read_via(via)) return fail(HeaderId::via, reader.fault_at, reader.fault);
        if (reader.at == reader.end) return;
        ++reader.at;
    }
}

void Parser::check_cseq(std::string_view value) {
    CSeq cseq;
    ValueReader reader(value);
    if (!reader.read_cseq(cseq)) return fail(HeaderId::cseq, reader.fault_at, reader.fault);
    if (!message_.is_request()) {
        message_.method_at_ = static_cast<std::uint32_t>(cseq.method.data() - begin_);
        message_.method_size_ = static_cast<std::uint32_t>(cseq.method.size());
        message_.method_ = method_from(cseq.method);
    } else if (cseq.method != message_.method_text()) {
        // RFC 4475 §3.1.2.18: towards a method nobody knows yet 501 says more than 400.
        fail(cseq.method.data(),
             "CSeq names another method than the Request-Line",
             unknown_method_ ? 501 : 400);
    }
}

void Parser::check_max_forwards(std::string_view value) {
    auto hops = to_number(value);
    if (!hops) return fail(HeaderId::max_forwards, value.data(), "is no number");
    if (*hops > 255) fail(HeaderId::max_forwards, value.data(), "is above 255");
}

void Parser::check_content_length(std::string_view value) {
    content_length_ = to_number(value);
    content_length_at_ = value.data();
    if (!content_length_) fail(HeaderId::content_length, value.data(), "is no number of octets");
}

// RFC 3261 §8.1.1; Max-Forwards may be absent, for elements of RFC 2543 (RFC 4475 §3.4.1).
void Parser::check_mandatory() {
    for (HeaderId id :
         {HeaderId::via, HeaderId::from, HeaderId::to, HeaderId::call_id, HeaderId::cseq}) {
        auto bit = static_cast<unsigned>(id);
        if ((seen_[bit >> 6] & (std::uint64_t{1} << (bit & 63))) != 0) continue;
        return fail(begin_ + message_.body_at_, std::string(canonical_name(id)) + " is missing");
    }
}

}  // namespace imslab::sip
