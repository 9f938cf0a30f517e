// A single message of one world as one of the other (RFC 7572): what is said, its subject, thread
// and language; that somebody is writing (RFC 3994, XEP-0085); that a message has come (RFC 5438,
// XEP-0184).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "as/messaging/imdn.h"
#include "core/result.h"
#include "gateways/interconnection/error_mapping.h"
#include "sip/message.h"
#include "xmpp/stanza.h"

namespace imslab::interconnection {

inline constexpr std::string_view kReceipts = "urn:xmpp:receipts";
inline constexpr std::string_view kChatStates = "http://jabber.org/protocol/chatstates";
inline constexpr std::string_view kStanzaHeaders = "http://jabber.org/protocol/shim";
// What a MESSAGE may hold to be translated.
inline constexpr std::string_view kAcceptedTypes =
    "text/plain, message/cpim, application/im-iscomposing+xml";

struct FromSip {
    xmpp::Element stanza;
    std::optional<messaging::DispositionWish> wish;  // what its sender wants to hear of it
};
// RFC 7572 §5, of a MESSAGE. Refused: a body that has no form there.
Result<FromSip, SipRefusal> stanza_of(const sip::Message& request,
                                      const xmpp::Jid& from,
                                      const xmpp::Jid& to,
                                      std::string_view id);

struct FromXmpp {
    std::string content_type, body;
    std::string subject, thread, language;  // empty: none
    bool wants_receipt = false;
    // XEP-0184: of that message its receiver says that it has come; nothing is said to SIP users.
    std::string received_id;
    std::uint32_t max_forwards = 70;
};
// RFC 7572 §4. nullopt: nothing in it is for the other side. An error: what goes back.
Result<std::optional<FromXmpp>, xmpp::StanzaError> sip_form_of(const xmpp::Element& message);

}  // namespace imslab::interconnection
