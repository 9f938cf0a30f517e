// RFC 7247 §6.2, §6.3, §6.4, §6.5.
#include "gateways/interconnection/addresses.h"

#include <optional>

#include "sip/uri.h"
#include "xmpp/escaping.h"

namespace imslab::interconnection {

using xmpp::Jid;

namespace {

using Sentence = std::string;

bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string percent_encoded(std::string_view text, std::string_view as_they_are) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        if (is_alphanumeric(c) || as_they_are.find(c) != std::string_view::npos) {
            result += c;
        } else {
            const auto octet = static_cast<unsigned char>(c);
            result += {'%', kDigits[octet >> 4U], kDigits[octet & 0xFU]};
        }
    }
    return result;
}

// RFC 3261 §25.1: mark and user-unreserved.
constexpr std::string_view kInUser = "-_.!~*'()&=+$,;?/";
// RFC 3261 §25.1: mark and param-unreserved.
constexpr std::string_view kInParameter = "-_.!~*'()[]/:&+$";
// RFC 7247 §6.5 step 5, and '#', '%' and '?' besides: they mean something to who reads a URI, so
// that they could not be told from what they stand for.
constexpr std::string_view kInInbox = "!$&'*+-/=^_`{|}~";
// RFC 5122 §2.2: mark and what a nodeid or resid has besides.
constexpr std::string_view kInXmppUri = "-_.!~*'()$+,;=&";

struct Parts {
    std::string_view user, host;
    std::optional<std::string_view> gr;  // a public GRUU's
};

// RFC 3859 §3, RFC 3860 §3: [scheme]:user@host?headers
std::optional<Parts> inbox(std::string_view text) {
    text = text.substr(0, text.find('?'));
    const auto at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) return std::nullopt;
    return Parts{text.substr(0, at), text.substr(at + 1), std::nullopt};
}

// RFC 7247 §6.4 steps 1 and 2. A password stays on the side that it belongs to.
Result<Parts, Sentence> split(std::string_view uri) {
    for (const std::string_view scheme : {"im:", "pres:"}) {
        if (!sip::equals_ignoring_case(uri.substr(0, scheme.size()), scheme)) continue;
        if (const auto parts = inbox(uri.substr(scheme.size()))) return *parts;
        return failure(Sentence("it names no user at a domain"));
    }
    const auto parsed = sip::Uri::parse(uri);
    if (!parsed) return failure(Sentence("it is no URI"));
    if (!parsed->is_sip())
        return failure("found the scheme " + std::string(parsed->scheme_text) +
                       ", expected sip, sips, im or pres");
    Parts parts{parsed->user, parsed->host, std::nullopt};
    // RFC 7247 §6.3: a temporary GRUU, whose parameter has no value, belongs to no one device.
    const auto gr = parsed->params.get("gr");
    if (gr && !gr->empty()) parts.gr = gr;
    return parts;
}

}  // namespace

// RFC 7247 §6.4: steps 3 to 8.
Result<Jid, Sentence> jid_of(std::string_view uri) {
    const auto parts = split(uri);
    if (!parts) return failure(parts.error());
    const auto user = sip::unescape(parts->user);
    const auto gr = sip::unescape(parts->gr.value_or(""));
    if (!user || !gr) return failure(Sentence("it has a broken %-escape"));
    auto local = xmpp::escape_localpart(*user);
    if (!local) return failure(local.error());
    return Jid::of_parts(*local, parts->host, *gr);
}

// RFC 7247 §6.5: steps 3 to 8.
Result<std::string, Sentence> uri_of(const Jid& jid, UriScheme scheme) {
    static constexpr std::string_view kInHost = "-.:[]";
    for (const char c : jid.domain) {
        // §6.1: names of other scripts are for the Domain Name System to map, as A-labels.
        if (!is_alphanumeric(c) && kInHost.find(c) == std::string_view::npos)
            return failure(Sentence("its domain is no host name that SIP can write"));
    }
    const bool is_sip = scheme == UriScheme::sip || scheme == UriScheme::sips;
    std::string uri = scheme == UriScheme::sip    ? "sip:"
                      : scheme == UriScheme::sips ? "sips:"
                      : scheme == UriScheme::im   ? "im:"
                                                  : "pres:";
    if (!jid.local.empty()) {
        const auto user = xmpp::unescape_localpart(jid.local);
        uri += percent_encoded(user, is_sip ? kInUser : kInInbox) + "@";
    } else if (!is_sip) {
        return failure(Sentence("it names no user at a domain"));
    }
    uri += jid.domain;
    if (is_sip && jid.is_full()) uri += ";gr=" + percent_encoded(jid.resource, kInParameter);
    return uri;
}

std::string xmpp_uri_of(const Jid& jid) {
    std::string uri = "xmpp:";
    if (!jid.local.empty()) uri += percent_encoded(jid.local, kInXmppUri) + "@";
    uri += percent_encoded(jid.domain, "-.:[]");
    if (jid.is_full()) uri += "/" + percent_encoded(jid.resource, kInXmppUri);
    return uri;
}

Result<Jid, Sentence> jid_of_xmpp_uri(std::string_view uri) {
    static constexpr std::string_view kScheme = "xmpp:";
    if (!sip::equals_ignoring_case(uri.substr(0, kScheme.size()), kScheme))
        return failure(Sentence("it is no URI of the scheme xmpp"));
    uri.remove_prefix(kScheme.size());
    // Queries and fragments are about the address, not part of it; neither is with which account.
    uri = uri.substr(0, uri.find_first_of("?#"));
    if (uri.starts_with("//")) {
        const auto end = uri.find('/', 2);
        uri = end == std::string_view::npos ? std::string_view() : uri.substr(end + 1);
    }
    const auto slash = uri.find('/');
    const auto at = uri.substr(0, slash).find('@');
    const bool has_local = at != std::string_view::npos && at != 0;
    const auto local = sip::unescape(has_local ? uri.substr(0, at) : std::string_view());
    const auto host = uri.substr(0, slash).substr(has_local ? at + 1 : 0);
    const auto domain = sip::unescape(host);
    const auto resource =
        sip::unescape(slash == std::string_view::npos ? std::string_view() : uri.substr(slash + 1));
    if (!local || !domain || !resource) return failure(Sentence("it has a broken %-escape"));
    return Jid::of_parts(*local, *domain, *resource);
}

}  // namespace imslab::interconnection
