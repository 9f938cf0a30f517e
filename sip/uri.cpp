// SIP, SIPS, TEL and other URIs: reading, comparing, canonical identities (RFC 3261 §19.1, RFC
// 3966, RFC 5954).
#include "sip/uri.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sip/scan.h"
#include "sip/value_reader.h"

namespace imslab::sip {
namespace {

std::string_view between(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
}

bool is_letter(char c) { return scan::lower(c) >= 'a' && scan::lower(c) <= 'z'; }

constexpr std::uint32_t letters(const char (&four)[5]) {
    std::uint32_t word = 0;
    for (int i = 3; i >= 0; --i) word = word << 8 | static_cast<unsigned char>(four[i]);
    return word;
}

// "sip:" and so on as one word, letters in lower case: one comparison each (0x3a, the colon, has
// bit 0x20 set already).
Scheme scheme_of(const char* at, const char* end) {
    if (end - at < 5) return Scheme::other;
    std::uint32_t word;
    std::memcpy(&word, at, 4);
    word |= 0x20202020u;
    if (word == letters("sip:")) return Scheme::sip;
    if (word == letters("tel:")) return Scheme::tel;
    if (word == letters("sips") && at[4] == ':') return Scheme::sips;
    if (word == letters("urn:")) return Scheme::urn;
    return Scheme::other;
}

bool escapes_are_whole(std::string_view text) {
    const char* end = text.data() + text.size();
    for (const char* at = text.data();; at += 3) {
        at = scan::find<scan::AnyOf<'%'>>(at, end);
        if (at == end) return true;
        if (end - at < 3 || !scan::is(at[1], scan::hex) || !scan::is(at[2], scan::hex))
            return false;
    }
}

bool read_userinfo(const char* at, const char* end, Uri& uri) {
    uri.has_user = true;
    const char* user_end = scan::while_class<scan::user_char>(at, end);
    uri.user = between(at, user_end);
    if (user_end == at || !escapes_are_whole(between(at, end))) return false;
    if (user_end == end) return true;
    if (*user_end != ':') return false;
    uri.password = between(user_end + 1, end);
    return scan::all_of<scan::user_char>(uri.password);
}

// Host or [IPv6], and the port. Gives where it ended; nullptr: malformed.
const char* read_hostport(const char* at,
                          const char* end,
                          std::string_view& host,
                          std::uint16_t& port) {
    const char* begin = at;
    at = scan::find<scan::NotPlain>(at, end);
    if (at == begin) {
        if (at == end || *at != '[') return nullptr;
        ++at;
        while (at != end && (scan::is(*at, scan::hex) || *at == ':' || *at == '.')) ++at;
        if (at == end || *at != ']' || at - begin < 3) return nullptr;
        ++at;
    }
    host = between(begin, at);
    if (at == end || *at != ':') return at;
    const char* digits = ++at;
    std::uint32_t number = 0;
    while (at != end && scan::is(*at, scan::digit) && at - digits < 6) {
        number = number * 10 + static_cast<std::uint32_t>(*at++ - '0');
    }
    if (at == digits || number > 65535) return nullptr;
    port = static_cast<std::uint16_t>(number);
    return at;
}

// [user[:password]@]host[:port][;params][?headers], RFC 3261 §19.1.1.
bool read_sip(const char* at, const char* end, Uri& uri) {
    // Most user parts are plain: then what ends them is the '@', or there is none and this was the
    // host.
    const char* plain_end = scan::find<scan::NotPlain>(at, end);
    if (plain_end != end && *plain_end == '@' && plain_end != at) {
        uri.has_user = true;
        uri.user = between(at, plain_end);
        at = plain_end + 1;
    } else if (const char* sign = scan::find<scan::AnyOf<'@'>>(plain_end, end); sign != end) {
        if (!read_userinfo(at, sign, uri)) return false;
        at = sign + 1;
    }
    at = read_hostport(at, end, uri.host, uri.port);
    if (!at) return false;
    if (at == end) return true;
    if (*at == ';') {
        const char* first = at + 1;
        at = scan::find<scan::UriPartEnd>(first, end);
        uri.params = Params(between(first, at));
        if (at == end) return true;
    }
    if (*at != '?') return false;
    uri.headers = between(at + 1, end);
    return scan::all_of<scan::uri_char>(uri.headers);
}

// RFC 3966 §3: digits, visual separators; a local number may have letters a-f, * and #.
bool read_tel(const char* at, const char* end, Uri& uri) {
    const char* semicolon = scan::find<scan::AnyOf<';'>>(at, end);
    uri.user = between(at, semicolon);
    uri.has_user = true;
    if (semicolon != end) uri.params = Params(between(semicolon + 1, end));
    bool global = !uri.user.empty() && uri.user.front() == '+';
    bool some = false;
    for (char c : global ? uri.user.substr(1) : uri.user) {
        bool is_separator = c == '-' || c == '.' || c == '(' || c == ')';
        bool is_digit =
            global ? scan::is(c, scan::digit) : scan::is(c, scan::hex) || c == '*' || c == '#';
        if (!is_separator && !is_digit) return false;
        some = some || is_digit;
    }
    return some && scan::all_of<scan::uri_char>(between(semicolon, end));
}

// The text with every escape of an unreserved octet undone and the others in upper case: equal URIs
// become equal text.
std::string normal_escapes(std::string_view text, bool fold_case) {
    if (!fold_case && text.find('%') == text.npos) return std::string(text);
    static constexpr std::string_view marks = "-_.!~*'()";
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto octet =
            i + 2 < text.size() && text[i] == '%' ? unescape(text.substr(i, 3)) : std::nullopt;
        if (!octet) {
            out += fold_case ? scan::lower(text[i]) : text[i];
            continue;
        }
        char c = octet->front();
        i += 2;
        if (scan::is(c, scan::digit) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            marks.find(c) != marks.npos) {
            out += fold_case ? scan::lower(c) : c;
        } else {
            out += {'%',
                    digits[static_cast<unsigned char>(c) >> 4],
                    digits[static_cast<unsigned char>(c) & 15]};
        }
    }
    return out;
}

// RFC 5954 §4.2: IPv6 addresses compare as addresses, not as text.
bool same_host(std::string_view a, std::string_view b) {
    if (!a.empty() && a.front() == '[') {
        auto left = IpAddress::parse(a), right = IpAddress::parse(b);
        if (left && right) return *left == *right;
    }
    return equals_ignoring_case(a, b);
}

bool params_agree(const Params& a, const Params& b) {
    bool agree = true;
    a.for_each([&](const Params::Item& item) {
        auto other = b.get(item.name);
        if (other) {
            agree = normal_escapes(item.value, true) == normal_escapes(*other, true);
        } else {
            for (std::string_view name : {"transport", "user", "ttl", "method", "maddr"}) {
                if (equals_ignoring_case(item.name, name)) agree = false;
            }
        }
        return agree;
    });
    return agree;
}

bool headers_agree(std::string_view a, std::string_view b) {
    auto sorted = [](std::string_view headers) {
        std::vector<std::string> items;
        Params(headers, '&').for_each([&](const Params::Item& item) {
            items.push_back(normal_escapes(item.name, true) + '=' +
                            normal_escapes(item.value, true));
            return true;
        });
        std::sort(items.begin(), items.end());
        return items;
    };
    return sorted(a) == sorted(b);
}

std::string without_separators(std::string_view number) {
    std::string digits;
    for (char c : number) {
        if (c != '-' && c != '.' && c != '(' && c != ')') digits += scan::lower(c);
    }
    return digits;
}

// RFC 3966 §4: same number without visual separators, same parameters, phone-context and isub among
// them.
bool equal_tel(const Uri& a, const Uri& b) {
    if (without_separators(a.user) != without_separators(b.user)) return false;
    auto all_in = [](const Params& some, const Params& others) {
        bool agree = true;
        some.for_each([&](const Params::Item& item) {
            auto other = others.get(item.name);
            agree = other && (equals_ignoring_case(*other, item.value) ||
                              without_separators(*other) == without_separators(item.value));
            return agree;
        });
        return agree;
    };
    return all_in(a.params, b.params) && all_in(b.params, a.params);
}

}  // namespace

