// An XMPP address as a value (RFC 6122): localpart@domainpart/resourcepart.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/result.h"

namespace imslab::xmpp {

struct Jid {
    std::string local;     // still escaped (XEP-0106); empty: a server's or component's address
    std::string domain;    // never empty in what was read
    std::string resource;  // empty: a bare JID

    // One sentence if it is none. ASCII letters of localpart and domainpart become small ones, as
    // Nodeprep and Nameprep have it (§2.2, §2.3); other characters are left to the XMPP server.
    static Result<Jid, std::string> parse(std::string_view text);
    // The same of parts that are at hand.
    static Result<Jid, std::string> of_parts(std::string_view local,
                                             std::string_view domain,
                                             std::string_view resource);

    bool is_full() const { return !resource.empty(); }
    Jid bare() const { return {local, domain, {}}; }
    std::string to_string() const;

    auto operator<=>(const Jid&) const = default;
};

}  // namespace imslab::xmpp
