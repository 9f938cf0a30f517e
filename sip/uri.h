// SIP, SIPS, TEL and other URIs as views into their text (RFC 3261 §19.1, RFC 3966, RFC 3986).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.h"
#include "sip/params.h"

namespace imslab::sip {

enum class Scheme : std::uint8_t { sip, sips, tel, urn, other };

// Valid as long as the text it was parsed from.
struct Uri {
    Scheme scheme = Scheme::other;
    std::string_view scheme_text;
    std::string_view user;  // still escaped; tel: the number; urn and other: all after the colon
    std::string_view password;
    bool has_user = false;
    std::string_view host;     // IPv6 in its brackets
    std::uint16_t port = 0;    // 0: absent
    Params params;             // ;lr ;transport=tcp ;user=phone …
    std::string_view headers;  // after '?', without it

    Uri() noexcept {}  // not defaulted: spares the zeroing of what is initialised anyway
    static std::optional<Uri> parse(std::string_view text);
    bool is_sip() const { return scheme == Scheme::sip || scheme == Scheme::sips; }
    bool is_loose_router() const { return params.has("lr"); }
};

// RFC 3261 §19.1.4 (sip, sips), RFC 3966 §4 (tel); other schemes octet by octet.
bool equal(std::string_view a, std::string_view b);

// The canonical form under which an identity is kept: scheme and host in lower case, user unescaped
// where it need not be escaped, no port, parameters and headers dropped; tel: without visual
// separators (TS 23.003 §13.4, RFC 3261 §10.3 step 5). Not a URI: nullopt.
std::optional<std::string> canonical_identity(std::string_view uri);

}  // namespace imslab::sip
