// Stanzas: messages, presence, questions and answers, and their errors (RFC 6120 §8).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "xmpp/element.h"
#include "xmpp/jid.h"
#include "xmpp/stanza_error.h"

namespace imslab::xmpp {

inline constexpr std::string_view kStanzaErrors = "urn:ietf:params:xml:ns:xmpp-stanzas";

bool is_stanza(const Element& element);  // message, presence or iq of the stream's namespace
// §8.1: the addresses, the type if there is one, an id.
Element stanza(std::string_view name,
               const Jid& from,
               const Jid& to,
               std::string_view type = {},
               std::string_view id = {});
// §8.2.3: the answer to a question, with the same id the other way.
Element result_of(const Element& iq);

// §8.3.1: the error that goes back to whom a stanza came from, with the same id. nullopt: none
// does, as the stanza is an error or an answer itself.
std::optional<Element> error_reply(const Element& stanza, const StanzaError& error);
// Of a stanza of the type error. What is not understood is undefined-condition.
std::optional<StanzaError> error_of(const Element& stanza);

}  // namespace imslab::xmpp
