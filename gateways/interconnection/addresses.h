// SIP URIs and XMPP addresses into each other (RFC 7247 §6): what one may hold and the other not is
// escaped in the way of the one that it becomes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "xmpp/jid.h"

namespace imslab::interconnection {

// RFC 7247 §6.4, of a sip, sips, im or pres URI. A public GRUU gives a full JID. One sentence if
// there is no such address: another scheme, what is no UTF-8, a control character.
Result<xmpp::Jid, std::string> jid_of(std::string_view uri);

enum class UriScheme : std::uint8_t { sip, sips, im, pres };
// RFC 7247 §6.5. A full JID becomes a GRUU of the scheme sip or sips; im and pres have no place for
// a resourcepart. One sentence for a domain that SIP cannot name.
Result<std::string, std::string> uri_of(const xmpp::Jid& jid, UriScheme scheme = UriScheme::sip);

// RFC 5122 §2.2, and back: "xmpp:romeo@xmpp.example", as it stands in gone and redirect.
std::string xmpp_uri_of(const xmpp::Jid& jid);
Result<xmpp::Jid, std::string> jid_of_xmpp_uri(std::string_view uri);

}  // namespace imslab::interconnection
