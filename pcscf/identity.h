// Whose request it is: the public user identity that the P-CSCF asserts for the UE it serves
// (TS 24.229 §5.2.6.3, RFC 3325 §5, §6).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sip/message.h"

namespace imslab::pcscf {

// The identities a UE lays claim to, canonical: those of P-Preferred-Identity, then From.
std::vector<std::string> claimed_identities(const sip::Message& request);

// The registered identities that the UE prefers; none preferred or none of its own: the default
// one, the first.
std::vector<std::string> identities_to_assert(const sip::Message& request,
                                              const std::vector<std::string_view>& registered);

// Replaces whatever the UE prefers or claims by what the P-CSCF asserts.
void assert_identities(sip::Message& message, const std::vector<std::string>& identities);

// The private identity that a REGISTER claims in Authorization; empty: none.
std::string private_identity_in(const sip::Message& request);

}  // namespace imslab::pcscf
