// Proof key for code exchange (RFC 7636): whoever brings a code has made the challenge with which
// it was asked for.
#pragma once

#include <string>
#include <string_view>

namespace imslab::interaction {

// §4.2: 43 characters, the Base64 of a SHA-256 hash as URLs have it.
bool is_challenge(std::string_view text);
// §4.6, by the method S256.
bool proves(std::string_view verifier, std::string_view challenge);
std::string challenge_of(std::string_view verifier);

}  // namespace imslab::interaction