bool read_uri(std::string_view text, Uri& uri) {
    if (text.empty()) return false;
    const char* at = text.data();
    const char* end = at + text.size();
    uri.scheme = scheme_of(at, end);
    const char* colon = at + 3;
    if (uri.scheme == Scheme::sips) {
        ++colon;
    } else if (uri.scheme == Scheme::other) {
        // RFC 3986 §3.1: letters, digits, + - . with a letter first.
        colon = at;
        while (colon != end &&
               ((scan::is(*colon, scan::host_char) && *colon != '_') || *colon == '+'))
            ++colon;
        if (colon == at || colon == end || *colon != ':' || !is_letter(*at)) return false;
    }
    uri.scheme_text = between(at, colon);
    at = colon + 1;
    if (at >= end) return false;
    if (uri.is_sip()) return read_sip(at, end, uri);
    if (uri.scheme == Scheme::tel) return read_tel(at, end, uri);
    uri.user = between(at, end);
    return scan::all_of<scan::uri_char>(uri.user);
}

std::optional<Uri> Uri::parse(std::string_view text) {
    // One object built where the caller has it: copies of half-written views are what costs here.
    std::optional<Uri> uri(std::in_place);
    if (!read_uri(text, *uri)) uri.reset();
    return uri;
}

bool equal(std::string_view a, std::string_view b) {
    if (a == b) return true;
    auto left = Uri::parse(a), right = Uri::parse(b);
    if (!left || !right || left->scheme != right->scheme) return false;
    if (left->scheme == Scheme::tel) return equal_tel(*left, *right);
    if (!left->is_sip()) return false;
    return left->has_user == right->has_user && left->port == right->port &&
           same_host(left->host, right->host) &&
           normal_escapes(left->user, false) == normal_escapes(right->user, false) &&
           normal_escapes(left->password, false) == normal_escapes(right->password, false) &&
           params_agree(left->params, right->params) && params_agree(right->params, left->params) &&
           headers_agree(left->headers, right->headers);
}

std::optional<std::string> canonical_identity(std::string_view text) {
    auto uri = Uri::parse(text);
    if (!uri) return std::nullopt;
    std::string identity;
    identity.reserve(text.size());
    identity.append(uri->scheme_text).append(1, ':');
    for (char& c : identity) c = scan::lower(c);
    if (uri->scheme == Scheme::tel) {
        identity += without_separators(uri->user);
        // RFC 3966 §5.1.5: a local number means nothing without its context.
        if (auto context = uri->params.get("phone-context")) {
            identity += ";phone-context=";
            for (char c : *context) identity += scan::lower(c);
        }
        return identity;
    }
    if (!uri->is_sip()) return identity.append(uri->user);
    if (uri->has_user) identity.append(normal_escapes(uri->user, false)).append(1, '@');
    const std::size_t host_at = identity.size();
    identity.append(uri->host);
    for (std::size_t i = host_at; i < identity.size(); ++i) identity[i] = scan::lower(identity[i]);
    return identity;
}

}  // namespace imslab::sip
