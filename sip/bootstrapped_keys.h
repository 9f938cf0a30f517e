// Keys of the generic bootstrapping architecture (TS 33.220): the key derivation function of Annex
// B, the key that a UE and one server share, and how a bootstrapping and that server are named.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace imslab::gba {

// Annex B.2: HMAC-SHA-256 of FC and each parameter followed by its length in two octets; 32 octets.
std::string derived_key(std::string_view key,
                        std::uint8_t fc,
                        std::initializer_list<std::string_view> parameters);

// Annex H: by which protocol the key is used, so that a key of one protocol is none of another.
using UaProtocol = std::array<std::uint8_t, 5>;
inline constexpr UaProtocol kHttpDigest{0x01, 0x00, 0x00, 0x00, 0x02};
// With TLS, by the number of its cipher suite.
constexpr UaProtocol http_digest_in_tls(std::uint16_t cipher_suite) {
    return {0x01,
            0x00,
            0x01,
            static_cast<std::uint8_t>(cipher_suite >> 8U),
            static_cast<std::uint8_t>(cipher_suite & 0xffU)};
}

// §4.5.3: whom a key is for, the name by which the UE knows the server and the protocol.
struct NafId {
    std::string name;  // a domain name, as the UE wrote it: the key is made of its octets
    UaProtocol protocol{};

    std::string to_octets() const;
    // nullopt: no room for a name, or octets in it that no domain name has.
    static std::optional<NafId> from_octets(std::string_view octets);
};

// §4.5.2: how a bootstrapping is named, base64(RAND)@BSF.
std::string transaction_identifier(std::string_view rand, std::string_view bsf);
// The BSF in it; empty: it is no such name.
std::string_view bsf_of(std::string_view transaction_identifier);

// Annex B.3 with P0 "gba-me": Ks_NAF, of Ks (CK and IK, 32 octets).
std::string naf_key(std::string_view ks,
                    std::string_view rand,
                    std::string_view private_identity,
                    const NafId& naf);
// TS 24.109 §5.2.2: Ks_NAF as the password of HTTP Digest.
std::string password_of(std::string_view naf_key);

// TS 24.109 §5.2.4: the realm by which a server asks for a bootstrapped key, and the server in it.
std::string realm_of(std::string_view naf);
std::string_view naf_of_realm(std::string_view realm);  // empty: another realm
// TS 24.109 §5.2.1: the product in a User-Agent that says the UE can bootstrap.
inline constexpr std::string_view kProduct = "3gpp-gba";
bool can_bootstrap(std::string_view user_agent);

}  // namespace imslab::gba
