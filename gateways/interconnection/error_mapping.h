// What went wrong on one side, as the other one says it (RFC 7247 §7).
#pragma once

#include <string>
#include <string_view>

#include "xmpp/stanza_error.h"

namespace imslab::interconnection {

// What of a final SIP response says what went wrong.
struct SipRefusal {
    int status = 500;
    std::string reason;   // a Reason-Phrase; empty: the usual one
    std::string contact;  // of 301 and 302: a URI, without brackets; may be empty

    bool operator==(const SipRefusal&) const = default;
};

// RFC 7247 §7.1. About one device (a full JID) a 4xx, about a user a 6xx where there are both.
SipRefusal sip_refusal(const xmpp::StanzaError& error, bool about_full_jid);
// RFC 7247 §7.2: of a status of 300 or more.
xmpp::StanzaError stanza_error(const SipRefusal& refusal);

}  // namespace imslab::interconnection
