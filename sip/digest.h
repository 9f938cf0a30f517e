// Digest authentication as SIP uses it (RFC 3261 §22, RFC 8760; RFC 2617 and 7616 for the computation) and
// Digest AKA (RFC 3310 AKAv1-MD5; RFC 4169 AKAv2).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace imslab::sip {

enum class HashAlgorithm : std::uint8_t { md5, sha256 };
std::string hex_digest(HashAlgorithm algorithm, std::string_view text);      // lower-case hexadecimal
std::string base64(std::span<const std::uint8_t> octets);
std::optional<std::string> from_base64(std::string_view text);
bool equal_in_constant_time(std::string_view a, std::string_view b);

// What goes into a response value.
struct DigestInput {
    HashAlgorithm algorithm = HashAlgorithm::md5;
    std::string_view ha1;            // hexadecimal H(username:realm:password); AKA: password is RES, see ha1()
    std::string_view nonce;
    std::string_view method;
    std::string_view uri;            // digest-uri-value
    std::string_view qop;            // "", "auth", "auth-int"
    std::string_view nonce_count;    // "00000001"
    std::string_view cnonce;
    std::string_view body;           // auth-int
};
std::string ha1(HashAlgorithm algorithm, std::string_view username, std::string_view realm, std::string_view password);
std::string digest_response(const DigestInput& input);
// For Authentication-Info (RFC 7615): the same with an empty method.
std::string digest_rspauth(const DigestInput& input);

// RFC 4169 §2: the password of AKAv2-SHA-256, in base64. Unlike RES alone it proves that the session
// keys are known too, so that a response made for one use is of none in another.
std::string akav2_password(std::string_view res, std::string_view ik, std::string_view ck);

// RFC 3310 §3.2: nonce = base64(RAND || AUTN [|| server data]).
struct AkaNonce {
    std::array<std::uint8_t, 16> rand{};
    std::array<std::uint8_t, 16> autn{};

    std::string to_nonce() const;
    static std::optional<AkaNonce> parse(std::string_view nonce);
};

}  // namespace imslab::sip
