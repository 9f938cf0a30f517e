// Addresses, Via, CSeq and parameters (RFC 3261 §20.10, §20.16, §20.42, §25.1).
#include "sip/value_reader.h"

#include "sip/scan.h"

namespace imslab::sip {
namespace {

std::string_view between(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
}

}  // namespace

void ValueReader::skip_blanks() { at = scan::skip_blanks(at, end); }

bool ValueReader::read_param(std::string_view& name, std::string_view& value) {
    const char* begin = at;
    at = scan::while_class<scan::token_char>(at, end);
    if (at == begin) return fail(at, "has an empty or malformed parameter");
    name = between(begin, at);
    skip_blanks();
    if (at == end || *at != '=') return true;
    ++at;
    skip_blanks();
    begin = at;
    if (at != end && *at == '"') {
        at = scan::behind_quoted(at, end);
        if (!at) {
            at = begin;
            return fail(begin, "has a quoted string that never closes");
        }
    } else {
        at = scan::while_class<scan::param_char>(at, end);
        if (at == begin) return fail(at, "has a parameter without a value behind its =");
    }
    value = between(begin, at);
    skip_blanks();
    return true;
}

bool ValueReader::read_bracketed_uri(NameAddr& out) {
    const char* begin = ++at;
    at = uri_checked_later ? scan::find<scan::AnyOf<'>'>>(at, end)
                           : scan::while_class<scan::uri_char>(at, end);
    if (at == end) return fail(begin - 1, "has a < that never closes");
    if (*at != '>') return fail(at, "has a character in its URI that no URI may hold");
    out.uri = between(begin, at++);
    return true;
}

// RFC 3261 §20: a URI with a comma, question mark or semicolon must stand in <>; here ; starts
// header parameters.
bool ValueReader::read_bare_uri(const char* begin, NameAddr& out) {
    const char* uri_end = scan::while_class<scan::uri_char>(begin, end);
    at = scan::find<scan::AnyOf<';', ',', '?'>>(begin, uri_end);
    if (at != end && *at == '?') return fail(at, "has a URI with header fields outside of <>");
    out.uri = between(begin, at);
    return true;
}

bool ValueReader::read_address(NameAddr& out) {
    skip_blanks();
    const char* begin = at;
    if (at == end) return fail(at, "has no address");
    if (*at == '"') {
        at = scan::behind_quoted(at, end);
        if (!at) {
            at = begin;
            return fail(begin, "has a quoted string that never closes");
        }
        out.display = between(begin, at);
        skip_blanks();
        if (at == end || *at != '<') return fail(at, "has a display name without an address in <>");
    } else if (*at != '<') {
        // Tokens up to a '<' are a display name, a token up to a ':' is a URI's scheme.
        const char* word_end = at;
        do {
            at = word_end = scan::while_class<scan::token_char>(at, end);
            skip_blanks();
        } while (at != word_end && at != end && scan::is(*at, scan::token_char));
        if (word_end != begin && word_end == at && at != end && *at == ':') {
            return read_bare_uri(begin, out) && read_params(out.params);
        }
        if (at == end || *at != '<')
            return fail(at, "has neither a URI nor a well-formed display name");
        out.display = between(begin, word_end);
    }
    return read_bracketed_uri(out) && read_params(out.params);
}

bool ValueReader::read_via(Via& out) {
    skip_blanks();
    // SIP / 2.0 / UDP, blanks allowed around the slashes; hardly anyone writes them.
    constexpr std::string_view usual = "SIP/2.0/";
    const bool is_usual = between(at, end).starts_with(usual) &&
                          static_cast<std::size_t>(end - at) > usual.size() &&
                          scan::is(at[usual.size()], scan::token_char);
    if (is_usual) at += usual.size();
    for (int slash = is_usual ? 2 : 0; slash < 2; ++slash) {
        const char* word = at;
        at = scan::while_class<scan::token_char>(at, end);
        if (at == word) return fail(at, "has no protocol and version");
        skip_blanks();
        if (at == end || *at != '/') return fail(at, "has no SIP/2.0/transport");
        ++at;
        skip_blanks();
    }
    const char* word = at;
    at = scan::while_class<scan::token_char>(at, end);
    if (at == word) return fail(at, "has no transport");
    out.transport_text = between(word, at);
    out.transport = transport_from(out.transport_text).value_or(Transport::udp);
    const char* host = scan::skip_blanks(at, end);
    if (host == at) return fail(at, "has no blank between transport and host");
    at = host;
    if (at != end && *at == '[') {
        ++at;
        while (at != end && (scan::is(*at, scan::hex) || *at == ':' || *at == '.')) ++at;
        if (at == end || *at != ']') return fail(host, "has a malformed IPv6 address");
        ++at;
    } else {
        at = scan::while_class<scan::host_char>(at, end);
    }
    if (at == host) return fail(at, "has no host");
    out.host = between(host, at);
    skip_blanks();
    if (at != end && *at == ':') {
        ++at;
        skip_blanks();
        const char* digits = at;
        std::uint32_t port = 0;
        while (at != end && scan::is(*at, scan::digit) && at - digits < 6) {
            port = port * 10 + static_cast<std::uint32_t>(*at++ - '0');
        }
        if (at == digits || port > 65535) return fail(digits, "has a malformed port");
        out.port = static_cast<std::uint16_t>(port);
    }
    if (only_checks) return read_params(out.params);
    return read_params(out.params, [&out](std::string_view name, std::string_view value) {
        out.note(name, value);
    });
}

bool ValueReader::read_cseq(CSeq& out) {
    const char* digits = at;
    at = scan::while_class<scan::digit>(at, end);
    if (at == digits) return fail(at, "has no number");
    std::uint64_t number = 0;
    for (const char* c = digits; c != at; ++c) {
        number = number * 10 + static_cast<std::uint64_t>(*c - '0');
        if (number > 0x7fffffffu)
            return fail(digits, "number is 2^31 or more");  // RFC 3261 §8.1.1.5
    }
    out.number = static_cast<std::uint32_t>(number);
    const char* method = scan::skip_blanks(at, end);
    if (method == end) return fail(at, "has no method");
    if (method == at) return fail(at, "has no blank between number and method");
    at = scan::while_class<scan::token_char>(method, end);
    if (at != end) return fail(at, "has a malformed method");
    out.method = between(method, at);
    return true;
}

}  // namespace imslab::sip
