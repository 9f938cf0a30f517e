// Digest responses (RFC 7616 §3.4, RFC 2617 §3.2.2 for peers without qop), the nonce of Digest AKA
// (RFC 3310 §3.2). Hashes are fed piecewise into a context on the stack: no text is joined, no
// context is allocated.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "sip/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include <algorithm>
#include <initializer_list>

namespace imslab::sip {

namespace {

template <std::size_t Size>
std::string hexadecimal(const std::array<std::uint8_t, Size>& octets) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text(2 * Size, '\0');
    for (std::size_t i = 0; i < Size; ++i) {
        text[2 * i] = digits[octets[i] >> 4];
        text[2 * i + 1] = digits[octets[i] & 15];
    }
    return text;
}

// H(part ":" part …), in hexadecimal.
std::string hash_of(HashAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
    const auto feed = [&](auto& context, auto update) {
        bool first = true;
        for (const auto part : parts) {
            if (!first) update(&context, ":", 1);
            update(&context, part.data(), part.size());
            first = false;
        }
    };
    if (algorithm == HashAlgorithm::md5) {
        MD5_CTX context;
        std::array<std::uint8_t, MD5_DIGEST_LENGTH> out;
        MD5_Init(&context);
        feed(context, MD5_Update);
        MD5_Final(out.data(), &context);
        return hexadecimal(out);
    }
    SHA256_CTX context;
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> out;
    SHA256_Init(&context);
    feed(context, SHA256_Update);
    SHA256_Final(out.data(), &context);
    return hexadecimal(out);
}

// RFC 7616 §3.4.1: KD over HA1 and HA2; without qop the form of RFC 2069 (RFC 2617 §3.2.2.1).
std::string response_of(const DigestInput& input, std::string_view method) {
    std::string ha2;
    if (input.qop == "auth-int") {
        const std::string body = hash_of(input.algorithm, {input.body});
        ha2 = hash_of(input.algorithm, {method, input.uri, body});
    } else {
        ha2 = hash_of(input.algorithm, {method, input.uri});
    }
    if (input.qop.empty()) return hash_of(input.algorithm, {input.ha1, input.nonce, ha2});
    return hash_of(input.algorithm,
                   {input.ha1, input.nonce, input.nonce_count, input.cnonce, input.qop, ha2});
}

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> base64_values() {
    std::array<std::int8_t, 256> values{};
    for (auto& value : values) value = -1;
    for (std::int8_t i = 0; i < 64; ++i) values[static_cast<std::uint8_t>(kBase64[i])] = i;
    return values;
}
constexpr auto kBase64Values = base64_values();

}  // namespace

std::string hex_digest(HashAlgorithm algorithm, std::string_view text) {
    return hash_of(algorithm, {text});
}

std::string ha1(HashAlgorithm algorithm,
                std::string_view username,
                std::string_view realm,
                std::string_view password) {
    return hash_of(algorithm, {username, realm, password});
}

std::string digest_response(const DigestInput& input) { return response_of(input, input.method); }

// RFC 7615 §3: the server proves that it knows the secret; A2 begins with the colon.
std::string digest_rspauth(const DigestInput& input) { return response_of(input, {}); }

std::string base64(std::span<const std::uint8_t> octets) {
    std::string text;
    text.reserve((octets.size() + 2) / 3 * 4);
    std::size_t i = 0;
    for (; i + 3 <= octets.size(); i += 3) {
        const unsigned group = static_cast<unsigned>(octets[i]) << 16 |
                               static_cast<unsigned>(octets[i + 1]) << 8 | octets[i + 2];
        for (const unsigned shift : {18U, 12U, 6U, 0U})
            text.push_back(kBase64[group >> shift & 63]);
    }
    const std::size_t left = octets.size() - i;
    if (left == 1) {
        const unsigned group = static_cast<unsigned>(octets[i]) << 16;
        text.push_back(kBase64[group >> 18 & 63]);
        text.push_back(kBase64[group >> 12 & 63]);
        text.append("==");
    } else if (left == 2) {
        const unsigned group =
            static_cast<unsigned>(octets[i]) << 16 | static_cast<unsigned>(octets[i + 1]) << 8;
        text.push_back(kBase64[group >> 18 & 63]);
        text.push_back(kBase64[group >> 12 & 63]);
        text.push_back(kBase64[group >> 6 & 63]);
        text.push_back('=');
    }
    return text;
}

// RFC 4648 §4, padding required; bits beyond the last octet must be zero, so that each value has
// one spelling.
std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=')
        ++padding;
    const std::string_view digits = text.substr(0, text.size() - padding);
    std::string octets;
    octets.reserve(text.size() / 4 * 3);
    unsigned bits = 0;
    int held = 0;
    for (const char digit : digits) {
        const int value = kBase64Values[static_cast<std::uint8_t>(digit)];
        if (value < 0) return std::nullopt;
        bits = bits << 6 | static_cast<unsigned>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            octets.push_back(static_cast<char>(bits >> held & 0xFF));
        }
        bits &= (1U << held) - 1U;
    }
    if (bits != 0) return std::nullopt;
    return octets;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i]) ^
                                            static_cast<unsigned char>(b[i]));
    }
    return difference == 0;
}

// The hash of the algorithm is the hash of the HMAC.
std::string akav2_password(std::string_view res, std::string_view ik, std::string_view ck) {
    static constexpr std::string_view kLabel = "http-digest-akav2-password";
    std::string secret(res);
    secret.append(ik).append(ck);
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> out{};
    unsigned size = 0;
    HMAC(EVP_sha256(),
         secret.data(),
         static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(kLabel.data()),
         kLabel.size(),
         out.data(),
         &size);
    return base64(out);
}

std::string AkaNonce::to_nonce() const {
    std::array<std::uint8_t, 32> octets;
    std::copy_n(rand.begin(), 16, octets.begin());
    std::copy_n(autn.begin(), 16, octets.begin() + 16);
    return base64(octets);
}

std::optional<AkaNonce> AkaNonce::parse(std::string_view nonce) {
    const auto octets = from_base64(nonce);
    if (!octets || octets->size() < 32) return std::nullopt;
    AkaNonce parsed;
    for (std::size_t i = 0; i < 16; ++i) {
        parsed.rand[i] = static_cast<std::uint8_t>((*octets)[i]);
        parsed.autn[i] = static_cast<std::uint8_t>((*octets)[16 + i]);
    }
    return parsed;
}

}  // namespace imslab::sip
