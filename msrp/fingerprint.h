// Whose certificate it is, when nobody but its owner vouches for it: a description says the hash of
// it (RFC 8122 §5, which has taken the place of RFC 4572; RFC 4975 §14.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imslab::msrp {

struct Fingerprint {
    std::string hash;   // "sha-256", in small letters
    std::string value;  // "12:DF:3E:…", in capitals

    // The value of a=fingerprint. nullopt: it cannot be read.
    static std::optional<Fingerprint> parse(std::string_view text);
    // Of a certificate in DER.
    static Fingerprint of(std::string_view certificate);
    std::string to_string() const { return hash + " " + value; }
    bool operator==(const Fingerprint&) const = default;
};

// RFC 8122 §5.1: of those with the best hash that is known here, is one this certificate's? MD5 and
// MD2 are no hashes for this.
bool is_one_of(const std::vector<Fingerprint>& fingerprints, std::string_view certificate);

// What a host is asked about a connection: the certificate that the other side has shown, in DER.
// The answer is a PeerCertificate.
struct WhoIsThere {
    std::uint64_t connection = 0;
};
struct PeerCertificate {
    std::string certificate;         // empty: it has shown none
    std::vector<std::string> names;  // of hosts, if somebody vouches for it
};

}  // namespace imslab::msrp
