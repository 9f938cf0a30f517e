// RFC 8122 §5.
#include "msrp/fingerprint.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace imslab::msrp {

namespace {

// From the best to the one of RFC 4572, which still is what RFC 4975 has as its example.
constexpr std::array<std::string_view, 5> kHashes{
    "sha-512", "sha-384", "sha-256", "sha-224", "sha-1"};
constexpr std::string_view kOurs = "sha-256";

const EVP_MD* algorithm(std::string_view hash) {
    if (hash == "sha-512") return EVP_sha512();
    if (hash == "sha-384") return EVP_sha384();
    if (hash == "sha-256") return EVP_sha256();
    if (hash == "sha-224") return EVP_sha224();
    return hash == "sha-1" ? EVP_sha1() : nullptr;
}

std::string value_of(std::string_view certificate, const EVP_MD* hash) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(certificate.data(), certificate.size(), digest.data(), &size, hash, nullptr) !=
        1)
        return {};
    std::string value;
    for (unsigned at = 0; at < size; ++at) {
        if (at != 0) value += ':';
        value += kDigits[digest[at] >> 4U];
        value += kDigits[digest[at] & 0xFU];
    }
    return value;
}

bool is_hexadecimal(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

}  // namespace

std::optional<Fingerprint> Fingerprint::parse(std::string_view text) {
    const auto space = text.find(' ');
    if (space == 0 || space == std::string_view::npos) return std::nullopt;
    Fingerprint fingerprint{std::string(text.substr(0, space)), {}};
    std::ranges::transform(fingerprint.hash, fingerprint.hash.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    auto value = text.substr(space + 1);
    if (value.size() % 3 != 2) return std::nullopt;
    for (std::size_t at = 0; at < value.size(); ++at) {
        const bool is_right = at % 3 == 2 ? value[at] == ':' : is_hexadecimal(value[at]);
        if (!is_right) return std::nullopt;
    }
    fingerprint.value = value;
    std::ranges::transform(fingerprint.value, fingerprint.value.begin(), [](char c) {
        return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return fingerprint;
}

Fingerprint Fingerprint::of(std::string_view certificate) {
    return {std::string(kOurs), value_of(certificate, algorithm(kOurs))};
}

bool is_one_of(const std::vector<Fingerprint>& fingerprints, std::string_view certificate) {
    if (certificate.empty()) return false;
    for (const auto hash : kHashes) {
        const auto has_it = [&](const Fingerprint& one) { return one.hash == hash; };
        if (std::ranges::none_of(fingerprints, has_it)) continue;
        const Fingerprint shown{std::string(hash), value_of(certificate, algorithm(hash))};
        return std::ranges::find(fingerprints, shown) != fingerprints.end();
    }
    return false;
}

}  // namespace imslab::msrp
