// The time, some chance, and a hash of both with a secret.
#include "as/sealed_nonces.h"

#include <charconv>
#include <cstdint>

#include "as/application_server.h"
#include "sip/digest.h"

namespace imslab::as {

namespace {

constexpr std::size_t kSecretOctets = 32, kSealLength = 32;

}  // namespace

SealedNonces::SealedNonces(Services& services)
    : services_(services), secret_(services.entropy().token(kSecretOctets)) {}

std::string SealedNonces::seal(std::string_view time) const {
    return sip::hex_digest(sip::HashAlgorithm::sha256, secret_ + ":" + std::string(time))
        .substr(0, kSealLength);
}

std::string SealedNonces::fresh() const {
    const auto time = std::to_string(services_.now().time_since_epoch().count()) + "-" +
                      services_.entropy().token(4);
    return time + "." + seal(time);
}

bool SealedNonces::is_fresh(std::string_view nonce, Duration lifetime) const {
    const auto dot = nonce.find('.');
    if (dot == std::string_view::npos) return false;
    const auto time = nonce.substr(0, dot);
    if (!sip::equal_in_constant_time(seal(time), nonce.substr(dot + 1))) return false;
    std::int64_t made = 0;
    std::from_chars(time.data(), time.data() + time.size(), made);
    return services_.now() - Time(Duration(made)) <= lifetime;
}

}  // namespace imslab::as
