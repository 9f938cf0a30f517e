// The edge of the trust domain (TS 24.229 §4.4, RFC 3325, RFC 7315 §6): what a UE may not claim,
// and what the core keeps to itself.
#pragma once

#include <string_view>

#include "sip/message.h"

namespace imslab::pcscf {

// Takes out of a UE's request or response what only the network may say. P-Preferred-Identity
// stays: see identity.h. Returns the first name that was taken out, empty if there was none.
std::string_view remove_what_a_ue_may_not_say(sip::Message& message);

// Takes out of a message to a UE what must not leave the core: charging, location of others, the
// network's own words; and the asserted identity, if its owner asks for that (RFC 3325 §9.3,
// Privacy: id).
void remove_what_stays_in_the_core(sip::Message& message);

// RFC 3329 under the policy aka-unprotected: no security agreement takes place, so its header
// fields and its option tag end here.
void remove_security_agreement(sip::Message& message);

// Takes one option tag out of a Require, Proxy-Require or Supported.
void remove_option_tag(sip::Message& message, sip::HeaderId id, std::string_view tag);

}  // namespace imslab::pcscf
