// What the HSS gives to who authenticates a user, on Cx and Zh alike (TS 33.102 §6.3, TS 33.203
// Annex N).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/node.h"
#include "diameter/cx.h"
#include "hss/subscription.h"
#include "sip/milenage.h"

namespace imslab::hss {

// What is sent for the scheme that was asked for; nullopt: this user has none of it.
std::optional<AuthScheme> chosen_scheme(std::string_view asked, const PrivateIdentity& identity);
cx::AuthVector digest_item(const DigestCredentials& digest);
// AKAv2 takes the same vector (RFC 4169 §2): the S-CSCF makes another password of it.
cx::AuthVector aka_item(const aka::Vector& vector, std::uint32_t number, std::string_view asked);
// The SQN of the USIM, if the AUTS is its own. `rand_auts`: 30 octets.
std::optional<aka::Sqn> resynchronised(const aka::Milenage& milenage, const std::string& rand_auts);
aka::Vector fresh_vector(const aka::Milenage& milenage,
                         const AkaCredentials& credentials,
                         aka::Sqn sqn,
                         bool without_nul,
                         Entropy& entropy);

}  // namespace imslab::hss
